using System.IO.Hashing;
using System.Text;
using PaliGemma.Checkpoints;
using PaliGemma.Training.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Adapters;

/// <summary>
/// A low-rank change of a linear layer (arXiv:2106.09685): y += (x · Aᵀ) · Bᵀ · α / r. B begins at 0, so that the model begins as it was.
/// </summary>
public sealed class LoraAdapter : IDisposable
{
    private readonly Scalar _scale;

    /// <summary>An adapter with given matrices.</summary>
    /// <param name="module">The linear layer's name, for instance <c>language_model.model.layers.0.self_attn.q_proj</c>.</param>
    /// <param name="down">A [rank, input]; owned.</param>
    /// <param name="up">B [output, rank]; owned.</param>
    /// <param name="alpha">α.</param>
    public LoraAdapter(string module, Tensor down, Tensor up, double alpha)
    {
        ArgumentNullException.ThrowIfNull(down);
        ArgumentNullException.ThrowIfNull(up);
        Module = module;
        Rank = (int)down.shape[0];
        Alpha = alpha;
        _scale = ((float)(alpha / Rank)).ToScalar();
        Down = Create(".lora_A.weight", down);
        Up = Create(".lora_B.weight", up);

        Parameter Create(string suffix, Tensor value) =>
            new(new LayoutEntry(module + suffix, TensorRole.Projection, value.shape), value.DetachFromDisposeScope()) { IsTrainable = true };
    }

    /// <summary>The linear layer's name.</summary>
    public string Module { get; }

    /// <summary>r.</summary>
    public int Rank { get; }

    /// <summary>α.</summary>
    public double Alpha { get; }

    /// <summary>A [rank, input].</summary>
    public Parameter Down { get; }

    /// <summary>B [output, rank].</summary>
    public Parameter Up { get; }

    /// <summary>A new adapter of a weight [output, input]: A uniform within ±1/sqrt(input), as PEFT draws it, B zero.</summary>
    public static LoraAdapter Create(Parameter weight, int rank, double alpha, ulong seed, Device device)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rank);
        const string Suffix = ".weight";
        string module = weight.Name.EndsWith(Suffix, StringComparison.Ordinal) && weight.Shape.Count == 2
            ? weight.Name[..^Suffix.Length]
            : throw new ArgumentException($"{weight.Name} is no weight of a linear layer.", nameof(weight));
        (long outputs, long inputs) = (weight.Shape[0], weight.Shape[1]);
        using var scope = NewDisposeScope();
        SplitMix64 random = new(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(module), (long)seed));
        float[] down = new float[rank * inputs];
        float bound = 1 / MathF.Sqrt(inputs);
        foreach (ref float value in down.AsSpan())
        {
            value = (float)((2 * random.NextUniform()) - 1) * bound;
        }
        return new LoraAdapter(module, tensor(down, [rank, inputs], device: device), zeros([outputs, rank], ScalarType.Float32, device), alpha);
    }

    /// <summary>The same matrices, which are shared, with gradients of their own.</summary>
    internal LoraAdapter Alias()
    {
        LoraAdapter alias = new(Module, Down.Value.detach(), Up.Value.detach(), Alpha);
        (alias.Down.IsTrainable, alias.Up.IsTrainable) = (Down.IsTrainable, Up.IsTrainable);
        return alias;
    }

    /// <summary>What the layer's output is changed by [..., output].</summary>
    internal Tensor Forward(Tensor x)
    {
        Tensor input = x.dtype == ScalarType.Float32 ? x : x.to(ScalarType.Float32);
        return nn.functional.linear(nn.functional.linear(input, Down.Value), Up.Value).mul(_scale);
    }

    /// <summary>What the layer's weight is changed by [output, input].</summary>
    internal Tensor Difference() => Up.Value.matmul(Down.Value).mul(_scale);

    /// <inheritdoc/>
    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }
}
