using PaliGemma.Evaluation.Datasets;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation;

/// <summary>A benchmark: where its examples come from, how the model is asked, and how answers are scored.</summary>
/// <param name="Name">What it is called on a command line, and its folder of data.</param>
/// <param name="Title">What the card calls it.</param>
/// <param name="Read">Reads its examples, which name the prompts.</param>
/// <param name="CreateMetric">Creates its metric; what it is given decodes masks and is null where there is no decoder.</param>
public sealed record EvaluationTask(
    string Name, string Title, Func<DatasetFolder, IEnumerable<Example>> Read, Func<MaskDecoder?, Metric> CreateMetric)
{
    /// <summary>Hypotheses of beam search; 1 is greedy.</summary>
    public int BeamCount { get; init; } = 1;

    /// <summary>Most tokens of an answer.</summary>
    public int MaxNewTokens { get; init; } = 32;

    /// <summary>Whether objects are held to their grammar, as people use the model; checkpoints of the card are evaluated without.</summary>
    public bool Constrain { get; init; }

    /// <summary>How the checkpoint's own evaluation resizes pictures.</summary>
    public ResizeMode Resize { get; init; } = ResizeMode.BilinearAntialias;

    /// <summary>What the model card reports.</summary>
    public IReadOnlyList<CardScore> Published { get; init; } = [];

    /// <summary>The card's number for a model; null if it has none.</summary>
    /// <param name="resolution">Side of the pictures the model sees, in pixels.</param>
    /// <param name="isMix">For the mix checkpoint instead of one fine-tuned for the task.</param>
    public double? PublishedFor(int resolution, bool isMix) =>
        Published.FirstOrDefault(score => score.Resolution == resolution && score.IsMix == isMix)?.Value;
}

/// <summary>A number of the model card.</summary>
/// <param name="Resolution">Side of the pictures the model saw, in pixels.</param>
/// <param name="Value">In percent; CIDEr-D times 100.</param>
/// <param name="IsMix">Whether it is the mix checkpoint's, and not of one fine-tuned for the task.</param>
public sealed record CardScore(int Resolution, double Value, bool IsMix = false);
