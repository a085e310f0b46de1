using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// WidgetCap's test part (google-research-datasets/widget-caption): widget_captions.csv with captions between bars, and for each screen of
/// RICO a picture and the tree of its views, in which a widget's number leads to its bounds.
/// </summary>
internal static class WidgetCap
{
    /// <summary>The height of RICO's screens, in whose pixels bounds are.</summary>
    private const float CanvasHeight = 2560;

    /// <summary>All widgets of the screens that test.txt lists.</summary>
    public static IEnumerable<Example> Read(DatasetFolder folder)
    {
        HashSet<string> test = [.. RecordFile.TextLines(folder.Find("test.txt")).Select(line => line.Trim())];
        foreach (string[] row in RecordFile.Rows(folder.Find("widget_captions.csv"), "screenId", "nodeId", "captions"))
        {
            (string screen, string node) = (row[0], row[1]);
            if (test.Contains(screen))
            {
                string picture = folder.Picture($"{screen}.jpg");
                yield return new Example
                {
                    Id = $"{screen}_{node}",
                    Images = [picture],
                    Prompt = new CaptionPrompt("en").Text,
                    Answers = row[2].Split('|'),
                    Frame = RecordFile.Whole(
                        folder.Find($"{screen}.json"), fields => ReadBounds(fields, node, ImageFile.ReadSize(picture))),
                };
            }
        }
    }

    private static BoundingBox ReadBounds(JsonFields screen, string node, (int Width, int Height) size)
    {
        JsonFields view = screen.Child("activity")?.Child("root") ?? throw screen.Unexpected("activity.root", "an object");
        foreach (string step in node.Split('.').Skip(1))
        {
            view = int.TryParse(step, out int child) && child >= 0 && view.TryGet("children", out JsonElement children)
                && children.ValueKind == JsonValueKind.Array && child < children.GetArrayLength()
                && children[child].ValueKind == JsonValueKind.Object
                ? view with { Object = children[child], Prefix = $"{view.Prefix}children[{child}]." }
                : throw view.Unexpected("children", $"the way to the widget {node}");
        }
        float[] bounds = view.TryGet("bounds", out JsonElement list) ? view.Numbers("bounds", list) : [];
        if (bounds.Length != 4)
        {
            throw view.Unexpected("bounds", "[left, top, right, bottom]");
        }
        float scale = size.Height / CanvasHeight;
        PixelBox box = new(bounds[1] * scale, bounds[0] * scale, bounds[3] * scale, bounds[2] * scale);
        return box.ToNormalized(size.Width, size.Height);
    }
}
