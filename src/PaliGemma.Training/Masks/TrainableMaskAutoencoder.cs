using PaliGemma.Checkpoints;
using PaliGemma.Tasks;
using PaliGemma.Training.Layers;
using PaliGemma.Training.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Masks;

/// <summary>
/// big_vision's mask autoencoder as differentiable operations: 64 x 64 masks to a grid of 4 x 4 vectors, each the nearest of 128 codes, and
/// back (VQ-VAE, arXiv:1711.00937). Owns its weights.
/// </summary>
public sealed class TrainableMaskAutoencoder : IDisposable
{
    private const string CodebookName = "_vq_vae._embedding";

    private readonly Dictionary<string, Parameter> _parameters = new(StringComparer.Ordinal);

    /// <summary>Draws weights such that activations keep their size (He et al., arXiv:1502.01852).</summary>
    /// <param name="seed">Of what is drawn.</param>
    public TrainableMaskAutoencoder(long seed)
    {
        TorchLibrary.Load();
        using var scope = NewDisposeScope();
        using Generator generator = new((ulong)seed);
        foreach ((string name, long[] shape) in MaskWeights.Layout)
        {
            bool isBias = name.EndsWith(".bias", StringComparison.Ordinal);
            using Scalar deviation = Deviation(name, shape).ToScalar();
            Tensor value = isBias ? zeros(shape) : randn(shape, generator: generator).mul_(deviation);
            LayoutEntry entry = new(name, isBias ? TensorRole.Bias : TensorRole.Projection, shape);
            _parameters.Add(name, new Parameter(entry, value.DetachFromDisposeScope()) { IsTrainable = name != CodebookName });
        }
    }

    /// <summary>All weights; the codebook, which gradients do not train, included.</summary>
    public IReadOnlyCollection<Parameter> Parameters => _parameters.Values;

    /// <summary>The codes [128, 512].</summary>
    internal Tensor Codebook => _parameters[CodebookName].Value;

    /// <summary>Vectors [masks · 16, 512] of <paramref name="masks"/> [masks, 1, 64, 64], which are -1 outside and 1 inside.</summary>
    public Tensor Encode(Tensor masks)
    {
        using var scope = NewDisposeScope();
        Tensor x = masks;
        foreach (string layer in (ReadOnlySpan<string>)["encoder.0", "encoder.2", "encoder.4", "encoder.6"])
        {
            x = Convolve(layer, x, stride: 2, padding: 1).relu();
        }
        x = Convolve("encoder.10", Block("encoder.9", Block("encoder.8", x)));
        return x.permute(0, 2, 3, 1).reshape(-1, MaskWeights.CodeLength).MoveToOuterDisposeScope();
    }

    /// <summary>The nearest code [vectors] of each of <paramref name="vectors"/> [vectors, 512].</summary>
    public Tensor Nearest(Tensor vectors)
    {
        using var scope = NewDisposeScope();
        // Squared distances less the vector's own square, which is the same for all codes.
        Tensor distances = Codebook.mul(Codebook).sum(1).sub(vectors.matmul(Codebook.t()).mul(Two));
        return distances.argmin(1).MoveToOuterDisposeScope();
    }

    /// <summary>Masks [masks, 1, 64, 64] of <paramref name="vectors"/> [masks · 16, 512].</summary>
    public Tensor Decode(Tensor vectors)
    {
        using var scope = NewDisposeScope();
        Tensor x = vectors.view(-1, MaskWeights.GridSide, MaskWeights.GridSide, MaskWeights.CodeLength).permute(0, 3, 1, 2);
        x = Block("decoder.3", Block("decoder.2", Convolve("decoder.0", x).relu()));
        foreach (string layer in (ReadOnlySpan<string>)["decoder.4", "decoder.6", "decoder.8", "decoder.10"])
        {
            x = nn.functional.conv_transpose2d(x, Weight(layer), Bias(layer), strides: [2, 2], padding: [1, 1]).relu();
        }
        return Convolve("decoder.12", x).MoveToOuterDisposeScope();
    }

    /// <summary>Writes the file that <see cref="MaskDecoder"/> and <see cref="MaskEncoder"/> load.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="type">Float32 or Float16.</param>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public void Save(string path, ElementType type)
    {
        using NpzFileWriter writer = new(path);
        foreach (Parameter parameter in Parameters)
        {
            using var scope = NewDisposeScope();
            Tensor values = parameter.Value.detach().contiguous();
            writer.Write(parameter.Name, values.data<float>().ToArray(), parameter.Shape, type);
        }
        writer.Commit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Parameter parameter in Parameters)
        {
            parameter.Dispose();
        }
    }

    private static readonly Scalar Two = 2f.ToScalar();

    private static float Deviation(string name, long[] shape)
    {
        if (name == CodebookName)
        {
            return 0.1f;
        }
        // Of a transposed convolution of stride 2, a quarter of the kernel meets each output; input channels come first.
        bool transposed = name.StartsWith("decoder.", StringComparison.Ordinal) && shape is [_, _, 4, 4];
        long inputs = transposed ? shape[0] * 4 : shape[1..].Aggregate(1L, (product, extent) => product * extent);
        return MathF.Sqrt(2f / inputs);
    }

    /// <summary>x + 1x1(relu(3x3(relu(3x3(x))))).</summary>
    private Tensor Block(string name, Tensor x)
    {
        Tensor inner = Convolve(name + ".net.0", x, padding: 1).relu();
        inner = Convolve(name + ".net.2", inner, padding: 1).relu();
        return x.add(Convolve(name + ".net.4", inner), Constants.One);
    }

    private Tensor Convolve(string name, Tensor x, long stride = 1, long padding = 0) =>
        nn.functional.conv2d(x, Weight(name), Bias(name), strides: [stride, stride], padding: [padding, padding]);

    private Tensor Weight(string name) => _parameters[name + ".weight"].Value;

    private Tensor Bias(string name) => _parameters[name + ".bias"].Value;
}
