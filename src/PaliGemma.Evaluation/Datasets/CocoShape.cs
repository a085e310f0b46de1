using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>The things of COCO's annotations.</summary>
internal static class CocoShape
{
    /// <summary>Reads a thing.</summary>
    /// <param name="fields">The annotation.</param>
    /// <param name="label">What it is.</param>
    /// <param name="size">The picture's size, to read the shape too; null for the box alone.</param>
    public static AnnotatedRegion Read(JsonFields fields, string label, (int Width, int Height)? size)
    {
        float[] box = fields.TryGet("bbox", out JsonElement list) ? fields.Numbers("bbox", list) : [];
        if (box.Length != 4)
        {
            throw fields.Unexpected("bbox", "[x, y, width, height] in pixels");
        }
        AnnotatedRegion region = new(label, box[0], box[1], box[2], box[3])
        {
            IsCrowd = fields.Integer("iscrowd", 0, 1, 0) == 1,
            Mask = size is (int width, int height) ? ReadMask(fields, height, width) : null,
        };
        return fields.TryGet("area", out JsonElement area) && area.ValueKind == JsonValueKind.Number
            ? region with { Area = area.GetDouble() }
            : region;
    }

    private static RunLengthEncoding ReadMask(JsonFields fields, int height, int width)
    {
        ObjectMask mask = CocoSegmentation.Read(fields, width, height, problems: [])
            ?? throw fields.Unexpected("segmentation", "polygons or runs");
        try
        {
            return mask.Runs;
        }
        catch (ArgumentException error)
        {
            throw new ModelFileException($"{fields.File}: {fields.Prefix}segmentation is no shape: {error.Message}", error);
        }
    }
}
