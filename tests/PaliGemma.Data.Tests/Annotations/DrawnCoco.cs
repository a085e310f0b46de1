using System.Text.Json;

namespace PaliGemma.Data.Tests.Annotations;

/// <summary>A drawn COCO file: boxes, shapes of one or two parts, crowds, and much of it partly or wholly outside of its picture.</summary>
internal sealed class DrawnCoco
{
    private static readonly string[] Labels = ["cat", "traffic light", "猫", "it's \"big\" & <small>: 100 %", "no", "7"];

    public DrawnCoco(Random random)
    {
        List<object> annotations = [];
        for (int image = 0; image < 3; image++)
        {
            (int width, int height) = (random.Next(30, 90), random.Next(30, 90));
            Pictures.Add((image == 0 ? "sub/a é.png" : $"{image}.png", width, height));
            for (int count = random.Next(6); count > 0; count--)
            {
                annotations.Add(DrawObject(random, image, width, height));
            }
        }
        Json = JsonSerializer.Serialize(new
        {
            images = Pictures.Select((picture, i) => new { id = i, file_name = picture.Path, width = picture.Width, height = picture.Height }),
            annotations,
            categories = Labels.Select((label, i) => new { id = 3 * i, name = label }),
        });
    }

    public List<(string Path, int Width, int Height)> Pictures { get; } = [];

    public string Json { get; }

    private static object DrawObject(Random random, int image, int width, int height)
    {
        double[][] parts = [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Star(random, width, height))];
        IEnumerable<double> all = parts.SelectMany(part => part);
        double[] across = [.. all.Where((_, i) => i % 2 == 0)];
        double[] down = [.. all.Where((_, i) => i % 2 == 1)];
        double[] bbox = [across.Min(), down.Min(), across.Max() - across.Min(), down.Max() - down.Min()];
        bool isCrowd = random.Next(6) == 0;
        int outside = random.Next(height * width / 2);
        int inside = random.Next(1, height * width / 2);
        object segmentation = isCrowd
            ? new { size = new[] { height, width }, counts = new[] { outside, inside, (height * width) - outside - inside } }
            : random.Next(6) == 0 ? Array.Empty<double[]>() : parts;
        return new { image_id = image, category_id = 3 * random.Next(Labels.Length), iscrowd = isCrowd ? 1 : 0, bbox, segmentation };
    }

    /// <summary>Corners around a place in the picture or near it.</summary>
    private static double[] Star(Random random, int width, int height)
    {
        (double x, double y) = ((random.NextDouble() * 1.4 * width) - (0.2 * width), (random.NextDouble() * 1.4 * height) - (0.2 * height));
        return
        [
            .. Enumerable.Range(0, 9).SelectMany(i =>
            {
                (double sine, double cosine) = Math.SinCos(i * Math.Tau / 9);
                double radius = 4 + (20 * random.NextDouble());
                return (double[])[Math.Round(x + (radius * cosine), 2), Math.Round(y + (radius * sine), 2)];
            }),
        ];
    }
}
