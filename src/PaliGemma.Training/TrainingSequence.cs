using PaliGemma.Training.Data;

namespace PaliGemma.Training;

/// <summary>One example, ready for the model.</summary>
/// <param name="Pixels">Per picture [3, size, size], normalised to -1 … 1; an array that examples of a batch share is encoded once.</param>
/// <param name="Prefix">Image tokens of all pictures, bos, prompt and newline: they see each other.</param>
/// <param name="Suffix">The answer's tokens and the end token: each sees the prefix and what stands before it, and is learnt.</param>
public sealed record TrainingSequence(IReadOnlyList<float[]> Pixels, IReadOnlyList<int> Prefix, IReadOnlyList<int> Suffix)
{
    /// <summary>Tokens of prefix and suffix.</summary>
    public int Length => Prefix.Count + Suffix.Count;

    /// <summary>See <see cref="TrainingExample.ImageParts"/>.</summary>
    internal IReadOnlyList<int> ImageParts { get; init; } = [];
}
