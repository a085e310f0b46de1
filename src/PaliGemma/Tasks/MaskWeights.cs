using PaliGemma.Checkpoints;
using PaliGemma.Kernels;
using PaliGemma.Kernels.Formats;

namespace PaliGemma.Tasks;

/// <summary>The weights of big_vision's mask autoencoder (<c>vae-oid.npz</c>): PyTorch's names and layout, float32, or float16 for half the size. Owns them.</summary>
internal sealed class MaskWeights : IDisposable
{
    /// <summary>Numbers of a code.</summary>
    public const int CodeLength = 512;

    private const string CodebookName = "_vq_vae._embedding";
    private const int Width = 128;

    private readonly NpzFile _file;
    private readonly List<TransposedConvolution> _enlarging = [];

    private MaskWeights(NpzFile file) => _file = file;

    /// <summary>Rows and columns of the codes' grid.</summary>
    public static int GridSide => 4;

    /// <summary>Every array and its extents; the encoder's moving averages, which only training needs, are left out.</summary>
    public static IReadOnlyDictionary<string, long[]> Layout { get; } = CreateLayout();

    /// <summary>Opens a file and checks that it has every array with the right extents.</summary>
    /// <exception cref="ModelFileException">It does not, or cannot be read.</exception>
    public static MaskWeights Open(string path)
    {
        NpzFile file = NpzFile.Open(path);
        try
        {
            foreach ((string name, long[] expected) in Layout)
            {
                if (!file.TryDescribe(name, out ElementType type, out IReadOnlyList<long> shape))
                {
                    throw new ModelFileException($"{path} has no array {name}; expected big_vision's mask autoencoder, vae-oid.npz.");
                }
                if (type is not (ElementType.Float32 or ElementType.Float16) || !shape.SequenceEqual(expected))
                {
                    throw new ModelFileException(
                        $"{path}: array {name} is {type} {TensorShape.Text(shape)}; expected Float32 or Float16 {TensorShape.Text(expected)}.");
                }
            }
            return new MaskWeights(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The codes [<see cref="SegmentationTokens.Count"/>, <see cref="CodeLength"/>].</summary>
    public float[] Codebook() => Vector(CodebookName);

    /// <summary>A convolution whose padding keeps the size, or halves it at stride 2.</summary>
    public Convolution Convolution(string name, int stride = 1)
    {
        long[] shape = Layout[name + ".weight"];
        int kernel = (int)shape[^1];
        StoredTensor stored = _file.Get(name + ".weight");
        int columns = (int)shape[1] * kernel * kernel;
        WeightMatrix weight = stored.Type == ElementType.Float16
            ? new Float16Matrix(stored.Data, (int)shape[0], columns)
            : new Float32Matrix(stored.Data, (int)shape[0], columns);
        return new Convolution(weight, Vector(name + ".bias"), kernel, stride, padding: (kernel - 1) / 2);
    }

    /// <summary>A transposed convolution that doubles the size.</summary>
    public TransposedConvolution TransposedConvolution(string name)
    {
        TransposedConvolution result = new(Vector(name + ".weight"), Vector(name + ".bias"), kernel: 4, stride: 2, padding: 1);
        _enlarging.Add(result);
        return result;
    }

    /// <summary>A residual block.</summary>
    public MaskResidualBlock ResidualBlock(string name) =>
        new(Convolution(name + ".net.0"), Convolution(name + ".net.2"), Convolution(name + ".net.4"));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TransposedConvolution one in _enlarging)
        {
            one.Dispose();
        }
        _file.Dispose();
    }

    private static Dictionary<string, long[]> CreateLayout()
    {
        Dictionary<string, long[]> layout = new(StringComparer.Ordinal)
        {
            [CodebookName] = [SegmentationTokens.Count, CodeLength],
        };
        Add("encoder.0", 16, 16, 1, 4);
        Add("encoder.2", 32, 32, 16, 4);
        Add("encoder.4", 64, 64, 32, 4);
        Add("encoder.6", Width, Width, 64, 4);
        AddBlock("encoder.8");
        AddBlock("encoder.9");
        Add("encoder.10", CodeLength, CodeLength, Width, 1);
        Add("decoder.0", Width, Width, CodeLength, 1);
        AddBlock("decoder.2");
        AddBlock("decoder.3");
        // Transposed convolutions have the input's channels first.
        Add("decoder.4", 128, Width, 128, 4);
        Add("decoder.6", 64, Width, 64, 4);
        Add("decoder.8", 32, 64, 32, 4);
        Add("decoder.10", 16, 32, 16, 4);
        Add("decoder.12", 1, 1, 16, 1);
        return layout;

        void Add(string name, long bias, long first, long second, long kernel)
        {
            layout.Add(name + ".weight", [first, second, kernel, kernel]);
            layout.Add(name + ".bias", [bias]);
        }

        void AddBlock(string name)
        {
            Add(name + ".net.0", Width, Width, Width, 3);
            Add(name + ".net.2", Width, Width, Width, 3);
            Add(name + ".net.4", Width, Width, Width, 1);
        }
    }

    private float[] Vector(string name)
    {
        StoredTensor tensor = _file.Get(name);
        float[] values = new float[TensorShape.ElementCount(tensor.Shape)!.Value];
        ElementConversion.ToFloat32(tensor.Type, tensor.Data, 0, values);
        return values;
    }
}
