using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Evaluation;

/// <summary>The weights of a model in training as a checkpoint, so that the other engine can answer with them: float32, copied when asked for.</summary>
internal sealed class ParameterCheckpoint(TrainableModel model) : Checkpoint
{
    private readonly Dictionary<string, NativeBuffer> _copies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Parameter> _parameters = model.Parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);

    public override IReadOnlyCollection<string> Names => _parameters.Keys;

    public override string Location => "The model in training";

    public override string Folder => "";

    public override IReadOnlyList<CheckpointFile> Files => [];

    public override PaliGemmaConfig LoadConfig() => model.Config;

    public override bool TryDescribe(string name, out TensorDeclaration tensor)
    {
        bool found = _parameters.TryGetValue(name, out Parameter? parameter);
        tensor = found ? new TensorDeclaration(name, ElementType.Float32, parameter!.Shape) : null!;
        return found;
    }

    public override bool TryGet(string name, out StoredTensor tensor)
    {
        tensor = null!;
        if (!TryDescribe(name, out TensorDeclaration declared))
        {
            return false;
        }
        if (!_copies.TryGetValue(name, out NativeBuffer? copy))
        {
            copy = new NativeBuffer(declared.ByteLength);
            using var scope = NewDisposeScope();
            StoredTensors.Write(
                model.Parameters.Merged(_parameters[name]),
                ElementType.Float32,
                (start, bytes) => bytes.CopyTo(copy.Span<byte>(start, bytes.Length)));
            _copies.Add(name, copy);
        }
        tensor = new StoredTensor(name, ElementType.Float32, declared.Shape, copy.Region);
        return true;
    }

    public override void Release(StoredTensor tensor)
    {
        if (_copies.Remove(tensor.Name, out NativeBuffer? copy))
        {
            copy.Dispose();
        }
    }

    protected override void Dispose(bool disposing)
    {
        foreach (NativeBuffer copy in _copies.Values)
        {
            copy.Dispose();
        }
        _copies.Clear();
    }
}
