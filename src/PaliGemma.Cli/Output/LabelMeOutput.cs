using PaliGemma.Data.Annotations;

namespace PaliGemma.Cli.Output;

/// <summary>Prints LabelMe's document about the picture.</summary>
internal sealed class LabelMeOutput(TextWriter writer) : AnswerOutput
{
    public override void End(Answer answer) => writer.WriteLine(LabelMeDocument.Of(answer.Annotations, answer.File));
}
