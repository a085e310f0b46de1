using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>POPE (AoiDragon/POPE, output/coco): three files of questions, one per line, about COCO's pictures of 2014.</summary>
internal static class Pope
{
    /// <summary>One of the parts <c>random</c>, <c>popular</c> and <c>adversarial</c>.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder, string part) =>
        RecordFile.Lines(folder.Find($"coco_pope_{part}.json"), fields => new Example
        {
            Id = $"{part}_{fields.Name("question_id")}",
            Images = [folder.Picture(fields.RequiredText("image"))],
            Prompt = new FreePrompt(fields.RequiredText("text")).Text,
            Answers = [fields.RequiredText("label")],
        });
}
