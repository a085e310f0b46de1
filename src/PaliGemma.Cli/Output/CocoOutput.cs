using System.Text;
using PaliGemma.Data.Annotations;

namespace PaliGemma.Cli.Output;

/// <summary>Prints one COCO document about all pictures; annotations have a score beside COCO's own fields.</summary>
/// <param name="writer">Where to.</param>
/// <param name="labels">What was asked for: the first categories.</param>
internal sealed class CocoOutput(TextWriter writer, IReadOnlyList<string> labels) : AnswerOutput
{
    private readonly List<AnnotatedImage> _images = [];

    public override void End(Answer answer) => _images.Add(answer.Annotations);

    public override void Complete()
    {
        using MemoryStream document = new();
        using CocoWriter coco = new(document);
        coco.Begin(labels);
        _images.ForEach(coco.Write);
        coco.Complete();
        writer.WriteLine(Encoding.UTF8.GetString(document.ToArray()));
    }
}
