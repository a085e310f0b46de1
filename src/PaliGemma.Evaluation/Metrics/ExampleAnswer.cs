namespace PaliGemma.Evaluation.Metrics;

/// <summary>What a model said about an example.</summary>
/// <param name="Example">The example.</param>
/// <param name="Text">The answer, location and segmentation tokens spelled out.</param>
/// <param name="ObjectScores">How sure the model was of each object in the answer, 0 … 1; empty where that is not known.</param>
public sealed record ExampleAnswer(Example Example, string Text, IReadOnlyList<float> ObjectScores);
