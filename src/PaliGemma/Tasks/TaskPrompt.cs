namespace PaliGemma.Tasks;

/// <summary>
/// What PaliGemma is asked to do; <see cref="Text"/> is the prompt in the words it was trained on (big_vision, configs/proj/paligemma).
/// </summary>
public abstract record TaskPrompt
{
    /// <summary>The prompt, without the newline that ends it.</summary>
    public abstract string Text { get; }

    /// <summary>
    /// The task that a prompt's text stands for: the result's <see cref="Text"/> is always <paramref name="text"/>. What is none of the
    /// pre-trained model's prompts to the letter, for instance a caption in a language it does not know, is a <see cref="FreePrompt"/>.
    /// </summary>
    public static TaskPrompt Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        TaskPrompt? task = Recognize(text);
        return task?.Text == text ? task : new FreePrompt(text);
    }

    private static TaskPrompt? Recognize(string text)
    {
        (string verb, string rest) = Cut(text);
        (string language, string content) = Cut(rest);
        bool spoken = TaskLanguage.Codes.Contains(language);
        return verb switch
        {
            "cap" when spoken => new CaptionPrompt(language, CaptionStyle.Cap),
            "caption" when spoken => new CaptionPrompt(language),
            "describe" when spoken => new CaptionPrompt(language, CaptionStyle.Describe),
            "caption" => RegionCaptionPrompt.TryParse(rest),
            "ocr" => new OcrPrompt(),
            "answer" when spoken => new AnswerPrompt(content, language),
            "question" when spoken => new QuestionPrompt(content, language),
            "detect" when ObjectPrompt.TryReadThings(rest) is { } things => new DetectPrompt(things),
            "segment" when ObjectPrompt.TryReadThings(rest) is { } things => new SegmentPrompt(things),
            _ => null,
        };
    }

    /// <summary>Cuts at the first space.</summary>
    private static (string Head, string Tail) Cut(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..]);
    }
}
