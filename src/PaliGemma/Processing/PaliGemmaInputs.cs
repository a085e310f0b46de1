namespace PaliGemma.Processing;

/// <summary>What a model reads.</summary>
/// <param name="Pixels">Per picture [3, size, size], normalised to -1 … 1.</param>
/// <param name="Tokens">Image tokens of all pictures, bos, prompt and newline.</param>
public sealed record PaliGemmaInputs(IReadOnlyList<float[]> Pixels, int[] Tokens);
