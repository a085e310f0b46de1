using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Language;

/// <summary>The Gemma decoder (arXiv:2403.08295) and Gemma 2 (arXiv:2408.00118), whole sequences at a time.</summary>
internal sealed class GemmaDecoder
{
    private readonly RotaryEmbedding _rotary;
    private readonly GemmaDecoderLayer[] _layers;
    private readonly RmsNorm _finalNorm;
    private readonly float _cap;
    private readonly Scalar _capScalar;

    public GemmaDecoder(GemmaConfig config, ParameterSet parameters)
    {
        const string Prefix = "language_model.model";
        _rotary = new RotaryEmbedding(config.HeadSize, config.RopeTheta);
        Embedding = new TokenEmbedding(parameters, Prefix + ".embed_tokens.weight");
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => new GemmaDecoderLayer(config, i, _rotary, parameters, $"{Prefix}.layers.{i}"))];
        _finalNorm = new RmsNorm(parameters, Prefix + ".norm", config.RmsNormEpsilon);
        _cap = config.FinalSoftCap;
        _capScalar = _cap.ToScalar();
    }

    public TokenEmbedding Embedding { get; }

    /// <summary>The final hidden state [batch, tokens, hidden], or [rows, hidden].</summary>
    /// <param name="x">Scaled text embeddings and image features [batch, tokens, hidden].</param>
    /// <param name="visible">Whether a query (third dimension) sees a key (fourth) [batch, 1, tokens, tokens].</param>
    /// <param name="dropout">Of what the sublayers add.</param>
    /// <param name="checkpoints">If set, keeps only what goes from layer to layer.</param>
    /// <param name="rows">The tokens, counted through the batch, whose state is needed, so that the last layer can leave out the others.</param>
    /// <param name="beforeLastTwo">Is given the state that enters the last but one layer, or the only one [batch, tokens, hidden].</param>
    public Tensor Forward(
        Tensor x, Tensor visible, Dropout dropout, ActivationCheckpoints? checkpoints, Tensor? rows, Action<Tensor>? beforeLastTwo = null)
    {
        RotaryAngles angles = _rotary.Angles((int)x.shape[1], x.device);
        foreach (GemmaDecoderLayer layer in _layers)
        {
            if (layer == _layers[Math.Max(0, _layers.Length - 2)])
            {
                beforeLastTwo?.Invoke(x);
            }
            x = checkpoints is null ? Advance(x) : checkpoints.Run(Advance, x);

            Tensor Advance(Tensor hidden) => layer.Forward(hidden, angles, visible, dropout, layer == _layers[^1] ? rows : null);
        }
        return _finalNorm.Forward(x);
    }

    /// <summary>Logits [rows, vocabulary] of <paramref name="hidden"/> [rows, hidden].</summary>
    public Tensor Logits(Tensor hidden)
    {
        Tensor logits = Embedding.Logits(hidden);
        return _cap == 0 ? logits : logits.div(_capScalar).tanh().mul(_capScalar);
    }
}
