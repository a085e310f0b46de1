using PaliGemma.Data.Shapes;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Tests.Shapes;

public class SceneGeneratorTests
{
    private static readonly SceneOptions WithoutWords = new() { WordShare = 0 };

    [Fact]
    public void A_scene_depends_on_seed_and_number_alone()
    {
        Scene[] forwards = [.. Enumerable.Range(0, 12).Select(index => new SceneGenerator(7, WithoutWords).Draw(index))];
        SceneGenerator generator = new(7, WithoutWords);
        for (int index = forwards.Length - 1; index >= 0; index--)
        {
            Scene again = generator.Draw(index);
            Assert.Equal(forwards[index].Image.Pixels, again.Image.Pixels);
            Assert.Equal(forwards[index].Shapes.Select(Describe), again.Shapes.Select(Describe));
        }
        Assert.NotEqual(forwards[0].Image.Pixels, new SceneGenerator(8, WithoutWords).Draw(0).Image.Pixels);
    }

    [Fact]
    public void Scenes_have_as_many_shapes_as_asked_for_of_every_kind_and_colour()
    {
        SceneGenerator generator = new(1, WithoutWords with { FewestShapes = 2, MostShapes = 3 });
        Scene[] scenes = [.. Enumerable.Range(0, 120).Select(index => generator.Draw(index))];
        Assert.All(scenes, scene => Assert.InRange(scene.Shapes.Count, 1, 3));
        // Room may be missing for one, rarely.
        Assert.InRange(scenes.Count(scene => scene.Shapes.Count >= 2), 114, 120);
        Assert.Equal(6, scenes.SelectMany(scene => scene.Shapes).Select(shape => shape.Kind).Distinct().Count());
        Assert.Equal(8, scenes.SelectMany(scene => scene.Shapes).Select(shape => shape.Color).Distinct().Count());
    }

    [Fact]
    public void Shapes_are_12_to_50_percent_of_the_side_and_hardly_overlap()
    {
        SceneGenerator generator = new(2, WithoutWords);
        foreach (Scene scene in Enumerable.Range(0, 100).Select(index => generator.Draw(index)))
        {
            double side = Math.Min(scene.Image.Width, scene.Image.Height);
            Assert.All(scene.Shapes, shape =>
                Assert.InRange(Math.Max(shape.Mask.Width, shape.Mask.Height), (0.12 * side) - 1, (0.52 * Math.Max(scene.Image.Width, scene.Image.Height)) + 1));
            for (int i = 0; i < scene.Shapes.Count; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    Assert.InRange(scene.Shapes[i].Box.IntersectionOverUnion(scene.Shapes[j].Box), 0, 0.1f);
                }
            }
        }
    }

    [Fact]
    public void Pixels_of_a_mask_have_its_colour()
    {
        SceneGenerator generator = new(3, WithoutWords);
        foreach (Scene scene in Enumerable.Range(0, 30).Select(index => generator.Draw(index)))
        {
            foreach (SceneShape shape in scene.Shapes)
            {
                (double Red, double Green, double Blue) mean = Mean(scene, shape);
                int far = 0;
                for (int y = shape.Mask.Y; y < shape.Mask.Y + shape.Mask.Height; y++)
                {
                    for (int x = shape.Mask.X; x < shape.Mask.X + shape.Mask.Width; x++)
                    {
                        far += shape.Mask.Contains(y, x) && Distance(scene, x, y, mean) > 110 ? 1 : 0;
                    }
                }
                Assert.InRange((double)far / shape.Mask.Area, 0, 0.12);
            }
        }
    }

    [Fact]
    public void Shapes_are_in_reading_order()
    {
        SceneGenerator generator = new(4, WithoutWords);
        foreach (Scene scene in Enumerable.Range(0, 50).Select(index => generator.Draw(index)))
        {
            (int, int)[] places = [.. scene.Shapes.Select(shape => (LocationTokens.Encode(shape.Box.Y1), LocationTokens.Encode(shape.Box.X1)))];
            Assert.Equal(places.Order(), places);
        }
    }

    [Fact]
    public void Words_are_in_the_picture_and_their_letters_in_their_box()
    {
        SceneGenerator generator = new(5, new SceneOptions { WordShare = 1 });
        SceneWord[] words = [.. Enumerable.Range(0, 60).SelectMany(index => generator.Draw(index).Words)];
        Assert.InRange(words.Length, 60, 120);
        Assert.All(words, word =>
        {
            Assert.Equal(word.Text, SceneWord.Vocabulary[word.Number]);
            Assert.InRange(word.Box.X1, 0, word.Box.X2);
            Assert.InRange(word.Box.X2, word.Box.X1, 1);
            Assert.Equal(word.LetterEnds.Order(), word.LetterEnds);
            Assert.Equal(word.Text.Length, word.LetterEnds.Count);
            // Where a letter ends and where its ink does is a matter of the font.
            float letter = (word.Box.X2 - word.Box.X1) / word.Text.Length;
            Assert.InRange(word.LetterEnds[^1], word.Box.X2 - letter, word.Box.X2 + letter);
            Assert.Equal(0, word.LetterAt(0));
            Assert.Equal(word.Text.Length - 1, word.LetterAt(1));
            Assert.Equal(1, word.LetterAt(word.LetterEnds[0]));
        });
    }

    private static string Describe(SceneShape shape) => $"{shape.Color} {shape.Kind} {shape.Box} {shape.Mask.Area}";

    private static (double Red, double Green, double Blue) Mean(Scene scene, SceneShape shape)
    {
        (double red, double green, double blue) = (0, 0, 0);
        for (int y = shape.Mask.Y; y < shape.Mask.Y + shape.Mask.Height; y++)
        {
            for (int x = shape.Mask.X; x < shape.Mask.X + shape.Mask.Width; x++)
            {
                if (shape.Mask.Contains(y, x))
                {
                    int at = 3 * ((y * scene.Image.Width) + x);
                    (red, green, blue) = (red + scene.Image.Pixels[at], green + scene.Image.Pixels[at + 1], blue + scene.Image.Pixels[at + 2]);
                }
            }
        }
        return (red / shape.Mask.Area, green / shape.Mask.Area, blue / shape.Mask.Area);
    }

    private static double Distance(Scene scene, int x, int y, (double Red, double Green, double Blue) color)
    {
        int at = 3 * ((y * scene.Image.Width) + x);
        double red = scene.Image.Pixels[at] - color.Red;
        double green = scene.Image.Pixels[at + 1] - color.Green;
        double blue = scene.Image.Pixels[at + 2] - color.Blue;
        return Math.Sqrt((red * red) + (green * green) + (blue * blue));
    }
}
