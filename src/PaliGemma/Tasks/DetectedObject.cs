namespace PaliGemma.Tasks;

/// <summary>A thing that the model found.</summary>
/// <param name="Label">What it is, in the words of the prompt; empty if the model did not say.</param>
/// <param name="Box">Where it is, as a fraction of the picture.</param>
/// <param name="PixelBox">Where it is, in pixels of the original picture.</param>
/// <param name="Score">
/// The geometric mean of the probabilities of the location tokens and the label's tokens, 0 … 1; null if the answer was read from plain
/// text. It ranks objects, and is no calibrated probability of being right.
/// </param>
/// <param name="MaskCodes">Sixteen codes of its mask; null for a box alone.</param>
/// <param name="Mask">Its shape; null for a box alone, and where there was no <see cref="MaskDecoder"/> to decode the codes.</param>
public sealed record DetectedObject(
    string Label, BoundingBox Box, PixelBox PixelBox, float? Score, IReadOnlyList<int>? MaskCodes, InstanceMask? Mask = null);
