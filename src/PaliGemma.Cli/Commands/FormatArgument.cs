using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>The option that chooses an annotation format for found objects.</summary>
internal sealed class FormatArgument
{
    private const string Coco = "coco", Yolo = "yolo", LabelMe = "labelme", PaliGemma = "paligemma";

    private readonly Option<string?> _format = new Option<string?>("--format")
    {
        Description = "Print objects as annotations: COCO, YOLO, LabelMe, or PaliGemma's own training data.",
        HelpName = string.Join('|', Coco, Yolo, LabelMe, PaliGemma),
    }.AcceptOnlyFromAmong(Coco, Yolo, LabelMe, PaliGemma);

    public void AddTo(Command command) => command.Options.Add(_format);

    /// <summary>What creates the chosen output; null if none was chosen.</summary>
    /// <exception cref="ArgumentException">The format does not go with the other options.</exception>
    public Func<TextWriter, AnswerOutput>? Read(ParseResult parsed, bool json, int pictures, IReadOnlyList<TaskPrompt> tasks)
    {
        string? format = parsed.GetValue(_format);
        if (format is not null && json)
        {
            throw new ArgumentException($"--format {format} and --json are two ways to print the same objects; choose one.");
        }
        if (format is Yolo or LabelMe && pictures > 1)
        {
            throw new ArgumentException($"--format {format} describes one picture in one file, and there are {pictures} pictures.");
        }
        string[] labels = [.. tasks.OfType<ObjectPrompt>().SelectMany(task => task.Things)];
        return format switch
        {
            null => null,
            Coco => writer => new CocoOutput(writer, labels),
            Yolo => writer => new YoloOutput(writer, labels),
            LabelMe => writer => new LabelMeOutput(writer),
            _ => writer => new TrainingDataOutput(writer),
        };
    }
}
