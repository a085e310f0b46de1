namespace PaliGemma.Tasks;

/// <summary>What the model answered, read as its task means it.</summary>
/// <param name="Text">The answer as it came, location and segmentation tokens spelled out.</param>
/// <param name="Objects">The things it found, in the order of the answer; none for a task that answers in words.</param>
/// <param name="Problems">What in the answer does not follow the grammar of objects.</param>
public sealed record TaskOutput(string Text, IReadOnlyList<DetectedObject> Objects, IReadOnlyList<ParseProblem> Problems);
