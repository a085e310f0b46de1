using PaliGemma.Data.Shapes;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Training.Cli.Shapes;

namespace PaliGemma.Training.Tests.Shapes;

public class PatchTargetsTests
{
    [Fact]
    public void A_patch_has_what_covers_most_of_it()
    {
        // Two patches along each edge: a red square over the upper left one, and over a little of its right neighbour; a blue one over the lower right.
        Scene scene = CreateScene(
            [new SceneShape(ShapeKind.Square, ShapeColor.Red, Filled(2, 2, 9, 7)), new SceneShape(ShapeKind.Square, ShapeColor.Blue, Filled(11, 10, 8, 10))], []);
        PatchTargets targets = new(scene, side: 2);
        Assert.Equal([1 + (int)ShapeColor.Red, 0, 0, 1 + (int)ShapeColor.Blue], targets.Classes[PatchProperty.Color]);
        Assert.Equal([1 + (int)ShapeKind.Square, 0, 0, 1 + (int)ShapeKind.Square], targets.Classes[PatchProperty.Shape]);
        Assert.Equal([2, 0, 0, 2], targets.Classes[PatchProperty.Alike]);
        Assert.Equal([1, 0, 0, 1], targets.Classes[PatchProperty.Same]);
        Assert.Equal([2, 2, 2, 2], targets.Classes[PatchProperty.Total]);
        Assert.Equal([0, 0, 0, 0], targets.Classes[PatchProperty.Word]);
        Assert.Equal(scene.Shapes[0].Box, targets.Boxes[0]);
        Assert.Null(targets.Boxes[1]);
    }

    [Fact]
    public void Things_have_numbers_in_the_order_in_which_answers_name_them()
    {
        // From top to bottom: a blue square, a red star and a red square; captions name squares before stars, and red before blue.
        Scene scene = CreateScene(
            [
                new SceneShape(ShapeKind.Square, ShapeColor.Blue, Filled(1, 1, 8, 8)),
                new SceneShape(ShapeKind.Star, ShapeColor.Red, Filled(11, 2, 8, 8)) { Turn = 0.5f },
                new SceneShape(ShapeKind.Square, ShapeColor.Red, Filled(1, 11, 8, 8)) { Turn = -1 },
            ], []);
        PatchTargets targets = new(scene, side: 2);
        Assert.Equal([1, 1, 2, 0], targets.Classes[PatchProperty.OfAlike]);
        Assert.Equal([1, 1, 1, 0], targets.Classes[PatchProperty.OfSame]);
        Assert.Equal([1, 2, 3, 0], targets.Classes[PatchProperty.OfAll]);
        Assert.Equal([2, 3, 1, 0], targets.Classes[PatchProperty.Part]);
        Assert.Equal([null, 0.75f, 0, null], targets.Turns);
    }

    [Fact]
    public void Words_are_numbered_after_shapes_and_are_under_them()
    {
        Scene scene = CreateScene(
            [new SceneShape(ShapeKind.Square, ShapeColor.Red, Filled(0, 0, 10, 10))],
            [new SceneWord("owl", new BoundingBox(0, 0, 0.5f, 1), [0.3f, 0.6f, 1]), new SceneWord("tea", new BoundingBox(0.5f, 0.5f, 1, 1), [0.6f, 0.7f, 1])]);
        Assert.Equal([0, 1, -1, 2], PatchOwners.Of(scene, side: 2));
    }

    [Fact]
    public void A_word_is_over_the_patches_that_its_box_covers()
    {
        PatchTargets targets = new(CreateScene([], [new SceneWord("owl", new BoundingBox(0.1f, 0.05f, 0.45f, 0.95f), [0.2f, 0.7f, 0.95f])]), side: 2);
        int owl = 1 + SceneWord.Vocabulary.ToList().IndexOf("owl");
        Assert.Equal([owl, owl, 0, 0], targets.Classes[PatchProperty.Word]);
        Assert.Equal([PatchProperty.WordShape, PatchProperty.WordShape, 0, 0], targets.Classes[PatchProperty.Shape]);
        Assert.Equal([1, 1, 0, 0], targets.Classes[PatchProperty.Alike]);
        Assert.Equal([2, 3, 0, 0], targets.Classes[PatchProperty.Place]);
        Assert.Equal([1 + 'w' - 'a', 1 + 'l' - 'a', 0, 0], targets.Classes[PatchProperty.Letter]);
    }

    [Fact]
    public void Every_class_is_within_its_property()
    {
        SceneGenerator generator = new(9, new SceneOptions { WordShare = 0 });
        for (int index = 0; index < 40; index++)
        {
            PatchTargets targets = new(generator.Draw(index), side: 8);
            for (int i = 0; i < PatchProperty.All.Count; i++)
            {
                Assert.All(targets.Classes[i], value => Assert.InRange(value, 0, PatchProperty.All[i].Classes - 1));
            }
        }
    }

    private static InstanceMask Filled(int x, int y, int width, int height) =>
        new(20, 20, x, y, width, height, [.. Enumerable.Repeat(byte.MaxValue, width * height)]);

    private static Scene CreateScene(SceneShape[] shapes, SceneWord[] words) => new(new RgbImage(20, 20, new byte[1200]), shapes, words);
}
