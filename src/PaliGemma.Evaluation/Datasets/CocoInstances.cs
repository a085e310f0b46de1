using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>COCO's validation pictures with all their things (cocodataset.org): every picture is searched for all categories.</summary>
internal static class CocoInstances
{
    /// <summary>All pictures.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder)
    {
        string file = folder.Find("instances_val2017.json", "instances_val2014.json");
        (long Id, string Name)[] categories =
            [.. RecordFile.List(file, "categories", fields => (fields.Identifier("id"), fields.RequiredText("name")))];
        Dictionary<long, string> names = categories.DistinctBy(one => one.Id).ToDictionary(one => one.Id, one => one.Name);
        ILookup<long, AnnotatedRegion> things = RecordFile.List(file, "annotations", fields => (
            Image: fields.Identifier("image_id"),
            Thing: names.TryGetValue(fields.Identifier("category_id"), out string? name)
                ? CocoShape.Read(fields, name, size: null)
                : throw fields.Unexpected("category_id", "the id of one of the categories"))).ToLookup(one => one.Image, one => one.Thing);
        string prompt = new DetectPrompt([.. names.Values]).Text;
        return RecordFile.List(file, "images", fields => (Id: fields.Identifier("id"), Name: fields.RequiredText("file_name")))
            .OrderBy(one => one.Id)
            .Select(one => new Example
            {
                Id = $"{one.Id}",
                Images = [folder.Picture(one.Name)],
                Prompt = prompt,
                Answers = [],
                Regions = [.. things[one.Id]],
            });
    }
}
