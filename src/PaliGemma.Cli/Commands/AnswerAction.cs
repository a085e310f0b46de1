using System.CommandLine;
using System.Diagnostics;
using PaliGemma.Cli.Output;
using PaliGemma.Generation;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>What the commands that run tasks have in common: their options, and the loop over pictures.</summary>
internal sealed class AnswerAction
{
    private readonly ModelArguments _model = new();
    private readonly GenerationArguments _generation = new();

    /// <summary>The options for answers with objects; null where the command's tasks have none.</summary>
    public ObjectArguments? Objects { get; init; }

    /// <summary>How objects can be printed; null where answers are printed as the model says them.</summary>
    public FormatArgument? Format { get; init; }

    /// <summary>Draws found objects; null where the command's tasks have none.</summary>
    public OverlayArgument? Overlay { get; init; }

    /// <summary>What masks are decoded with; null where the command's tasks have none.</summary>
    public MaskDecoderArgument? Masks { get; init; }

    /// <summary>Adds the shared options and the handler to <paramref name="command"/>.</summary>
    /// <param name="command">The command.</param>
    /// <param name="images">Its picture files and folders.</param>
    /// <param name="tasks">Its tasks.</param>
    public void AttachTo(Command command, Func<ParseResult, string[]> images, Func<ParseResult, TaskPrompt[]> tasks)
    {
        _model.AddTo(command);
        _generation.AddTo(command);
        Objects?.AddTo(command);
        Format?.AddTo(command);
        Overlay?.AddTo(command);
        Masks?.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(parsed, images(parsed), tasks(parsed), cancellation), cancellation));
    }

    /// <returns>The exit code: 1 where one of several pictures could not be answered.</returns>
    private int Run(ParseResult parsed, string[] images, TaskPrompt[] tasks, CancellationToken cancellation)
    {
        GenerationOptions generation = _generation.Read(parsed);
        TaskOptions options = Objects?.Read(parsed, generation) ?? new TaskOptions { Generation = generation };
        IReadOnlyList<string> files = ImageSources.Expand(images);
        Func<TextWriter, AnswerOutput>? createOutput = Format?.Read(parsed, _generation.Json(parsed), files.Count, tasks);
        Overlay?.Check(parsed, files.Count);
        using MaskDecoder? masks = Masks?.Load(parsed, _model.Folder(parsed), files.Count, tasks);
        Masks?.CreateFolder(parsed);
        foreach (TaskPrompt task in tasks)
        {
            // Free prompts are as their author wants them, and only a slip is this like a task.
            if (task is FreePrompt && TaskLanguage.FaultOf(task.Text) is string fault)
            {
                Console.Error.WriteLine($"paligemma: '{task.Text}': {fault}");
            }
        }
        options = options with { MaskDecoder = masks };
        long start = Stopwatch.GetTimestamp();
        using PaliGemmaPipeline pipeline = _model.Load(parsed);
        TimeSpan loadTime = Stopwatch.GetElapsedTime(start);
        bool several = files.Count > 1;
        AnswerOutput output = createOutput?.Invoke(Console.Out)
            ?? (_generation.Json(parsed) ? new JsonOutput(Console.Out)
            : Format is not null ? new ObjectLinesOutput(Console.Out, pipeline.Tokenizer, options, several)
            : new TextOutput(Console.Out, pipeline.Tokenizer, several));
        // Where the answer is printed as it is, or the problems are part of what is printed, nobody needs to be told.
        TextWriter problems = Format is null || _generation.Json(parsed) ? TextWriter.Null : Console.Error;
        AnswerRun run = new(pipeline, options, loadTime, output, problems)
        {
            Finished = answer =>
            {
                Overlay?.Show(parsed, answer, isForPrograms: createOutput is not null || _generation.Json(parsed));
                Masks?.Save(parsed, answer);
                if (answer.Generated.FinishReason == FinishReason.Length && !_generation.Json(parsed))
                {
                    Console.Error.WriteLine(
                        $"paligemma: {answer.File}: The answer was cut at {generation.MaxNewTokens} tokens; a larger --max-new-tokens gives room for more.");
                }
            },
        };
        int exitCode = 0;
        bool hasAnswers = false;
        try
        {
            foreach (string file in files)
            {
                try
                {
                    run.Answer(file, tasks, cancellation);
                    hasAnswers = true;
                }
                catch (ModelFileException error) when (several)
                {
                    // The others can be answered all the same.
                    Console.Error.WriteLine($"paligemma: {error.Message.ReplaceLineEndings(" ")}");
                    exitCode = 1;
                }
            }
        }
        finally
        {
            // What has been answered is printed whatever stops the rest.
            if (hasAnswers)
            {
                output.Complete();
            }
        }
        return exitCode;
    }
}
