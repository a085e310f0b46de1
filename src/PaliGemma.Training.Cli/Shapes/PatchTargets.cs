using PaliGemma.Data.Shapes;
using PaliGemma.Tasks;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>What there is to say of the thing over each patch of a scene.</summary>
internal sealed class PatchTargets
{
    private readonly int _side;
    private readonly float?[] _turns;

    /// <summary>Looks at a scene.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="side">Patches along an edge.</param>
    public PatchTargets(Scene scene, int side)
    {
        _side = side;
        int patches = side * side;
        Classes = [.. PatchProperty.All.Select(_ => new long[patches])];
        Boxes = new BoundingBox?[patches];
        _turns = new float?[patches];
        Array.Fill(Classes[4], scene.Shapes.Count);
        IReadOnlyList<int> owners = PatchOwners.Of(scene, side);
        IReadOnlyList<int> parts = scene.CaptionParts();
        for (int patch = 0; patch < patches; patch++)
        {
            int owner = owners[patch];
            Classes[11][patch] = owner < 0 ? 0 : parts[owner];
            if (owner >= scene.Shapes.Count)
            {
                Set(patch, scene, owner - scene.Shapes.Count);
            }
            else if (owner >= 0)
            {
                Set(patch, scene, scene.Shapes[owner], owner);
            }
        }
    }

    /// <summary>For each of <see cref="PatchProperty.All"/> the class of each patch.</summary>
    public IReadOnlyList<long[]> Classes { get; }

    /// <summary>The box of the thing over each patch; null where there is none.</summary>
    public BoundingBox?[] Boxes { get; }

    /// <summary>The turn of the shape over each patch, as a part of what is possible, 0 … 1; null where there is none.</summary>
    public IReadOnlyList<float?> Turns => _turns;

    private void Set(int patch, Scene scene, SceneShape shape, int number)
    {
        Boxes[patch] = shape.Box;
        _turns[patch] = (shape.Turn + 1) / 2;
        Classes[0][patch] = 1 + (int)shape.Color;
        Classes[1][patch] = 1 + (int)shape.Kind;
        Classes[2][patch] = scene.Shapes.Count(other => other.Kind == shape.Kind);
        Classes[3][patch] = scene.Shapes.Count(other => other.Kind == shape.Kind && other.Color == shape.Color);
        Classes[8][patch] = scene.Shapes.Take(number + 1).Count(other => other.Kind == shape.Kind);
        Classes[9][patch] = scene.Shapes.Take(number + 1).Count(other => other.Kind == shape.Kind && other.Color == shape.Color);
        Classes[10][patch] = 1 + number;
    }

    private void Set(int patch, Scene scene, int number)
    {
        SceneWord word = scene.Words[number];
        Boxes[patch] = word.Box;
        Classes[1][patch] = PatchProperty.WordShape;
        Classes[2][patch] = scene.Words.Count;
        Classes[3][patch] = scene.Words.Count;
        Classes[5][patch] = 1 + word.Number;
        int letter = word.LetterAt(((patch % _side) + 0.5f) / _side);
        Classes[6][patch] = 1 + letter;
        Classes[7][patch] = 1 + word.Text[letter] - 'a';
        Classes[8][patch] = 1 + number;
        Classes[9][patch] = 1 + number;
        Classes[10][patch] = 1 + number;
    }
}
