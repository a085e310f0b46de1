namespace PaliGemma.Tasks;

/// <summary>
/// Any words. Mix checkpoints answer many; the checkpoints fine-tuned for DocVQA, ChartQA and POPE take the question alone.
/// </summary>
/// <param name="Words">The prompt, without the newline that ends it.</param>
public sealed record FreePrompt(string Words) : TaskPrompt
{
    /// <inheritdoc/>
    public override string Text => Words;
}
