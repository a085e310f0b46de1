namespace PaliGemma.Evaluation.Metrics;

/// <summary>What a model said about an example.</summary>
/// <param name="Example">The example.</param>
/// <param name="Text">The answer, location and segmentation tokens spelled out.</param>
/// <param name="ObjectScores">How sure the model was of each object in the answer, 0 … 1; empty where that is not known.</param>
public sealed record ExampleAnswer(Example Example, string Text, IReadOnlyList<float> ObjectScores);

/// <summary>An answer and its score.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Score">0 … 1; CIDEr-D reaches 10.</param>
public sealed record ScoredAnswer(ExampleAnswer Answer, double Score);

/// <summary>A number with its name.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">In percent; NaN where it is not defined.</param>
public sealed record NamedScore(string Name, double Value);

/// <summary>The result of a benchmark.</summary>
/// <param name="Name">What the number is called.</param>
/// <param name="Value">The number that the card reports, in percent.</param>
/// <param name="Interval">Where it would lie in 95 of 100 samples of as many examples; null where that is not known.</param>
/// <param name="Details">Further numbers.</param>
/// <param name="Answers">Every answer with its score.</param>
public sealed record Measurement(
    string Name, double Value, ConfidenceInterval? Interval, IReadOnlyList<NamedScore> Details, IReadOnlyList<ScoredAnswer> Answers);
