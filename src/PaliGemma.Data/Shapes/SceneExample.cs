namespace PaliGemma.Data.Shapes;

/// <summary>A prompt about a scene and the answer that a model is to learn.</summary>
/// <param name="Task">The task.</param>
/// <param name="Prefix">The prompt.</param>
/// <param name="Suffix">The answer; empty where nothing is found.</param>
public sealed record SceneExample(SceneTask Task, string Prefix, string Suffix)
{
    /// <summary>The largest number of parts that an answer has; see <see cref="Parts"/>.</summary>
    public const int SecondThing = 7;

    /// <summary>
    /// For each shape of the scene, then for each word, which part of the answer is about it, counted from 1; 0 where none is. What is
    /// counted is so numbered, too. Where two things are looked for, parts about the second have numbers that are
    /// <see cref="SecondThing"/> larger.
    /// </summary>
    public IReadOnlyList<int> Parts { get; init; } = [];

    /// <summary>Whether task, prompt and answer are the same.</summary>
    public bool Equals(SceneExample? other) => other is not null && (Task, Prefix, Suffix) == (other.Task, other.Prefix, other.Suffix);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Task, Prefix, Suffix);
}
