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
        Turns = new float?[patches];
        Array.Fill(Classes[PatchProperty.Total], scene.Shapes.Count);
        IReadOnlyList<int> owners = PatchOwners.Of(scene, side);
        IReadOnlyList<int> parts = scene.CaptionParts();
        for (int patch = 0; patch < patches; patch++)
        {
            int owner = owners[patch];
            Classes[PatchProperty.Part][patch] = owner < 0 ? 0 : parts[owner];
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
    public float?[] Turns { get; }

    private void Set(int patch, Scene scene, SceneShape shape, int number)
    {
        Boxes[patch] = shape.Box;
        Turns[patch] = (shape.Turn + 1) / 2;
        Classes[PatchProperty.Color][patch] = 1 + (int)shape.Color;
        Classes[PatchProperty.Shape][patch] = 1 + (int)shape.Kind;
        Classes[PatchProperty.Alike][patch] = scene.Shapes.Count(other => other.Kind == shape.Kind);
        Classes[PatchProperty.Same][patch] = scene.Shapes.Count(other => other.Kind == shape.Kind && other.Color == shape.Color);
        Classes[PatchProperty.OfAlike][patch] = scene.Shapes.Take(number + 1).Count(other => other.Kind == shape.Kind);
        Classes[PatchProperty.OfSame][patch] = scene.Shapes.Take(number + 1).Count(other => other.Kind == shape.Kind && other.Color == shape.Color);
        Classes[PatchProperty.OfAll][patch] = 1 + number;
    }

    private void Set(int patch, Scene scene, int number)
    {
        SceneWord word = scene.Words[number];
        Boxes[patch] = word.Box;
        Classes[PatchProperty.Shape][patch] = PatchProperty.WordShape;
        Classes[PatchProperty.Alike][patch] = scene.Words.Count;
        Classes[PatchProperty.Same][patch] = scene.Words.Count;
        Classes[PatchProperty.Word][patch] = 1 + word.Number;
        int letter = word.LetterAt(((patch % _side) + 0.5f) / _side);
        Classes[PatchProperty.Place][patch] = 1 + letter;
        Classes[PatchProperty.Letter][patch] = 1 + word.Text[letter] - 'a';
        Classes[PatchProperty.OfAlike][patch] = 1 + number;
        Classes[PatchProperty.OfSame][patch] = 1 + number;
        Classes[PatchProperty.OfAll][patch] = 1 + number;
    }
}
