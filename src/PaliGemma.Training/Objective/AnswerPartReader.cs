using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Objective;

/// <summary>
/// A linear map that reads, from the state of an image token before the decoder's last two layers, which part of the answer is about what
/// the token shows: the first thing that is found, the second, the third … or none. An answer such as "3" gives a single target for a
/// hundred tokens that were computed with; this gives one for each image token, and teaches what the last two layers have to look for: one
/// finds what the next part is about, and the other what the prompt calls it. It serves training alone. Owns its weights.
/// </summary>
internal sealed class AnswerPartReader : IDisposable
{
    /// <summary>Parts that an answer may have: seven about each of two things that are asked for.</summary>
    public const int MostParts = 14;

    /// <summary>A token that the answer is not about counts less: there are more of them.</summary>
    private const float OtherWeight = 0.2f;

    private readonly float _epsilon;

    /// <summary>A map that knows nothing yet.</summary>
    /// <param name="config">The decoder.</param>
    public AnswerPartReader(GemmaConfig config)
        : this(
            Create("weight", TensorRole.Projection, [MostParts + 1, config.HiddenSize]), Create("bias", TensorRole.Bias, [MostParts + 1]), config.RmsNormEpsilon)
    {
    }

    private AnswerPartReader(Parameter weight, Parameter bias, float epsilon) => (Weight, Bias, _epsilon) = (weight, bias, epsilon);

    /// <summary>[<see cref="MostParts"/> + 1, hidden].</summary>
    public Parameter Weight { get; }

    /// <summary>[<see cref="MostParts"/> + 1].</summary>
    public Parameter Bias { get; }

    /// <summary>The loss, a scalar, and the part of the image tokens that the answer is about and that were read right.</summary>
    /// <param name="state">What enters the decoder's last two layers [examples, length, hidden].</param>
    /// <param name="batch">The examples.</param>
    /// <exception cref="ArgumentException">Parts are not known for every image token, or there are too many.</exception>
    public (Tensor Loss, double Right) Compare(Tensor state, TrainingBatch batch)
    {
        IReadOnlyList<int> parts = batch.ImageParts;
        if (parts.Count != batch.ImagePositions.shape[0] || parts.Any(part => part is < 0 or > MostParts))
        {
            throw new ArgumentException($"Parts of answers are learnt; expected one from 0 to {MostParts} for every image token.", nameof(batch));
        }
        using var scope = NewDisposeScope();
        using Scalar epsilon = _epsilon.ToScalar();
        Tensor x = state.flatten(0, 1).index_select(0, batch.ImagePositions);
        x = x.mul(x.mul(x).mean([1], keepdim: true).add(epsilon, Constants.One).rsqrt());
        Tensor logits = nn.functional.linear(x, Weight.Value, Bias.Value);
        Tensor targets = tensor([.. parts.Select(part => (long)part)], device: logits.device);
        float[] about = [.. parts.Select(part => part > 0 ? 1f : 0)];
        Tensor losses = nn.functional.cross_entropy(logits, targets, reduction: nn.Reduction.None);
        Tensor loss = losses.mul(WeightShares.Of(Array.ConvertAll(about, value => Math.Max(value, OtherWeight)), logits.device)).sum();
        Tensor right = logits.argmax(1).eq(targets).to_type(ScalarType.Float32).mul(WeightShares.Of(about, logits.device)).sum();
        return (loss.MoveToOuterDisposeScope(), right.item<float>());
    }

    /// <summary>The same weights, which are shared, with gradients of their own. To be disposed before these.</summary>
    public AnswerPartReader Replicate() => new(Weight.Alias(), Bias.Alias(), _epsilon);

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }

    private static Parameter Create(string name, TensorRole role, long[] shape)
    {
        using var scope = NewDisposeScope();
        return new Parameter(new LayoutEntry("answer_part_reader." + name, role, shape), zeros(shape).DetachFromDisposeScope()) { IsTrainable = true };
    }
}
