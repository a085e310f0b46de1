using PaliGemma.Tasks;

namespace PaliGemma.Evaluation;

/// <summary>One question of a benchmark: pictures, a prompt, and what a right answer is.</summary>
public sealed record Example
{
    /// <summary>Tells the example from all others of its data set.</summary>
    public required string Id { get; init; }

    /// <summary>The picture files, in the order in which the model sees them; frames of a video in the order of time.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>What the model is asked.</summary>
    public required string Prompt { get; init; }

    /// <summary>Every right answer, as often as people gave it.</summary>
    public required IReadOnlyList<string> Answers { get; init; }

    /// <summary>The part of the benchmark whose score is told apart, for instance a question's type; empty for none.</summary>
    public string Subset { get; init; } = "";

    /// <summary>Examples of one group count only together, as the pairs of MMVP; empty for none.</summary>
    public string Group { get; init; } = "";

    /// <summary>The annotated things of the picture.</summary>
    public IReadOnlyList<AnnotatedRegion> Regions { get; init; } = [];

    /// <summary>What to write into the picture before the model sees it.</summary>
    public IReadOnlyList<PictureText> Texts { get; init; } = [];

    /// <summary>A part of the picture to draw a red frame around, as a fraction of the picture; null for none.</summary>
    public BoundingBox? Frame { get; init; }
}
