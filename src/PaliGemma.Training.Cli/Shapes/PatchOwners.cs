using PaliGemma.Data.Shapes;
using PaliGemma.Tasks;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>What is over each patch of a scene: the thing that covers most of it, if it covers enough.</summary>
internal static class PatchOwners
{
    /// <summary>The part of a patch that a shape has to cover, and a word's box.</summary>
    private const float LeastOfShape = 0.12f, LeastOfWord = 0.3f;

    /// <summary>For each patch the number of a shape or, after all shapes, of a word; -1 where there is nothing.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="side">Patches along an edge.</param>
    public static IReadOnlyList<int> Of(Scene scene, int side)
    {
        int[] owners = ShapesOf(scene, side);
        for (int patch = 0; patch < owners.Length; patch++)
        {
            for (int word = 0; word < scene.Words.Count && owners[patch] < 0; word++)
            {
                owners[patch] = Covers(scene.Words[word].Box, patch, side) ? scene.Shapes.Count + word : -1;
            }
        }
        return owners;
    }

    private static int[] ShapesOf(Scene scene, int side)
    {
        (int width, int height) = (scene.Image.Width, scene.Image.Height);
        int[] owners = new int[side * side];
        int[] most = new int[owners.Length];
        Array.Fill(owners, -1);
        Array.Fill(most, (int)(LeastOfShape * width * height / owners.Length));
        int[] covered = new int[owners.Length];
        for (int i = 0; i < scene.Shapes.Count; i++)
        {
            InstanceMask mask = scene.Shapes[i].Mask;
            Array.Clear(covered);
            for (int y = 0; y < mask.Height; y++)
            {
                int row = (mask.Y + y) * side / height * side;
                for (int x = 0; x < mask.Width; x++)
                {
                    covered[row + ((mask.X + x) * side / width)] += mask.Coverage[(y * mask.Width) + x] >= InstanceMask.InsideFrom ? 1 : 0;
                }
            }
            for (int patch = 0; patch < owners.Length; patch++)
            {
                if (covered[patch] > most[patch])
                {
                    (owners[patch], most[patch]) = (i, covered[patch]);
                }
            }
        }
        return owners;
    }

    private static bool Covers(BoundingBox box, int patch, int side)
    {
        (int row, int column) = Math.DivRem(patch, side);
        float height = Math.Min(box.Y2 * side, row + 1) - Math.Max(box.Y1 * side, row);
        float width = Math.Min(box.X2 * side, column + 1) - Math.Max(box.X1 * side, column);
        return height > 0 && width > 0 && height * width > LeastOfWord;
    }
}
