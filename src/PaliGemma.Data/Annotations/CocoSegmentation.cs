using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// COCO's <c>segmentation</c>: polygons of an object, or the runs of a crowd, with <c>counts</c> as numbers or compressed to a string.
/// </summary>
internal static class CocoSegmentation
{
    private const string Name = "segmentation";

    /// <summary>Reads a shape; null where there is none.</summary>
    /// <param name="fields">The annotation.</param>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="problems">Is told what was left out.</param>
    /// <exception cref="ModelFileException">It is no shape in a picture of this size.</exception>
    public static ObjectMask? Read(JsonFields fields, int width, int height, List<string> problems)
    {
        if (!fields.TryGet(Name, out JsonElement value))
        {
            return null;
        }
        return value.ValueKind switch
        {
            JsonValueKind.Array => ReadPolygons(fields, value, width, height, problems),
            JsonValueKind.Object => new RunMask(ReadRuns(fields.Child(Name)!.Value, width, height)),
            _ => throw fields.Unexpected(Name, "polygons or runs"),
        };
    }

    /// <summary>Writes an object's shape, or an empty list for none.</summary>
    public static void Write(Utf8JsonWriter json, AnnotatedObject marked)
    {
        json.WritePropertyName(Name);
        if (marked is { IsCrowd: true, Mask: { } crowd })
        {
            WriteRuns(json, crowd.Runs);
            return;
        }
        json.WriteStartArray();
        foreach (double[] polygon in marked.Mask?.Polygons ?? [])
        {
            JsonPixels.Write(json, polygon);
        }
        json.WriteEndArray();
    }

    private static PolygonMask? ReadPolygons(JsonFields fields, JsonElement list, int width, int height, List<string> problems)
    {
        List<double[]> polygons = [];
        int index = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            string place = $"{Name}[{index++}]";
            float[] coordinates = fields.Numbers(place, item);
            // Published files have a few of them, and COCO's own readers pass over them.
            if (coordinates.Length < 6)
            {
                problems.Add(
                    $"{fields.File}: {fields.Prefix}{place} has {coordinates.Length} coordinates, too few for a polygon, and is left out.");
                continue;
            }
            if (coordinates.Length % 2 != 0)
            {
                throw fields.Wrong(place, $"has {coordinates.Length} coordinates", "expected x and y of every corner");
            }
            polygons.Add(Array.ConvertAll(coordinates, coordinate => (double)coordinate));
        }
        return polygons.Count > 0 ? new PolygonMask(polygons, width, height) : null;
    }

    private static RunLengthEncoding ReadRuns(JsonFields fields, int width, int height)
    {
        if (!fields.TryGet("size", out JsonElement list) || fields.Numbers("size", list) is not [float rows, float columns]
            || (rows, columns) != (height, width))
        {
            throw fields.Unexpected("size", $"the picture's [{height}, {width}]");
        }
        if (!fields.TryGet("counts", out JsonElement counts))
        {
            throw fields.Unexpected("counts", "a list of whole numbers or a string");
        }
        try
        {
            return counts.ValueKind == JsonValueKind.String
                ? RunLengthEncoding.Parse(counts.GetString(), height, width)
                : RunLengthEncoding.FromCounts(ReadCounts(counts), height, width);
        }
        catch (Exception error) when (error is ModelFileException or ArgumentException)
        {
            throw new ModelFileException($"{fields.File}: {fields.Prefix}counts: {error.Message}", error);
        }
    }

    private static int[] ReadCounts(JsonElement counts) => counts.ValueKind == JsonValueKind.Array
        ? [.. counts.EnumerateArray().Select(ReadCount)]
        : throw new ModelFileException("expected a list of whole numbers or a string.");

    private static int ReadCount(JsonElement count) => count.ValueKind == JsonValueKind.Number && count.TryGetInt32(out int run)
        ? run
        : throw new ModelFileException($"{count.GetRawText()} is no run; expected whole numbers.");

    private static void WriteRuns(Utf8JsonWriter json, RunLengthEncoding runs)
    {
        json.WriteStartObject();
        json.WriteStartArray("counts");
        foreach (int run in runs.Counts)
        {
            json.WriteNumberValue(run);
        }
        json.WriteEndArray();
        json.WriteStartArray("size");
        json.WriteNumberValue(runs.Height);
        json.WriteNumberValue(runs.Width);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
