using PaliGemma.Imaging;
using PaliGemma.Training.Objective;

namespace PaliGemma.Training.Data;

/// <summary>A question and its answer.</summary>
/// <param name="Images">The pictures, usually one.</param>
/// <param name="Prefix">The prompt, without a newline.</param>
/// <param name="Suffix">The answer, which is learnt.</param>
public sealed record TrainingExample(IReadOnlyList<RgbImage> Images, string Prefix, string Suffix)
{
    /// <summary>All answers that are right, if there are several; one of them is the <see cref="Suffix"/>.</summary>
    public IReadOnlyList<string> RightAnswers { get; init; } = [];

    /// <summary>
    /// Which part of the answer is about what each image token shows: 0 for none, up to <see cref="AnswerPartReader.MostParts"/>; empty
    /// where that is not known.
    /// </summary>
    internal IReadOnlyList<int> ImageParts { get; init; } = [];
}
