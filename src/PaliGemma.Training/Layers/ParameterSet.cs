using System.Collections;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Quantization;
using PaliGemma.Training.Adapters;
using PaliGemma.Training.Runtime;
using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>
/// The weights of a model by their published names, in the order of the published files, and the adapters that stand beside them. Owns
/// them, and the checkpoint, whose packed matrices are used where they lie.
/// </summary>
public sealed class ParameterSet : IEnumerable<Parameter>, IDisposable
{
    private readonly Checkpoint? _checkpoint;
    private readonly List<Parameter> _parameters = [];
    private readonly Dictionary<string, Parameter> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LoraAdapter> _adapters = new(StringComparer.Ordinal);

    private ParameterSet(Checkpoint? checkpoint, Device? device)
    {
        TorchLibrary.Load();
        _checkpoint = checkpoint;
        Device = device ?? CPU;
    }

    /// <summary>Where they lie.</summary>
    public Device Device { get; }

    /// <summary>
    /// The type in which linear layers multiply: Float32, or BFloat16, which processors with instructions for it multiply twice as fast.
    /// Sums, norms, attention and logits are computed in float32 either way.
    /// </summary>
    public ScalarType ProductType { get; set; } = ScalarType.Float32;

    /// <summary>An input of several linear layers in the type in which they multiply.</summary>
    internal Tensor ForProducts(Tensor x) => x.dtype == ProductType ? x : x.to(ProductType);

    /// <summary>Their number.</summary>
    public int Count => _parameters.Count;

    /// <summary>The adapters, by the name of the linear layer that they change.</summary>
    public IReadOnlyDictionary<string, LoraAdapter> Adapters => _adapters;

    /// <summary>The weight of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Parameter this[string name] => _byName[name];

    /// <summary>Reads all weights of a checkpoint; all but packed ones are trainable.</summary>
    /// <param name="config">The model; position embeddings of another picture size are interpolated to its own.</param>
    /// <param name="checkpoint">The weights; owned, and closed on failure too.</param>
    /// <param name="type">How dense weights are kept: Float32, or BFloat16, which halves their memory.</param>
    /// <param name="device">Where they go; null is the CPU.</param>
    /// <exception cref="ModelFileException">A tensor is missing or has another shape or type than the configuration says.</exception>
    public static ParameterSet Load(PaliGemmaConfig config, Checkpoint checkpoint, ElementType type = ElementType.Float32, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (type is not (ElementType.Float32 or ElementType.BFloat16))
        {
            throw new ArgumentException($"Weights are trained in Float32 or BFloat16, not {type}.", nameof(type));
        }
        ParameterSet set = new(checkpoint, device);
        try
        {
            TiedHead.Require(checkpoint);
            foreach (LayoutEntry entry in TensorLayout.Of(config))
            {
                set.Add(Load(entry, checkpoint, set.Device, type == ElementType.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32));
            }
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Puts an adapter beside a linear layer.</summary>
    /// <param name="adapter">Owned from now on.</param>
    /// <exception cref="ArgumentException">There is no such layer of these sizes, or it has an adapter.</exception>
    public void Add(LoraAdapter adapter)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        if (!_byName.TryGetValue(adapter.Module + ".weight", out Parameter? weight) || weight.Shape is not [long rows, long columns]
            || adapter.Up.Shape[0] != rows || adapter.Down.Shape[1] != columns)
        {
            throw new ArgumentException(
                $"There is no linear layer {adapter.Module} from {adapter.Down.Shape[1]} to {adapter.Up.Shape[0]} values.", nameof(adapter));
        }
        if (!_adapters.TryAdd(adapter.Module, adapter))
        {
            throw new ArgumentException($"The layer {adapter.Module} has an adapter already.", nameof(adapter));
        }
    }

    /// <summary>
    /// The same weights and adapters for another thread: elements are shared, gradients are not. To be disposed before this set.
    /// </summary>
    internal ParameterSet Replicate()
    {
        ParameterSet replica = new(checkpoint: null, Device) { ProductType = ProductType };
        _parameters.ForEach(parameter => replica.Add(parameter.Alias()));
        foreach (LoraAdapter adapter in _adapters.Values)
        {
            replica.Add(adapter.Alias());
        }
        return replica;
    }

    /// <summary>What training changes: trainable weights, and the adapters' matrices.</summary>
    public IEnumerable<Parameter> Trainable() =>
        _parameters.Concat(_adapters.Values.SelectMany(adapter => (Parameter[])[adapter.Down, adapter.Up])).Where(parameter => parameter.IsTrainable);

    /// <summary>A weight as float32, with its adapter merged into it.</summary>
    public Tensor Merged(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        const string Suffix = ".weight";
        using var scope = NewDisposeScope();
        Tensor value = parameter.Read(Device).detach();
        if (parameter.Name.EndsWith(Suffix, StringComparison.Ordinal)
            && _adapters.TryGetValue(parameter.Name[..^Suffix.Length], out LoraAdapter? adapter))
        {
            value = value.add(adapter.Difference().detach(), Constants.One);
        }
        return value.MoveToOuterDisposeScope();
    }

    /// <summary>Writes all weights, with adapters merged, as a checkpoint into a folder that holds no other.</summary>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="type">Float32, BFloat16 or Float16.</param>
    /// <exception cref="ModelFileException">A file cannot be written.</exception>
    public void Save(string folder, ElementType type)
    {
        using ShardedSafetensorsWriter writer =
            new(folder, [.. _parameters.Select(parameter => new TensorDeclaration(parameter.Name, type, parameter.Shape))]);
        foreach (Parameter parameter in _parameters)
        {
            using var scope = NewDisposeScope();
            StoredTensors.Write(Merged(parameter), type, (start, bytes) => writer.Write(parameter.Name, start, bytes));
        }
        writer.Commit();
    }

    /// <inheritdoc/>
    public IEnumerator<Parameter> GetEnumerator() => _parameters.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters.ForEach(parameter => parameter.Dispose());
        foreach (LoraAdapter adapter in _adapters.Values)
        {
            adapter.Dispose();
        }
        _checkpoint?.Dispose();
    }

    private static Parameter Load(LayoutEntry entry, Checkpoint checkpoint, Device device, ScalarType type)
    {
        if (entry is { Role: TensorRole.Projection or TensorRole.TokenEmbedding, Shape: [long rows, long columns] }
            && QuantizedTensors.Read(checkpoint, entry.Name, (int)rows, (int)columns) is QuantizedWeight packed)
        {
            return new Parameter(entry, packed.ToMatrix());
        }
        using var scope = NewDisposeScope();
        bool isPosition = entry.Role == TensorRole.PositionEmbedding;
        StoredTensor stored = isPosition && checkpoint.TryGet(entry.Name, out StoredTensor table) && table.Shape.Count == 2 && table.Shape[1] == entry.Shape[1]
            ? table
            : checkpoint.Get(entry.Name, [.. entry.Shape]);
        Tensor value = StoredTensors.ToTensor(stored, checkpoint.Location);
        checkpoint.Release(stored);
        if (isPosition && stored.Shape[0] != entry.Shape[0])
        {
            value = PositionTable.Resize(value, entry.Shape[0], $"{checkpoint.Location}: tensor {entry.Name}");
        }
        Tensor leaf = value.to(type).to(device).DetachFromDisposeScope();
        return new Parameter(entry, leaf) { IsTrainable = true };
    }

    private void Add(Parameter parameter)
    {
        _parameters.Add(parameter);
        _byName.Add(parameter.Name, parameter);
    }
}
