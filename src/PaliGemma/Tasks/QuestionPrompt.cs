namespace PaliGemma.Tasks;

/// <summary>Asks for the question that has a given answer: <c>question es a red car</c>. Pre-trained checkpoints only.</summary>
/// <param name="Answer">In English.</param>
/// <param name="Language">The question's language, one of <see cref="TaskLanguage.Codes"/>; anything else is refused.</param>
public sealed record QuestionPrompt(string Answer, string Language) : TaskPrompt
{
    /// <summary>The question's language.</summary>
    public string Language { get; init => field = TaskLanguage.Checked(value); } = TaskLanguage.Checked(Language);

    /// <inheritdoc/>
    public override string Text => $"question {Language} {Answer}";
}
