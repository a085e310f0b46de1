using System.Diagnostics;
using System.Net.ServerSentEvents;
using System.Text.Json;
using PaliGemma.Generation;
using PaliGemma.Processing;
using PaliGemma.Tasks;

namespace PaliGemma.Server.Tasks;

/// <summary>A task that is being run; disposing it ends the work.</summary>
internal sealed class TaskRun : IDisposable
{
    private readonly ServedModel _model;
    private readonly TaskPrompt _task;
    private readonly (int Width, int Height) _size;
    private readonly int _promptTokens;
    private readonly BatchedGeneration _generation;
    private readonly GeneratedTextBuilder _text;
    private readonly ObjectReader? _objects;
    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _firstToken;

    private TaskRun(
        ServedModel model, TaskPrompt task, (int Width, int Height) size, int promptTokens, TaskOptions options, BatchedGeneration generation)
    {
        (_model, _task, _size, _promptTokens, _generation) = (model, task, size, promptTokens, generation);
        _text = new GeneratedTextBuilder(model.Pipeline.Tokenizer);
        // Words are not looked at for objects, unless somebody asked in words of their own.
        _objects = task is ObjectPrompt or FreePrompt
            ? new ObjectReader(task, model.Pipeline.Tokenizer, size.Width, size.Height, options)
            : null;
    }

    /// <summary>Puts the task into the model's queue.</summary>
    /// <param name="model">The model.</param>
    /// <param name="task">What it is asked.</param>
    /// <param name="size">Of the upright picture in pixels.</param>
    /// <param name="inputs">The picture and the prompt as the model takes them.</param>
    /// <param name="options">How the task is run.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="QueueFullException">As many requests wait as may.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static TaskRun Begin(
        ServedModel model,
        TaskPrompt task,
        (int Width, int Height) size,
        PaliGemmaInputs inputs,
        TaskOptions options,
        CancellationToken cancellation)
    {
        options = options with { MaskDecoder = model.MaskDecoder };
        BatchedGeneration generation =
            model.Scheduler.Submit(inputs, model.Pipeline.GenerationFor(task, options), sequences: 1, cancellation);
        return new TaskRun(model, task, size, inputs.Tokens.Length, options, generation);
    }

    public void Dispose() => _generation.Dispose();

    /// <summary>Runs the task to its end.</summary>
    public async Task<TaskAnswer> AnswerAsync()
    {
        List<ObjectRecord> found = [];
        await foreach ((_, IReadOnlyList<ObjectRecord> objects) in StepsAsync().ConfigureAwait(false))
        {
            found.AddRange(objects);
        }
        return Answer(found);
    }

    /// <summary>Runs the task, and tells of its text and its objects as they come, and then of all together.</summary>
    public async IAsyncEnumerable<SseItem<string>> EventsAsync()
    {
        TaskStart start = new(_model.Name, _task.Text, _size.Width, _size.Height);
        yield return new SseItem<string>(JsonSerializer.Serialize(start, ServerJson.Readable.TaskStart), "start");
        List<ObjectRecord> found = [];
        await foreach ((string text, IReadOnlyList<ObjectRecord> objects) in StepsAsync().ConfigureAwait(false))
        {
            if (text.Length > 0)
            {
                yield return new SseItem<string>(JsonSerializer.Serialize(new TextPiece(text), ServerJson.Readable.TextPiece), "text");
            }
            foreach (ObjectRecord one in objects)
            {
                yield return new SseItem<string>(JsonSerializer.Serialize(one, ServerJson.Readable.ObjectRecord), "object");
            }
            found.AddRange(objects);
        }
        yield return new SseItem<string>(JsonSerializer.Serialize(Answer(found), ServerJson.Readable.TaskAnswer), "done");
    }

    private async IAsyncEnumerable<(string Text, IReadOnlyList<ObjectRecord> Objects)> StepsAsync()
    {
        await foreach ((_, GeneratedToken token) in _generation.ConfigureAwait(false))
        {
            if (_firstToken == TimeSpan.Zero)
            {
                _firstToken = Stopwatch.GetElapsedTime(_start);
            }
            yield return (_text.Append(token), Records(_objects?.Append(token)));
        }
        yield return (_text.Complete(), Records(_objects?.Complete()));
    }

    private TaskAnswer Answer(List<ObjectRecord> found)
    {
        GeneratedText answer = _text.ToGeneratedText();
        // The answer in words to words of one's own has no problems because it has no objects.
        bool read = _task is ObjectPrompt || found.Count > 0;
        return new TaskAnswer
        {
            Model = _model.Name,
            Prompt = _task.Text,
            Width = _size.Width,
            Height = _size.Height,
            Text = answer.Text,
            Objects = found,
            Problems = read && _objects is not null
                ? [.. _objects.Problems.Select(problem => new ProblemRecord(problem.Position, problem.What))]
                : [],
            FinishReason = FinishReasons.NameOf(answer.FinishReason),
            Usage = new TokenUsage(_promptTokens, answer.Tokens.Count),
            Timings = new TaskTimings(Milliseconds(_firstToken), Milliseconds(Stopwatch.GetElapsedTime(_start))),
        };
    }

    private static ObjectRecord[] Records(IEnumerable<DetectedObject>? found) => [.. (found ?? []).Select(ObjectRecord.Of)];

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
