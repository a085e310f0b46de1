using System.Text.Json;

namespace PaliGemma.Tests.Tasks;

/// <summary>The goldens of masks in pictures. They replace the decoder: code k fills its 16 x 16 cell of the mask with (k - 63.5) / 64.</summary>
internal static class CellMasks
{
    public static JsonDocument OpenGoldens() =>
        JsonDocument.Parse(File.ReadAllBytes(Goldens.Path("metrics", "refcoco_segmentation.json")));

    public static float[] Decode(IReadOnlyList<int> codes)
    {
        float[] mask = new float[64 * 64];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = (codes[(i / (64 * 16) * 4) + (i % 64 / 16)] - 63.5f) / 64;
        }
        return mask;
    }
}
