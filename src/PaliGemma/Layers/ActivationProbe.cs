namespace PaliGemma.Layers;

/// <summary>Is shown an intermediate result, by the reference's name for it; the values are valid during the call only.</summary>
/// <param name="name">For instance <c>vision.hidden.3</c> or <c>lm.hidden.0</c>.</param>
/// <param name="values">The activations, row-major.</param>
internal delegate void ActivationProbe(string name, ReadOnlySpan<float> values);
