using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>Screen2Words' test part (google-research-datasets/screen2words): screen_summaries.csv and a list of screens of RICO.</summary>
internal static class Screen2Words
{
    /// <summary>All screens.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder)
    {
        ILookup<string, string> summaries =
            RecordFile.Rows(folder.Find("screen_summaries.csv"), "screenId", "summary").ToLookup(row => row[0], row => row[1]);
        string list = folder.Find("test_screens.txt");
        return RecordFile.TextLines(list).Select(line => line.Trim()).Where(line => line.Length > 0).Select(screen => new Example
        {
            Id = screen,
            Images = [folder.Picture($"{screen}.jpg")],
            Prompt = new CaptionPrompt("en").Text,
            Answers = summaries.Contains(screen)
                ? [.. summaries[screen]]
                : throw new ModelFileException($"{list} lists the screen {screen}, of which screen_summaries.csv has no summary."),
        });
    }
}
