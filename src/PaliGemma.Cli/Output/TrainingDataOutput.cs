using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>
/// Prints one line per answer of PaliGemma's own training data: a JSON object with <c>image</c>, <c>prefix</c>, the prompt, and
/// <c>suffix</c>, the answer that would teach a model what was found.
/// </summary>
internal sealed class TrainingDataOutput(TextWriter writer) : AnswerOutput
{
    public override void End(Answer answer) => writer.WriteLine(JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("image", answer.File);
        json.WriteString("prefix", answer.Task.Text);
        json.WriteString("suffix", Suffix(answer));
        json.WriteEndObject();
    }));

    private static string Suffix(Answer answer)
    {
        bool labels = answer.Task is not ObjectPrompt { HasLabels: false };
        return ObjectText.Format(answer.Output.Objects.Select(found => labels ? found : found with { Label = "" }));
    }
}
