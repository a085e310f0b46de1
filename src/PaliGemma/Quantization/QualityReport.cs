using PaliGemma.Layers;

namespace PaliGemma.Quantization;

/// <summary>How near a format comes to the stored weights.</summary>
/// <param name="Format">The format.</param>
/// <param name="DecoderBytes">Bytes of weights that a decoding step reads.</param>
/// <param name="Layers">The error of every layer's output, in the order of the flow.</param>
/// <param name="Divergence">
/// The mean, over all answer tokens, of the Kullback-Leibler divergence of the next token's distribution from the reference's, in nats.
/// </param>
/// <param name="TopTokenAgreement">The part of the answer tokens for which the likeliest token is the reference's.</param>
/// <param name="Tokens">Answer tokens compared.</param>
public sealed record QualityReport(
    WeightFormat Format, long DecoderBytes, IReadOnlyList<LayerError> Layers, double Divergence, double TopTokenAgreement, int Tokens);

/// <summary>The error of one layer's output over all prompts.</summary>
/// <param name="Layer">
/// <c>vision.hidden.0</c> is the patch embedding, <c>vision.hidden.n</c> the output of layer n of the image tower, <c>projector.output</c> the image features,
/// <c>lm.hidden.n</c> the output of layer n of the decoder; the last one is after the final norm.
/// </param>
/// <param name="RelativeError">|y - reference| / |reference|, of Euclidean norms.</param>
public sealed record LayerError(string Layer, double RelativeError);
