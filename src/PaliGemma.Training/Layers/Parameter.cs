using System.Runtime.InteropServices;
using PaliGemma.Checkpoints;
using PaliGemma.Kernels;
using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>A named weight of a model: dense, in float32 or bfloat16, or packed in fewer bits and then frozen for good.</summary>
public sealed class Parameter : IDisposable
{
    /// <summary>Rows that a thread unpacks at a time.</summary>
    private const int UnpackedRows = 64;

    private readonly LayoutEntry _entry;
    private readonly Tensor? _value;
    private readonly WeightMatrix? _packed;
    private Tensor? _gathered;

    /// <summary>A dense weight.</summary>
    /// <param name="entry">Its published name, role and shape.</param>
    /// <param name="value">Its elements; owned.</param>
    public Parameter(LayoutEntry entry, Tensor value)
    {
        _entry = entry;
        _value = value;
    }

    /// <summary>A packed weight.</summary>
    /// <param name="entry">Its published name, role and shape.</param>
    /// <param name="packed">Its elements, which the checkpoint owns.</param>
    public Parameter(LayoutEntry entry, WeightMatrix packed)
    {
        _entry = entry;
        _packed = packed;
    }

    /// <summary>The published name, for instance <c>language_model.model.norm.weight</c>.</summary>
    public string Name => _entry.Name;

    /// <summary>What it does in the model.</summary>
    public TensorRole Role => _entry.Role;

    /// <summary>The part of the model that it belongs to.</summary>
    public ModelPart Part => Role == TensorRole.TokenEmbedding ? ModelPart.Embedding
        : Name.StartsWith("vision_tower.", StringComparison.Ordinal) ? ModelPart.Vision
        : Name.StartsWith("multi_modal_projector.", StringComparison.Ordinal) ? ModelPart.Projector
        : ModelPart.Decoder;

    /// <summary>The extents.</summary>
    public IReadOnlyList<long> Shape => _entry.Shape;

    /// <summary>Whether it takes fewer than 16 bits per element and so can not be trained.</summary>
    public bool IsPacked => _packed is not null;

    /// <summary>The elements of a dense weight, a leaf of the graph of gradients.</summary>
    /// <exception cref="InvalidOperationException">The weight is packed.</exception>
    public Tensor Value => _value ?? throw new InvalidOperationException($"{Name} is packed; Read unpacks it.");

    /// <summary>Whether training changes it; a packed weight stays as it is whatever is set.</summary>
    public bool IsTrainable
    {
        get => _value is not null && _value.requires_grad;
        set
        {
            if (_value is not null)
            {
                _value.requires_grad = value;
            }
        }
    }

    /// <summary>The gradient: in float32 where it was gathered, else in the weight's type; null where there is none.</summary>
    internal Tensor? Gradient => _gathered ?? Value.grad;

    /// <summary>
    /// Adds what went backward last to a sum in float32, to be called after each part of a batch: in bfloat16, a part is lost beside the
    /// sum of many.
    /// </summary>
    internal void GatherGradient()
    {
        if (Value.dtype == ScalarType.Float32 || Value.grad is not Tensor part)
        {
            return;
        }
        using var scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor wide = part.to(ScalarType.Float32);
        if (_gathered is null)
        {
            _gathered = wide.DetachFromDisposeScope();
        }
        else
        {
            _gathered.add_(wide, Constants.One);
        }
        part.zero_();
    }

    /// <summary>The elements to compute with: the weight itself where it is of that type, else a copy that is made anew each time.</summary>
    /// <param name="device">Where the copy of a packed weight goes.</param>
    /// <param name="type">Float32 or BFloat16.</param>
    public Tensor Read(Device device, ScalarType type = ScalarType.Float32)
    {
        if (_packed is null && Value.dtype == type)
        {
            return Value;
        }
        using var scope = NewDisposeScope();
        Tensor value = _packed is null ? Value : Unpack(_packed, _packed.Rows, row => row).to(device);
        return value.to(type).MoveToOuterDisposeScope();
    }

    /// <summary>Some rows [rows, ...] as float32.</summary>
    /// <param name="rows">Their numbers [rows], on the device of the result.</param>
    public Tensor ReadRows(Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        using var scope = NewDisposeScope();
        if (_packed is null)
        {
            return Value.index_select(0, rows).to(ScalarType.Float32).MoveToOuterDisposeScope();
        }
        long[] numbers = rows.cpu().data<long>().ToArray();
        return Unpack(_packed, numbers.Length, place => (int)numbers[place]).to(rows.device).MoveToOuterDisposeScope();
    }

    /// <summary>The same elements, which are shared, as another leaf, whose gradient is its own.</summary>
    internal Parameter Alias() => _packed is not null
        ? new Parameter(_entry, _packed)
        : new Parameter(_entry, Value.detach().DetachFromDisposeScope()) { IsTrainable = IsTrainable };

    /// <inheritdoc/>
    public void Dispose()
    {
        _gathered?.Dispose();
        _value?.Dispose();
    }

    private static Tensor Unpack(WeightMatrix packed, int rows, Func<int, int> rowAt)
    {
        Tensor tensor = empty([rows, packed.Columns], ScalarType.Float32);
        Parallel.For(0, (rows + UnpackedRows - 1) / UnpackedRows, block =>
        {
            int start = block * UnpackedRows;
            int count = Math.Min(UnpackedRows, rows - start);
            using Tensor part = tensor.narrow(0, start, count);
            Span<float> values = MemoryMarshal.Cast<byte, float>(part.bytes);
            for (int row = 0; row < count; row++)
            {
                packed.CopyRow(rowAt(start + row), values.Slice(row * packed.Columns, packed.Columns));
            }
        });
        return tensor;
    }
}
