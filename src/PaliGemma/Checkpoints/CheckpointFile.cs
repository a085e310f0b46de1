namespace PaliGemma.Checkpoints;

/// <summary>A file of weights.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Length">Its length in bytes.</param>
public sealed record CheckpointFile(string Path, long Length);
