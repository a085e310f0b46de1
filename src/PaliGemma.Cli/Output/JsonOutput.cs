using System.Text.Json;
using PaliGemma.Generation;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>Prints one JSON object per answer, each on a line of its own.</summary>
internal sealed class JsonOutput(TextWriter writer) : AnswerOutput
{
    public override void End(Answer answer)
    {
        bool hasObjects = answer.Task is ObjectPrompt || answer.Output.Objects.Count > 0;
        AnswerRecord record = new()
        {
            Image = answer.File,
            Prompt = answer.Task.Text,
            Text = answer.Generated.Text,
            Objects = hasObjects ? [.. answer.Output.Objects.Select(ObjectRecord.Of)] : null,
            Problems = answer.Output.Problems.Count == 0
                ? null
                : [.. answer.Output.Problems.Select(problem => new ProblemRecord(problem.Position, problem.What))],
            Tokens = [.. answer.Generated.Tokens.Select(token => token.Id)],
            LogProbabilities = [.. answer.Generated.Tokens.Select(token => token.LogProbability)],
            FinishReason = answer.Generated.FinishReason == FinishReason.Stop ? "stop" : "length",
            Timings = answer.Timings,
        };
        writer.WriteLine(JsonSerializer.Serialize(record, OutputJson.Readable.AnswerRecord));
        writer.Flush();
    }
}
