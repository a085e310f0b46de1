using System.Text.Json;
using PaliGemma.Training.Evaluation;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PaliGemma.Training.Reporting;

/// <summary>
/// The record of a run: <c>metrics.jsonl</c>, an object for every step and every evaluation, and event files that TensorBoard shows.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    /// <summary>The names of the losses of a step and of an evaluation.</summary>
    internal const string TrainingLoss = "loss", ValidationLoss = "validation_loss";

    private const string FileName = "metrics.jsonl";
    private const string StepField = "step";

    private readonly FileStream _file;
    private readonly SummaryWriter _events;

    /// <summary>Begins a record, or goes on with the one in the folder.</summary>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="firstStep">The run's next step: what the record has of it and later ones is removed, because it will be done again.</param>
    public MetricsLog(string folder, long firstStep)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.Combine(folder, FileName);
        string[] kept = File.Exists(path) ? [.. Lines(path).Where(line => StepOf(line) is long step && step < firstStep)] : [];
        StagedPath place = new(path, ".partial");
        place.Run(() => File.WriteAllLines(place.Path, kept));
        place.MoveFile();
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        _events = utils.tensorboard.SummaryWriter(folder);
    }

    /// <summary>Records a step.</summary>
    public void Add(TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        Write(step.Step,
        [
            (TrainingLoss, step.Loss), ("learning_rate", step.LearningRate), ("gradient_norm", step.GradientNorm),
            ("tokens_per_second", step.Tokens / step.Time.TotalSeconds),
        ]);
    }

    /// <summary>Records an evaluation.</summary>
    /// <param name="step">The last step before it.</param>
    /// <param name="result">What was measured.</param>
    public void Add(long step, EvaluationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Write(step, [(ValidationLoss, result.Loss), .. result.Scores.Select(score => (NameOf(score.Key), score.Value))]);
    }

    /// <summary>Whether the record has an evaluation after a step.</summary>
    public bool HasEvaluation(long step) => Read(Path.GetDirectoryName(_file.Name)!, ValidationLoss).Any(value => value.Step == step);

    /// <summary>What a folder's record has of a value, by step.</summary>
    public static IReadOnlyList<(long Step, double Value)> Read(string folder, string name)
    {
        List<(long, double)> values = [];
        foreach (string line in Lines(Path.Combine(folder, FileName)))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty(name, out JsonElement value) && StepOf(line) is long step)
            {
                values.Add((step, value.GetDouble()));
            }
        }
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The lines of a record that may be open for writing.</summary>
    private static IEnumerable<string> Lines(string path)
    {
        using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is string line)
        {
            yield return line;
        }
    }

    private static string NameOf(EvaluationMetric metric) => JsonNamingPolicy.SnakeCaseLower.ConvertName(metric.ToString());

    private void Write(long step, (string Name, double Value)[] values)
    {
        using (Utf8JsonWriter json = new(_file))
        {
            json.WriteStartObject();
            json.WriteNumber(StepField, step);
            foreach ((string name, double value) in values)
            {
                if (double.IsFinite(value))
                {
                    json.WriteNumber(name, value);
                }
                _events.add_scalar(name, (float)value, (int)step);
            }
            json.WriteEndObject();
        }
        _file.WriteByte((byte)'\n');
        _file.Flush();
    }

    /// <summary>The step of a line; null where the run was ended while it was written.</summary>
    private static long? StepOf(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty(StepField).GetInt64();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
