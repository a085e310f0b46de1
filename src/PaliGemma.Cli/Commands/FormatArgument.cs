using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>The option that chooses an annotation format for found objects.</summary>
internal sealed class FormatArgument
{
    private readonly Option<AnnotationFormat?> _format = EnumOption.OneOrNone(
        "--format",
        "Print objects as annotations: COCO, YOLO, LabelMe, or PaliGemma's own training data.",
        AnnotationFormat.Coco, AnnotationFormat.Yolo, AnnotationFormat.LabelMe, AnnotationFormat.PaliGemma);

    public void AddTo(Command command) => command.Options.Add(_format);

    /// <summary>What creates the chosen output; null if none was chosen.</summary>
    /// <exception cref="ArgumentException">The format does not go with the other options.</exception>
    public Func<TextWriter, AnswerOutput>? Read(ParseResult parsed, bool json, int pictures, IReadOnlyList<TaskPrompt> tasks)
    {
        if (parsed.GetValue(_format) is not AnnotationFormat format)
        {
            return null;
        }
        if (json)
        {
            throw new ArgumentException($"--format {EnumOption.Names([format])} and --json are two ways to print the same objects; choose one.");
        }
        if (format is AnnotationFormat.Yolo or AnnotationFormat.LabelMe && pictures > 1)
        {
            throw new ArgumentException($"--format {EnumOption.Names([format])} describes one picture in one file, and there are {pictures} pictures.");
        }
        string[] labels = [.. tasks.OfType<ObjectPrompt>().SelectMany(task => task.Things)];
        return format switch
        {
            AnnotationFormat.Coco => writer => new CocoOutput(writer, labels),
            AnnotationFormat.Yolo => writer => new YoloOutput(writer, labels),
            AnnotationFormat.LabelMe => writer => new LabelMeOutput(writer),
            _ => writer => new TrainingDataOutput(writer),
        };
    }
}
