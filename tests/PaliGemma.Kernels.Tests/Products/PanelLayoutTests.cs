using FsCheck;
using FsCheck.Xunit;
using PaliGemma.Kernels.Products;

namespace PaliGemma.Kernels.Tests.Products;

public class PanelLayoutTests
{
    [Property(MaxTest = 2000)]
    public bool Panels_cover_the_width_without_overlap(PositiveInt length, bool narrow)
    {
        (int wide, int small) = narrow ? (48, 32) : (16, 16);
        PanelLayout layout = new(length.Get, wide, small);
        int covered = 0;
        for (int i = 0; i < layout.Count; i++)
        {
            if (layout.Start(i) != covered || layout.Used(i) < 1)
            {
                return false;
            }
            covered += layout.Used(i);
        }
        return covered == length.Get;
    }

    [Theory]
    [InlineData(1152)]
    [InlineData(2048)]
    [InlineData(4304)]
    [InlineData(16384)]
    [InlineData(257216)]
    [InlineData(256)]
    public void The_models_widths_need_no_padding(int length)
    {
        PanelLayout layout = new(length, 48, 32);
        for (int i = 0; i < layout.Count; i++)
        {
            Assert.Equal(layout.IsWide(i) ? 48 : 32, layout.Used(i));
        }
    }
}
