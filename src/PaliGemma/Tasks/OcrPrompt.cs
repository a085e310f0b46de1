namespace PaliGemma.Tasks;

/// <summary>The text in the picture: <c>ocr</c>.</summary>
public sealed record OcrPrompt : TaskPrompt
{
    /// <inheritdoc/>
    public override string Text => "ocr";
}
