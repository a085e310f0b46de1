using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// Captions of COCO (cocodataset.org) and of NoCaps (nocaps.org), which has COCO's form: <c>images</c> and <c>annotations</c>. Karpathy's
/// test part of COCO is dataset_coco.json.
/// </summary>
internal static class CocoCaptions
{
    private const string KarpathyFile = "dataset_coco.json";

    /// <summary>Karpathy's test part where its file is there, and otherwise COCO's validation part.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder) => folder.TryFind(KarpathyFile) is string karpathy
        ? RecordFile.List(karpathy, "images", fields => ReadKarpathy(folder, fields)).OfType<Example>()
        : Read(folder, folder.Find("captions_val2014.json", "captions_val2017.json", KarpathyFile));

    /// <summary>NoCaps' validation part.</summary>
    public static IEnumerable<Example> ReadNoCaps(DatasetFolder folder) => Read(folder, folder.Find("nocaps_val_4500_captions.json"));

    private static Example? ReadKarpathy(DatasetFolder folder, JsonFields fields) =>
        fields.RequiredText("split") != "test" ? null : new Example
        {
            Id = fields.Name("cocoid"),
            Images = [folder.Picture(fields.RequiredText("filename"))],
            Prompt = new CaptionPrompt("en").Text,
            Answers = [.. fields.Items("sentences").Select(sentence => sentence.RequiredText("raw"))],
        };

    private static IEnumerable<Example> Read(DatasetFolder folder, string file)
    {
        ILookup<long, string> captions = RecordFile.List(
            file, "annotations", fields => (Image: fields.Identifier("image_id"), Caption: fields.RequiredText("caption")))
            .ToLookup(one => one.Image, one => one.Caption);
        return RecordFile.List(file, "images", fields =>
        {
            long id = fields.Identifier("id");
            return !captions.Contains(id) ? null : new Example
            {
                Id = $"{id}",
                Images = [folder.Picture(fields.RequiredText("file_name"))],
                Prompt = new CaptionPrompt("en").Text,
                Answers = [.. captions[id]],
            };
        }).OfType<Example>();
    }
}
