namespace PaliGemma.Data.Shapes;

/// <summary>A prompt about a scene and the answer that a model is to learn.</summary>
/// <param name="Task">The task.</param>
/// <param name="Prefix">The prompt.</param>
/// <param name="Suffix">The answer; empty where nothing is found.</param>
public sealed record SceneExample(SceneTask Task, string Prefix, string Suffix);
