using System.Collections;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Training.Runtime;
using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>The weights of a model by their published names, in the order of the published files; owns them.</summary>
public sealed class ParameterSet : IEnumerable<Parameter>, IDisposable
{
    private readonly List<Parameter> _parameters = [];
    private readonly Dictionary<string, Parameter> _byName = new(StringComparer.Ordinal);

    private ParameterSet(Device? device)
    {
        TorchLibrary.Load();
        Device = device ?? CPU;
    }

    /// <summary>Where they lie.</summary>
    public Device Device { get; }

    /// <summary>Their number.</summary>
    public int Count => _parameters.Count;

    /// <summary>The weight of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Parameter this[string name] => _byName[name];

    /// <summary>Reads all weights of a checkpoint, as float32; all of them are trainable.</summary>
    /// <param name="config">The checkpoint's configuration.</param>
    /// <param name="checkpoint">The weights; can be closed afterwards.</param>
    /// <param name="device">Where they go; null is the CPU.</param>
    /// <exception cref="ModelFileException">A tensor is missing or has another shape or type than the configuration says.</exception>
    public static ParameterSet Load(PaliGemmaConfig config, Checkpoint checkpoint, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(checkpoint);
        ParameterSet set = new(device);
        try
        {
            foreach (LayoutEntry entry in TensorLayout.Of(config))
            {
                StoredTensor stored = checkpoint.Get(entry.Name, [.. entry.Shape]);
                set.Add(entry, StoredTensors.ToTensor(stored, checkpoint.Location).to(set.Device));
                checkpoint.Release(stored);
            }
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Writes all weights as a checkpoint into a folder that holds no other.</summary>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="type">Float32, BFloat16 or Float16.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string folder, ElementType type)
    {
        using ShardedSafetensorsWriter writer =
            new(folder, [.. _parameters.Select(parameter => new TensorDeclaration(parameter.Name, type, parameter.Shape))]);
        foreach (Parameter parameter in _parameters)
        {
            StoredTensors.Write(parameter.Value, type, (start, bytes) => writer.Write(parameter.Name, start, bytes));
        }
        writer.Commit();
    }

    /// <inheritdoc/>
    public IEnumerator<Parameter> GetEnumerator() => _parameters.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public void Dispose() => _parameters.ForEach(parameter => parameter.Dispose());

    private void Add(LayoutEntry entry, Tensor value)
    {
        Parameter parameter = new(entry, value.DetachFromDisposeScope()) { IsTrainable = true };
        _parameters.Add(parameter);
        _byName.Add(entry.Name, parameter);
    }
}
