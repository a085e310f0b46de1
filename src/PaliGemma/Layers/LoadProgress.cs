namespace PaliGemma.Layers;

/// <summary>How far loading has come.</summary>
/// <param name="Loaded">Tensors loaded so far.</param>
/// <param name="Total">Tensors in the checkpoint.</param>
/// <param name="Tensor">The tensor loaded last.</param>
public readonly record struct LoadProgress(int Loaded, int Total, string Tensor);
