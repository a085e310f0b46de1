using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>ChartQA's test part (vis-nlp/ChartQA): a list of questions by people and one of generated questions.</summary>
internal static class ChartQa
{
    /// <summary>All questions; the subset tells who asks.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder) =>
        [.. Read(folder, "test_human.json", "human"), .. Read(folder, "test_augmented.json", "augmented")];

    private static IEnumerable<Example> Read(DatasetFolder folder, string file, string subset)
    {
        int number = 0;
        return RecordFile.List(folder.Find(file), "", fields => new Example
        {
            Id = $"{subset}_{number++}",
            Images = [folder.Picture(fields.RequiredText("imgname"))],
            Prompt = new FreePrompt(fields.RequiredText("query")).Text,
            Answers = [fields.Name("label")],
            Subset = subset,
        });
    }
}
