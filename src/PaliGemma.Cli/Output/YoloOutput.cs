using PaliGemma.Data.Annotations;

namespace PaliGemma.Cli.Output;

/// <summary>Prints YOLO's lines, with scores.</summary>
/// <param name="writer">Where to.</param>
/// <param name="labels">What was asked for: the first classes.</param>
internal sealed class YoloOutput(TextWriter writer, IReadOnlyList<string> labels) : AnswerOutput
{
    private readonly YoloLabels _labels = new(labels);

    public override void End(Answer answer) => writer.Write(_labels.Format(answer.Annotations));
}
