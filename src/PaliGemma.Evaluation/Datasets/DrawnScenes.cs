using PaliGemma.Configuration;
using PaliGemma.Data.Shapes;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// The drawn scenes that 'paligemma create-scenes' writes, see <see cref="SceneFolder"/>; an example's regions are the shapes that are to
/// be found.
/// </summary>
internal static class DrawnScenes
{
    private const int LongestSide = 1 << 12;

    /// <summary>All questions.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder)
    {
        string instances = folder.Find(SceneFolder.Instances);
        Dictionary<long, string> names = [];
        foreach ((long id, string name) in RecordFile.List(instances, "categories", fields => (fields.Identifier("id"), ReadName(fields))))
        {
            names[id] = name;
        }
        Dictionary<long, (string Picture, int Width, int Height)> pictures = [];
        foreach ((long id, string picture, int width, int height) in RecordFile.List(instances, "images", fields => (
            fields.Identifier("id"),
            fields.RequiredText("file_name"),
            fields.Integer("width", 1, LongestSide, fallback: null),
            fields.Integer("height", 1, LongestSide, fallback: null))))
        {
            pictures[id] = (picture, width, height);
        }
        ILookup<string, AnnotatedRegion> shapes = RecordFile.List(instances, "annotations", fields =>
        {
            (string picture, int width, int height) = pictures.TryGetValue(fields.Identifier("image_id"), out (string, int, int) known)
                ? known
                : throw fields.Unexpected("image_id", "the id of one of the images");
            string name = names.GetValueOrDefault(fields.Identifier("category_id"))
                ?? throw fields.Unexpected("category_id", "the id of one of the categories");
            return (picture, Shape: CocoShape.Read(fields, name, (width, height)));
        }).ToLookup(one => one.picture, one => one.Shape, StringComparer.Ordinal);
        return RecordFile.Lines(folder.Find(SceneFolder.Questions), fields =>
        {
            string picture = fields.RequiredText("image");
            string prompt = fields.RequiredText("prefix");
            string subset = fields.RequiredText("subset");
            if (!Enum.TryParse(subset, ignoreCase: true, out SceneTask task) || !Enum.IsDefined(task))
            {
                throw fields.Unexpected("subset", "a task");
            }
            string[] things = TaskPrompt.Parse(prompt) is ObjectPrompt objects ? [.. objects.Things] : [];
            if ((task is SceneTask.Detect or SceneTask.Segment) != (things.Length > 0))
            {
                throw fields.Unexpected("prefix", $"a prompt of the task {subset}");
            }
            return new Example
            {
                Id = fields.RequiredText("id"),
                Images = [folder.Picture(picture)],
                Prompt = prompt,
                Answers = [fields.RequiredText("suffix")],
                Subset = subset,
                Regions = [.. shapes[picture].Where(shape => IsAskedFor(shape, things))],
            };
        });
    }

    private static string ReadName(JsonFields fields)
    {
        string name = fields.RequiredText("name");
        return EnglishShapes.TryParse(name, out _, out _) ? name : throw fields.Unexpected("name", "a colour and a shape");
    }

    private static bool IsAskedFor(AnnotatedRegion shape, string[] things) => things.Contains(shape.Label)
        || (EnglishShapes.TryParse(shape.Label, out _, out ShapeKind kind) && things.Contains(EnglishShapes.Name(kind)));
}
