using PaliGemma.Generation;
using PaliGemma.Imaging;

namespace PaliGemma.Tasks;

/// <summary>Runs tasks on a <see cref="PaliGemmaPipeline"/>: a picture and a task go in, what the task asks for comes out.</summary>
/// <example>
/// <code>
/// using var model = PaliGemmaPipeline.Load(folder);
/// foreach (DetectedObject found in model.Run(ImageFile.Load("pets.jpg"), new DetectPrompt("cat", "dog")).Objects)
/// {
///     Console.WriteLine($"{found.Label} at {found.PixelBox}");
/// }
/// </code>
/// </example>
public static class TaskPipeline
{
    /// <summary>Runs one task.</summary>
    public static TaskOutput Run(
        this PaliGemmaPipeline pipeline,
        RgbImage image,
        TaskPrompt task,
        TaskOptions? options = null,
        CancellationToken cancellation = default) =>
        pipeline.Run(image, [task], options, cancellation)[0];

    /// <summary>Runs several tasks on one picture, which is encoded once.</summary>
    /// <returns>One output per task, in order.</returns>
    public static IReadOnlyList<TaskOutput> Run(
        this PaliGemmaPipeline pipeline,
        RgbImage image,
        IReadOnlyList<TaskPrompt> tasks,
        TaskOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(tasks);
        options ??= new TaskOptions();
        IReadOnlyList<IDecodingState> states = pipeline.Prefill([image], [.. tasks.Select(task => task.Text)], cancellation);
        try
        {
            return
            [
                .. tasks.Zip(states, (task, state) =>
                {
                    GenerationOptions generation = pipeline.GenerationFor(task, options);
                    GeneratedText answer = pipeline.Generator.Generate(state, generation, onText: null, cancellation);
                    return TaskOutputParser.Parse(task, answer, pipeline.Tokenizer, image.Width, image.Height, options);
                }),
            ];
        }
        finally
        {
            foreach (IDecodingState state in states)
            {
                state.Dispose();
            }
        }
    }

    /// <summary>Looks for objects and delivers each as soon as it is complete; the work is done on another thread.</summary>
    public static IAsyncEnumerable<DetectedObject> FindAsync(
        this PaliGemmaPipeline pipeline,
        RgbImage image,
        ObjectPrompt task,
        TaskOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(task);
        options ??= new TaskOptions();
        return BackgroundStream.Run<DetectedObject>(
            (onFound, stop) =>
            {
                ObjectReader reader = new(task, pipeline.Tokenizer, image.Width, image.Height, options);
                using IDecodingState state = pipeline.Prefill([image], [task.Text], stop)[0];
                pipeline.Generator.Generate(
                    state, pipeline.GenerationFor(task, options), token => HandOver(reader.Append(token), onFound), stop);
                HandOver(reader.Complete(), onFound);
            },
            cancellation);
    }

    /// <summary>
    /// How tokens are chosen for a task: as the options say, and held to the task's grammar if they ask for that and the task has one.
    /// </summary>
    public static GenerationOptions GenerationFor(this PaliGemmaPipeline pipeline, TaskPrompt task, TaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(options);
        return options.Constrain && options.Generation.Constraint is null && task is ObjectPrompt objects
            ? options.Generation with { Constraint = new ObjectConstraint(objects, pipeline.Tokenizer, pipeline.Model.Config.EosTokenId) }
            : options.Generation;
    }

    private static void HandOver(IEnumerable<DetectedObject> found, Action<DetectedObject> onFound)
    {
        foreach (DetectedObject one in found)
        {
            onFound(one);
        }
    }
}
