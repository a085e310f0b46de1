using PaliGemma.Evaluation.Metrics;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Reports;

/// <summary>Small pictures of a case: what the model saw, with what it found and what people marked.</summary>
internal static class CasePicture
{
    private const int LongestSide = 320;

    /// <summary>Of a video, so many frames are shown.</summary>
    private const int MostPictures = 2;

    /// <summary>PNG files of the case's first pictures; those that cannot be read any more are left out.</summary>
    public static IEnumerable<byte[]> Draw(ExampleAnswer answer, MaskDecoder? decoder)
    {
        foreach (string file in answer.Example.Images.Take(MostPictures))
        {
            byte[]? png = null;
            try
            {
                RgbImage written = BenchmarkPicture.Draw(BenchmarkPicture.Load(file), answer.Example.Texts);
                RgbImage image = BenchmarkPicture.Draw(written, answer.Example.Frame);
                png = PngWriter.Encode(Shrink(OverlayRenderer.Render(image, Objects(answer, image, decoder))));
            }
            catch (ModelFileException)
            {
            }
            if (png is not null)
            {
                yield return png;
            }
        }
    }

    private static DetectedObject[] Objects(ExampleAnswer answer, RgbImage image, MaskDecoder? decoder)
    {
        IEnumerable<DetectedObject> marked = answer.Example.Regions.Select(region =>
        {
            PixelBox box = new((float)region.Y, (float)region.X, (float)(region.Y + region.Height), (float)(region.X + region.Width));
            InstanceMask? mask = region.Mask is { } shape && (shape.Width, shape.Height) == (image.Width, image.Height)
                ? InstanceMask.FromPicture(shape.ToMask(), image.Width, image.Height)
                : null;
            string label = $"marked {region.Label}".TrimEnd();
            return new DetectedObject(label, box.ToNormalized(image.Width, image.Height), box, Score: null, MaskCodes: null, mask);
        });
        if (!LocationTokens.OccurIn(answer.Text))
        {
            return [.. marked];
        }
        IEnumerable<DetectedObject> found = TaskOutputParser.ParseObjects(answer.Text, image.Width, image.Height).Objects.Select(thing =>
            decoder is not null && thing.MaskCodes is { } codes
                ? thing with { Mask = InstanceMask.Place(decoder.Decode(codes), thing.Box, image.Width, image.Height) }
                : thing);
        return [.. marked, .. found];
    }

    private static RgbImage Shrink(RgbImage image)
    {
        double scale = Math.Min(1, (double)LongestSide / Math.Max(image.Width, image.Height));
        return BicubicResampler.Resize(image, Math.Max(1, (int)(image.Width * scale)), Math.Max(1, (int)(image.Height * scale)));
    }
}
