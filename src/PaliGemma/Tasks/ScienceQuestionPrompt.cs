namespace PaliGemma.Tasks;

/// <summary>
/// A question with lettered answers, as the checkpoints fine-tuned for ScienceQA take it; they say <c>The answer is B.</c>
/// </summary>
/// <param name="Question">In English.</param>
/// <param name="Context">What else there is to know; may be empty.</param>
/// <param name="Options">The answers, at most 26.</param>
public sealed record ScienceQuestionPrompt(string Question, string Context, IReadOnlyList<string> Options) : TaskPrompt
{
    /// <inheritdoc/>
    public override string Text
    {
        get
        {
            IEnumerable<string> options = Options.Select((option, i) => $"({(char)('A' + i)}) {option}");
            return $"Question: {Question}\nContext: {Context}\nOptions: {string.Join(", ", options)}\nAnswer:";
        }
    }
}
