using FsCheck.Xunit;
using PaliGemma.Data.Annotations;

namespace PaliGemma.Data.Tests.Annotations;

public class PolygonClipTests
{
    private const int Width = 40;
    private const int Height = 30;

    [Property(MaxTest = 300)]
    public void What_lies_in_the_picture_stays_inside_and_everything_else_goes(int seed)
    {
        Random random = new(seed);
        double[] polygon =
        [
            .. Enumerable.Range(0, random.Next(3, 12)).SelectMany(_ => (double[])[random.Next(-30, 70), random.Next(-30, 60)]),
        ];
        double[] clipped = PolygonClip.Clip(polygon, Width, Height);
        Assert.All(clipped.Index(), place => Assert.InRange(place.Item, -1e-9, (place.Index % 2 == 0 ? Width : Height) + 1e-9));
        for (int i = 0; i < 200; i++)
        {
            (double x, double y) = (random.NextDouble() * Width, random.NextDouble() * Height);
            Assert.Equal(IsInside(polygon, x, y), IsInside(clipped, x, y));
        }
    }

    [Fact]
    public void A_polygon_inside_the_picture_is_left_as_it_is()
    {
        double[] whole = [0, 0, Width / 2, 0, Width, 0, Width, Height, 0, Height];
        Assert.Same(whole, PolygonClip.Clip(whole, Width, Height));
    }

    [Theory]
    [InlineData(50.0, 0.0, 60.0, 0.0, 60.0, 10.0)]
    [InlineData(40.0, 0.0, 60.0, 0.0, 60.0, 10.0)]
    [InlineData(-5.0, -5.0, 40.0, -5.0, 20.0, 0.0)]
    public void Nothing_is_left_of_a_polygon_outside_though_it_touches_the_edge(params double[] polygon) =>
        Assert.Empty(PolygonClip.Clip(polygon, Width, Height));

    [Fact]
    public void A_shape_of_which_nothing_is_left_has_no_pixel_and_no_polygon()
    {
        PolygonMask mask = new([[50, 0, 60, 0, 60, 10], [0, -9, 9, -9, 0, -1]], Width, Height);
        Assert.Empty(mask.Polygons);
        Assert.Equal((0, Height, Width), (mask.Runs.Area, mask.Runs.Height, mask.Runs.Width));
        AnnotatedImage image = new("a.png", Width, Height, [new AnnotatedObject("cat", new(0, 0, 15, 20)) { Mask = mask }]);
        Assert.Equal("0 0.25 0.25 0.5 0.5\n", new YoloLabels([]).Format(image));
        Assert.Contains("\"rectangle\"", LabelMeDocument.Of(image, "a.png"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(1e30)]
    public void A_corner_that_is_no_place_is_refused(double corner) =>
        Assert.Throws<ArgumentException>(() => PolygonClip.Clip([0, 0, corner, 0, 0, 9], Width, Height));

    /// <summary>Whether a ray to the right crosses the border an odd number of times.</summary>
    private static bool IsInside(ReadOnlySpan<double> polygon, double x, double y)
    {
        bool inside = false;
        for (int i = 0; i < polygon.Length; i += 2)
        {
            int j = i == 0 ? polygon.Length - 2 : i - 2;
            (double x1, double y1, double x2, double y2) = (polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]);
            inside ^= y1 > y != y2 > y && x < x1 + ((x2 - x1) * (y - y1) / (y2 - y1));
        }
        return inside;
    }
}
