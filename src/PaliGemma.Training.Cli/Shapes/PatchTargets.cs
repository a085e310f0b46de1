using PaliGemma.Data.Shapes;
using PaliGemma.Tasks;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>What is over each patch of a scene: the thing that covers most of it, if it covers enough.</summary>
internal sealed class PatchTargets
{
    /// <summary>The part of a patch that a shape has to cover, and a word's box.</summary>
    private const float LeastOfShape = 0.12f, LeastOfWord = 0.3f;

    private readonly int _side;

    /// <summary>Looks at a scene.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="side">Patches along an edge.</param>
    public PatchTargets(Scene scene, int side)
    {
        _side = side;
        int patches = side * side;
        Classes = [.. PatchProperty.All.Select(_ => new long[patches])];
        Boxes = new BoundingBox?[patches];
        Array.Fill(Classes[4], scene.Shapes.Count);
        int[] owners = Owners(scene);
        for (int patch = 0; patch < patches; patch++)
        {
            if (owners[patch] >= 0)
            {
                Set(patch, scene, scene.Shapes[owners[patch]]);
            }
            else if (scene.Words.FirstOrDefault(word => Covers(word.Box, patch)) is SceneWord word)
            {
                Set(patch, scene, word);
            }
        }
    }

    /// <summary>For each of <see cref="PatchProperty.All"/> the class of each patch.</summary>
    public IReadOnlyList<long[]> Classes { get; }

    /// <summary>The box of the thing over each patch; null where there is none.</summary>
    public BoundingBox?[] Boxes { get; }

    private void Set(int patch, Scene scene, SceneShape shape)
    {
        Boxes[patch] = shape.Box;
        Classes[0][patch] = 1 + (int)shape.Color;
        Classes[1][patch] = 1 + (int)shape.Kind;
        Classes[2][patch] = scene.Shapes.Count(other => other.Kind == shape.Kind);
        Classes[3][patch] = scene.Shapes.Count(other => other.Kind == shape.Kind && other.Color == shape.Color);
    }

    private void Set(int patch, Scene scene, SceneWord word)
    {
        Boxes[patch] = word.Box;
        Classes[1][patch] = PatchProperty.WordShape;
        Classes[2][patch] = scene.Words.Count;
        Classes[3][patch] = scene.Words.Count;
        Classes[5][patch] = 1 + word.Number;
        int letter = word.LetterAt(((patch % _side) + 0.5f) / _side);
        Classes[6][patch] = 1 + letter;
        Classes[7][patch] = 1 + word.Text[letter] - 'a';
    }

    /// <summary>The number of the shape over each patch; -1 for none.</summary>
    private int[] Owners(Scene scene)
    {
        (int width, int height) = (scene.Image.Width, scene.Image.Height);
        int[] owners = new int[_side * _side];
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
                int row = (mask.Y + y) * _side / height * _side;
                for (int x = 0; x < mask.Width; x++)
                {
                    covered[row + ((mask.X + x) * _side / width)] += mask.Coverage[(y * mask.Width) + x] >= InstanceMask.InsideFrom ? 1 : 0;
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

    private bool Covers(BoundingBox box, int patch)
    {
        (int row, int column) = Math.DivRem(patch, _side);
        float height = Math.Min(box.Y2 * _side, row + 1) - Math.Max(box.Y1 * _side, row);
        float width = Math.Min(box.X2 * _side, column + 1) - Math.Max(box.X1 * _side, column);
        return height > 0 && width > 0 && height * width > LeastOfWord;
    }
}
