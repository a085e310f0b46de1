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
