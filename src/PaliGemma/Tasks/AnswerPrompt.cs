namespace PaliGemma.Tasks;

/// <summary>A question about the picture: <c>answer en what color is the car?</c>.</summary>
/// <remarks>
/// Some fine-tuned checkpoints ask in other forms. DocVQA, ChartQA and POPE take the question alone, a <see cref="FreePrompt"/>; AI2D and
/// A-OKVQA's multiple choice, a <see cref="MultipleChoicePrompt"/>; ScienceQA, a <see cref="ScienceQuestionPrompt"/>. NLVR2 takes its
/// sentence as the question, and two pictures.
/// </remarks>
/// <param name="Question">In the language of the answer.</param>
/// <param name="Language">One of <see cref="TaskLanguage.Codes"/>; anything else is refused.</param>
public sealed record AnswerPrompt(string Question, string Language) : TaskPrompt
{
    /// <summary>The answer's language.</summary>
    public string Language { get; init => field = TaskLanguage.Checked(value); } = TaskLanguage.Checked(Language);

    /// <inheritdoc/>
    public override string Text => $"answer {Language} {Question}";
}
