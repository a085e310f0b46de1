namespace PaliGemma.Tasks;

/// <summary>
/// A question with answers to choose from, as the checkpoints fine-tuned for AI2D and A-OKVQA's multiple choice take it; they repeat one of
/// the choices.
/// </summary>
/// <param name="Question">In English.</param>
/// <param name="Choices">The answers.</param>
public sealed record MultipleChoicePrompt(string Question, IReadOnlyList<string> Choices) : TaskPrompt
{
    // Two spaces after the language, and a tab between spaces from choice to choice: the data sets were written so.

    /// <inheritdoc/>
    public override string Text => $"answer en  {Question} choose from: {string.Join(" \t ", Choices)}";
}
