using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>
/// Prints a line of PaliGemma's own training data per answer: the prompt, and the answer that would teach a model what was found.
/// </summary>
internal sealed class TrainingDataOutput(TextWriter writer) : AnswerOutput
{
    public override void End(Answer answer) =>
        writer.WriteLine(new PrefixSuffixExample(answer.File, answer.Task.Text, Suffix(answer)).ToJson());

    private static string Suffix(Answer answer)
    {
        bool labels = answer.Task is not ObjectPrompt { HasLabels: false };
        return ObjectText.Format(answer.Output.Objects.Select(found => labels ? found : found with { Label = "" }));
    }
}
