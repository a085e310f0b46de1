using PaliGemma.Imaging;

namespace PaliGemma.Training.Data;

/// <summary>A question and its answer.</summary>
/// <param name="Images">The pictures, usually one.</param>
/// <param name="Prefix">The prompt, without a newline.</param>
/// <param name="Suffix">The answer, which is learnt.</param>
public sealed record TrainingExample(IReadOnlyList<RgbImage> Images, string Prefix, string Suffix);
