using System.Globalization;
using System.Text;
using System.Text.Json;
using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Annotations;

/// <summary>Writes annotated images as COCO, in the simplest way, as the independent start of conversions.</summary>
internal static class CocoSample
{
    /// <param name="images">The images; annotations are numbered through in a field <c>number</c>.</param>
    /// <param name="categories">Those that come first.</param>
    public static string Json(IReadOnlyList<AnnotatedImage> images, params string[] categories)
    {
        List<string> labels = [.. categories, .. images.SelectMany(image => image.Objects).Select(marked => marked.Label)];
        labels = [.. labels.Distinct()];
        List<string> annotations = [];
        for (int i = 0; i < images.Count; i++)
        {
            foreach (AnnotatedObject marked in images[i].Objects)
            {
                annotations.Add(
                    $$"""{"image_id":{{i}},"category_id":{{labels.IndexOf(marked.Label)}},"iscrowd":{{(marked.IsCrowd ? 1 : 0)}},""" +
                    $$"""{{Shape(marked)}}"bbox":{{Box(marked.Box)}},"number":{{annotations.Count}}}""");
            }
        }
        IEnumerable<string> imageTexts = images.Select((image, i) =>
            $$"""{"id":{{i}},"file_name":"{{image.Path}}","width":{{image.Width}},"height":{{image.Height}}}""");
        IEnumerable<string> categoryTexts = labels.Select((label, i) => $$"""{"id":{{i}},"name":"{{JsonEncodedText.Encode(label)}}"}""");
        return new StringBuilder("{\"images\":[").AppendJoin(',', imageTexts)
            .Append("],\"annotations\":[").AppendJoin(',', annotations)
            .Append("],\"categories\":[").AppendJoin(',', categoryTexts).Append("]}").ToString();
    }

    private static string Box(PixelBox box) => string.Create(CultureInfo.InvariantCulture, $"[{box.X1},{box.Y1},{box.Width},{box.Height}]");

    private static string Shape(AnnotatedObject marked)
    {
        IEnumerable<string>? polygons = marked.Mask?.Polygons.Select(polygon =>
            "[" + string.Join(',', polygon.Select(number => number.ToString(CultureInfo.InvariantCulture))) + "]");
        return polygons is null ? "" : $"\"segmentation\":[{string.Join(',', polygons)}],";
    }
}
