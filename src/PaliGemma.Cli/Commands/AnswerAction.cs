using System.CommandLine;
using System.Diagnostics;
using PaliGemma.Generation;

namespace PaliGemma.Cli.Commands;

/// <summary>What the commands that answer prompts have in common: their options, and the loop over pictures.</summary>
internal sealed class AnswerAction
{
    private readonly ModelArguments _model = new();
    private readonly GenerationArguments _generation = new();

    /// <summary>Adds the shared options and the handler to <paramref name="command"/>.</summary>
    /// <param name="command">The command.</param>
    /// <param name="images">Its picture files and folders.</param>
    /// <param name="prompts">Its prompts.</param>
    public void AttachTo(Command command, Func<ParseResult, string[]> images, Func<ParseResult, string[]> prompts)
    {
        _model.AddTo(command);
        _generation.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(parsed, images(parsed), prompts(parsed), cancellation), cancellation));
    }

    private void Run(ParseResult parsed, string[] images, string[] prompts, CancellationToken cancellation)
    {
        GenerationOptions options = _generation.Read(parsed);
        IReadOnlyList<string> files = ImageSources.Expand(images);
        long start = Stopwatch.GetTimestamp();
        using PaliGemmaPipeline pipeline = _model.Load(parsed);
        AnswerRun run = new(pipeline, options, Stopwatch.GetElapsedTime(start), _generation.Json(parsed), Console.Out)
        {
            NamePictures = files.Count > 1,
        };
        foreach (string file in files)
        {
            run.Answer(file, prompts, cancellation);
        }
    }
}
