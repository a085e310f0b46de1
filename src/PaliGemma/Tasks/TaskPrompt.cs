namespace PaliGemma.Tasks;

/// <summary>What PaliGemma is asked to do; <see cref="Text"/> is the prompt in the words it was trained on (big_vision, configs/proj/paligemma).</summary>
public abstract record TaskPrompt
{
    /// <summary>The prompt, without the newline that ends it.</summary>
    public abstract string Text { get; }
}

/// <summary>A short sentence about the picture: <c>caption en</c>.</summary>
/// <param name="Language">One of <see cref="TaskLanguage.Codes"/>.</param>
public sealed record CaptionPrompt(string Language) : TaskPrompt
{
    /// <inheritdoc/>
    public override string Text => $"caption {TaskLanguage.Checked(Language)}";
}

/// <summary>The text in the picture: <c>ocr</c>.</summary>
public sealed record OcrPrompt : TaskPrompt
{
    /// <inheritdoc/>
    public override string Text => "ocr";
}

/// <summary>A question about the picture: <c>answer en what color is the car?</c>.</summary>
/// <param name="Question">In the language of the answer.</param>
/// <param name="Language">One of <see cref="TaskLanguage.Codes"/>.</param>
public sealed record AnswerPrompt(string Question, string Language) : TaskPrompt
{
    /// <inheritdoc/>
    public override string Text => $"answer {TaskLanguage.Checked(Language)} {Question}";
}
