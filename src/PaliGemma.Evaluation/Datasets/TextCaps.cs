using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// TextCaps' validation part (textvqa.org/textcaps): a list <c>data</c> with a record per caption, which repeats all of its picture's
/// captions.
/// </summary>
internal static class TextCaps
{
    /// <summary>All pictures.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        return RecordFile.List(folder.Find("TextCaps_0.1_val.json"), "data", fields =>
        {
            string id = fields.RequiredText("image_id");
            return !seen.Add(id) ? null : new Example
            {
                Id = id,
                Images = [folder.Picture($"{id}.jpg")],
                Prompt = new CaptionPrompt("en").Text,
                Answers = fields.Texts("reference_strs"),
            };
        }).OfType<Example>();
    }
}
