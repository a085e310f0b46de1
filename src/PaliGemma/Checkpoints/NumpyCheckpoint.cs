using PaliGemma.Configuration;
using PaliGemma.Kernels;

namespace PaliGemma.Checkpoints;

/// <summary>
/// A PaliGemma checkpoint of big_vision: one .npz file, whose arrays appear here under the published names and in the published shapes.
/// Matrices are stored the other way round, and are transposed one at a time when they are asked for. The file has no row for
/// <c>&lt;image&gt;</c>, whose id is the number of rows of the embedding, and says nothing of the tokenizer: PaliGemma's
/// <c>tokenizer.json</c> or <c>tokenizer.model</c> belongs beside it.
/// </summary>
public sealed class NumpyCheckpoint : Checkpoint
{
    /// <summary>What the extension of the file is.</summary>
    internal const string Extension = ".npz";

    private const string Prefix = "params/";
    private const int Largest = 1 << 20;
    private const int LargestVocabulary = 1 << 24;
    private const int LargestPicture = 8192;
    private const int MostLayers = 1024;
    private const int MostPatches = 1 << 16;

    private readonly Lock _gate = new();
    private readonly NpzFile _file;
    private readonly string _prefix;
    private readonly PaliGemmaConfig _config;
    private readonly Dictionary<string, NumpySource> _sources;
    private readonly Dictionary<string, NativeBuffer> _copies = new(StringComparer.Ordinal);

    private NumpyCheckpoint(NpzFile file)
    {
        _file = file;
        _prefix = file.Names.Any(name => name.StartsWith(Prefix, StringComparison.Ordinal)) ? Prefix : "";
        _config = DeriveConfig();
        NumpyLayout layout = new(_config);
        _sources = layout.Build();
        foreach ((string array, long[] expected) in layout.Arrays)
        {
            IReadOnlyList<long> shape = ShapeOf(array);
            if (!shape.SequenceEqual(expected))
            {
                throw new ModelFileException(
                    $"{file.Path}: array {_prefix}{array} is {TensorShape.Text(shape)}; "
                    + $"the other arrays expect {TensorShape.Text(expected)}.");
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Names => _sources.Keys;

    /// <inheritdoc/>
    public override string Location => _file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<CheckpointFile> Files => [new CheckpointFile(_file.Path, _file.Length)];

    /// <inheritdoc/>
    public override string Folder => Path.GetDirectoryName(Path.GetFullPath(_file.Path))!;

    /// <summary>Opens a file; only the arrays' headers are read.</summary>
    /// <exception cref="ModelFileException">The file is missing or damaged, or holds no PaliGemma.</exception>
    public static new NumpyCheckpoint Open(string path)
    {
        NpzFile file = NpzFile.Open(path);
        try
        {
            return new NumpyCheckpoint(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The configuration, as the arrays' extents tell it.</summary>
    public override PaliGemmaConfig LoadConfig() => _config;

    /// <inheritdoc/>
    public override bool TryDescribe(string name, out TensorDeclaration tensor)
    {
        bool found = _sources.TryGetValue(name, out NumpySource? source);
        tensor = found ? new TensorDeclaration(name, TypeOf(source!.Array), source.Shape) : null!;
        return found;
    }

    /// <inheritdoc/>
    public override bool TryGet(string name, out StoredTensor tensor)
    {
        tensor = null!;
        if (!_sources.TryGetValue(name, out NumpySource? source))
        {
            return false;
        }
        ElementType type = TypeOf(source.Array);
        lock (_gate)
        {
            MemoryRegion data = _copies.TryGetValue(name, out NativeBuffer? copy) ? copy.Region : Read(name, source, type);
            tensor = new StoredTensor(name, type, source.Shape, data);
        }
        return true;
    }

    /// <inheritdoc/>
    public override void Release(StoredTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        lock (_gate)
        {
            if (_copies.Remove(tensor.Name, out NativeBuffer? copy))
            {
                copy.Dispose();
            }
            else if (_sources.TryGetValue(tensor.Name, out NumpySource? source) && source.SliceCount == 1)
            {
                // An inflated array that served as it is.
                _file.Release(_prefix + source.Array);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            foreach (NativeBuffer copy in _copies.Values)
            {
                copy.Dispose();
            }
            _copies.Clear();
        }
        _file.Dispose();
    }

    private MemoryRegion Read(string name, NumpySource source, ElementType type)
    {
        string array = _prefix + source.Array;
        MemoryRegion whole = _file.Bytes(array, out bool aligned);
        long length = whole.Length / source.SliceCount;
        MemoryRegion part = whole.Slice(source.Slice * length, length);
        if (source.Transpositions.Count == 0 && aligned)
        {
            return part;
        }
        bool transposed = source.Transpositions.Count > 0;
        NativeBuffer copy = transposed ? Transpose(part, source.Transpositions, ElementConversion.Size(type)) : Copy(part);
        _copies.Add(name, copy);
        if (transposed && source.Slice == source.SliceCount - 1)
        {
            // Layers are loaded in order: this was the last part, and what was inflated for all of them has served.
            _file.Release(array);
        }
        return copy.Region;
    }

    private static NativeBuffer Copy(MemoryRegion part)
    {
        const int Chunk = 1 << 20;
        NativeBuffer copy = new(part.Length);
        for (long start = 0; start < part.Length; start += Chunk)
        {
            ReadOnlySpan<byte> bytes = part.Span<byte>(start, (int)Math.Min(Chunk, part.Length - start));
            bytes.CopyTo(copy.Span<byte>(start, bytes.Length));
        }
        return copy;
    }

    private static NativeBuffer Transpose(MemoryRegion part, IReadOnlyList<Transposition> transpositions, int elementSize)
    {
        NativeBuffer result = transpositions[0].Apply(part, elementSize);
        foreach (Transposition next in transpositions.Skip(1))
        {
            using NativeBuffer previous = result;
            result = next.Apply(previous.Region, elementSize);
        }
        return result;
    }

    private PaliGemmaConfig DeriveConfig()
    {
        if (_file.Names.Contains($"{_prefix}{NumpyLayout.DecoderLayers}/post_attention_norm/scale"))
        {
            throw new ModelFileException(
                $"{_file.Path} holds a PaliGemma 2, whose soft caps are not in its arrays; expected PaliGemma, or a Hugging Face folder.");
        }
        int[] patch = Extents(NumpyLayout.PatchKernel, Largest, "[patch size, patch size, 3, width]", 4);
        int[] positions = Extents(NumpyLayout.Positions, Largest, "[1, patches, width]", 3);
        int[] visionQuery = Extents(NumpyLayout.VisionAttention + "/query/kernel", Largest, "[layers, width, heads, head size]", 4);
        int[] visionMlp = Extents(NumpyLayout.VisionMlp + "/Dense_0/kernel", Largest, "[layers, width, MLP width]", 3);
        int[] embedding = Extents(NumpyLayout.TokenEmbedding, LargestVocabulary, "[vocabulary, width]", 2);
        int[] query = Extents(NumpyLayout.QueryKernel, Largest, "[layers, heads, width, head size]", 4);
        int[] keyValue = Extents(NumpyLayout.KeyValueKernel, Largest, "[layers, 2, key/value heads, width, head size]", 5);
        int[] gateUp = Extents(NumpyLayout.GateUpKernel, Largest, "[layers, 2, width, MLP width]", 4);
        Require(NumpyLayout.Positions, positions[1] <= MostPatches, $"{positions[1]} patches", $"at most {MostPatches}");
        int side = (int)Math.Sqrt(positions[1]);
        Require(NumpyLayout.Positions, side * side == positions[1], $"{positions[1]} patches", "a square number");
        int largest = LargestPicture / side;
        Require(NumpyLayout.PatchKernel, patch[0] <= largest, $"patches of {patch[0]} pixels", $"at most {largest}");
        Require(NumpyLayout.PatchKernel, patch[2] == 3, $"{patch[2]} channels", "3");
        (int visionWidth, int visionHeads, int visionHead) = (visionQuery[1], visionQuery[2], visionQuery[3]);
        string attention = NumpyLayout.VisionAttention + "/query/kernel";
        bool divided = (long)visionHeads * visionHead == visionWidth;
        Require(attention, divided, $"{visionHeads} heads of {visionHead}", $"{visionWidth} together");
        Require(attention, visionQuery[0] <= MostLayers, $"{visionQuery[0]} layers", $"at most {MostLayers}");
        (int heads, int head) = (query[1], query[3]);
        Require(NumpyLayout.QueryKernel, query[0] <= MostLayers, $"{query[0]} layers", $"at most {MostLayers}");
        Require(NumpyLayout.QueryKernel, head % 2 == 0, $"heads of {head}", "an even number, for rotary positions");
        Require(NumpyLayout.QueryKernel, (long)heads * head <= Largest, $"{heads} heads of {head}", $"at most {Largest} together");
        Require(NumpyLayout.KeyValueKernel, heads % keyValue[2] == 0, $"{keyValue[2]} heads", $"a divisor of the {heads} query heads");
        return new PaliGemmaConfig
        {
            Vision = new SiglipVisionConfig
            {
                HiddenSize = visionWidth,
                IntermediateSize = visionMlp[2],
                LayerCount = visionQuery[0],
                HeadCount = visionHeads,
                PatchSize = patch[0],
                ImageSize = side * patch[0],
            },
            Text = new GemmaConfig
            {
                Version = GemmaVersion.Gemma1,
                HiddenSize = embedding[1],
                IntermediateSize = gateUp[3],
                LayerCount = query[0],
                HeadCount = heads,
                KeyValueHeadCount = keyValue[2],
                HeadSize = head,
                VocabularySize = embedding[0],
                QueryPreAttentionScalar = head,
            },
            ImageTokenId = embedding[0],
            ProjectionSize = embedding[1],
            StoredType = TypeOf(NumpyLayout.TokenEmbedding).ToString().ToLowerInvariant(),
        };
    }

    private int[] Extents(string array, int largest, string meaning, int dimensions)
    {
        IReadOnlyList<long> shape = ShapeOf(array);
        Require(
            array,
            shape.Count == dimensions && shape.All(extent => extent >= 1 && extent <= largest),
            $"the shape {TensorShape.Text(shape)}",
            $"{meaning}, each at most {largest}");
        return [.. shape.Select(extent => (int)extent)];
    }

    private IReadOnlyList<long> ShapeOf(string array) => _file.TryDescribe(_prefix + array, out _, out IReadOnlyList<long> shape)
        ? shape
        : throw new ModelFileException($"{_file.Path} has no array {_prefix}{array}; expected a PaliGemma checkpoint of big_vision.");

    private ElementType TypeOf(string array)
    {
        _file.TryDescribe(_prefix + array, out ElementType type, out _);
        return type;
    }

    private void Require(string array, bool condition, string found, string expected)
    {
        if (!condition)
        {
            throw new ModelFileException($"{_file.Path}: array {_prefix}{array} has {found}; expected {expected}.");
        }
    }
}
