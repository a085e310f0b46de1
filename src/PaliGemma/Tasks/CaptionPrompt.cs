namespace PaliGemma.Tasks;

/// <summary>A sentence about the picture: <c>caption en</c>.</summary>
/// <remarks>WidgetCap's checkpoints take <c>caption en</c> too, about what a red frame drawn on the resized picture surrounds.</remarks>
/// <param name="Language">One of <see cref="TaskLanguage.Codes"/>; anything else is refused.</param>
/// <param name="Style">Which kind of caption.</param>
public sealed record CaptionPrompt(string Language, CaptionStyle Style = CaptionStyle.Caption) : TaskPrompt
{
    /// <summary>The caption's language.</summary>
    public string Language { get; init => field = TaskLanguage.Checked(value); } = TaskLanguage.Checked(Language);

    /// <inheritdoc/>
    public override string Text => $"{Verb} {Language}";

    private string Verb => Style switch
    {
        CaptionStyle.Cap => "cap",
        CaptionStyle.Describe => "describe",
        _ => "caption",
    };
}
