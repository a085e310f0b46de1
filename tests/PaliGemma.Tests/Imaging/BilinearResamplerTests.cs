using System.Text.Json;
using FsCheck.Xunit;
using PaliGemma.Imaging;
using PaliGemma.Tests.Tasks;

namespace PaliGemma.Tests.Imaging;

public class BilinearResamplerTests
{
    [Fact]
    public void Masks_are_resized_as_Pillow_does()
    {
        using JsonDocument golden = CellMasks.OpenGoldens();
        foreach (JsonElement one in golden.RootElement.GetProperty("resize").EnumerateArray())
        {
            (int height, int width) = (one.GetProperty("h").GetInt32(), one.GetProperty("w").GetInt32());
            float[] mask = CellMasks.Decode([.. one.GetProperty("codes").EnumerateArray().Select(code => code.GetInt32())]);
            float[] resized = BilinearResampler.Resize(mask, 64, 64, width, height);
            int step = one.GetProperty("sample_step").GetInt32();
            float[] samples = [.. one.GetProperty("samples").EnumerateArray().Select(value => value.GetSingle())];
            Tensors.AssertClose($"{height} x {width}", samples, [.. resized.Where((_, i) => i % step == 0)], 1e-5);
            Assert.Equal(one.GetProperty("positive").GetInt32(), resized.Count(value => value > 0));
        }
    }

    [Fact]
    public void Pictures_are_resized_as_TensorFlow_defines_it()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Goldens.Path("resize", "bilinear.json")));
        foreach (JsonElement one in golden.RootElement.EnumerateArray())
        {
            (int[] source, int[] target) = (Numbers(one, "source"), Numbers(one, "target"));
            byte[] pixels = [.. Numbers(one, "pixels").SelectMany(value => new[] { (byte)value, (byte)(255 - value), (byte)0 })];
            RgbImage resized = BilinearResampler.Resize(
                new RgbImage(source[1], source[0], pixels), target[1], target[0], one.GetProperty("antialias").GetBoolean());
            int[] expected = Numbers(one, "result");
            for (int i = 0; i < expected.Length; i++)
            {
                int actual = resized.Pixels[3 * i];
                // Where the exact value is nearly whole, float32 may fall on either side.
                Assert.True(expected[i] >= 0 ? actual == expected[i] : -expected[i] - 1 - actual is 0 or 1, $"{i}: {actual}, {expected[i]}");
                Assert.InRange(resized.Pixels[(3 * i) + 1], 254 - actual, 255 - actual);
                Assert.Equal(0, resized.Pixels[(3 * i) + 2]);
            }
        }
    }

    private static int[] Numbers(JsonElement item, string name) =>
        [.. item.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];

    [Property]
    public bool A_plane_of_one_value_stays_one(byte width, byte height, byte newWidth, byte newHeight)
    {
        float[] values = Enumerable.Repeat(0.75f, (width + 1) * (height + 1)).ToArray();
        float[] result = BilinearResampler.Resize(values, width + 1, height + 1, newWidth + 1, newHeight + 1);
        return result.Length == (newWidth + 1) * (newHeight + 1) && result.All(value => Math.Abs(value - 0.75f) < 1e-6);
    }

    [Fact]
    public void Extents_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BilinearResampler.Resize(new float[5], 2, 3, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => BilinearResampler.Resize(new float[6], 2, 3, 0, 1));
    }
}
