using PaliGemma.Data.Shapes;
using PaliGemma.Tasks;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>What there is to say of the thing over each patch of a scene.</summary>
internal sealed class PatchTargets
{
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
        IReadOnlyList<int> owners = PatchOwners.Of(scene, side);
        for (int patch = 0; patch < patches; patch++)
        {
            int owner = owners[patch];
            if (owner >= scene.Shapes.Count)
            {
                Set(patch, scene, scene.Words[owner - scene.Shapes.Count]);
            }
            else if (owner >= 0)
            {
                Set(patch, scene, scene.Shapes[owner]);
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
}
