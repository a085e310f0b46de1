using PaliGemma.Data.Shapes;

namespace PaliGemma.Data.Tests.Shapes;

public class SceneShapeTests
{
    [Fact]
    public void The_ideal_mask_is_the_drawn_one_but_for_the_steps_of_its_pixels()
    {
        SceneGenerator generator = new(5, new SceneOptions { WordShare = 0, MostShapes = 1 });
        HashSet<ShapeKind> kinds = [];
        List<double> overlaps = [];
        for (int index = 0; index < 40; index++)
        {
            SceneShape shape = Assert.Single(generator.Draw(index).Shapes);
            kinds.Add(shape.Kind);
            Assert.Equal(shape.Kind == ShapeKind.Circle, shape.Turn is null);
            float[] ideal = shape.ToIdealMask(), drawn = shape.ToSquareMask();
            overlaps.Add(ideal.Zip(drawn, Math.Min).Sum() / ideal.Zip(drawn, Math.Max).Sum());
            Assert.True(overlaps[^1] > 0.7, $"Of {shape.Kind}, turned by {shape.Turn}, {overlaps[^1]:F3} is common.");
        }
        Assert.True(overlaps.Average() > 0.9, $"On average, {overlaps.Average():F3} is common.");
        Assert.Equal(Enum.GetValues<ShapeKind>().Length, kinds.Count);
    }

    [Fact]
    public void A_circle_fills_its_square()
    {
        SceneShape circle = new(ShapeKind.Circle, ShapeColor.Red, new Tasks.InstanceMask(20, 20, 3, 4, 1, 1, [255]));
        Assert.Equal(Math.PI / 4, circle.ToIdealMask().Average(), 1e-2);
    }
}
