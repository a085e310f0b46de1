using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>The table [vocabulary, hidden] that turns token ids into vectors, scaled by sqrt(hidden), and the last hidden state into logits.</summary>
internal sealed class TokenEmbedding(ParameterSet parameters, string name)
{
    private readonly Parameter _table = parameters[name];
    private readonly Scalar _scale = MathF.Sqrt(parameters[name].Shape[1]).ToScalar();

    /// <summary>[tokens, hidden] of <paramref name="tokens"/> [tokens].</summary>
    public Tensor Forward(Tensor tokens) => _table.ReadRows(tokens).mul(_scale);

    /// <summary>[rows, vocabulary] of <paramref name="hidden"/> [rows, hidden].</summary>
    public Tensor Logits(Tensor hidden) => nn.functional.linear(hidden, _table.Read(hidden.device));
}
