using PaliGemma.Checkpoints;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training;

/// <summary>The file that a run is resumed from: trained weights and what the optimizer remembers in float32, steps done, and the seed.</summary>
internal static class TrainingState
{
    private const string StepName = "step";
    private const string SeedName = "seed";

    public static void Save(string path, long step, ulong seed, IEnumerable<(string Name, Tensor Value)> state)
    {
        (string Name, Tensor Value)[] tensors = [.. state];
        using SafetensorsWriter writer = new(path,
        [
            new TensorDeclaration(StepName, ElementType.Int64, []),
            new TensorDeclaration(SeedName, ElementType.Int64, []),
            .. tensors.Select(tensor => new TensorDeclaration(tensor.Name, ElementType.Float32, tensor.Value.shape)),
        ]);
        writer.Write(StepName, 0, BitConverter.GetBytes(step));
        writer.Write(SeedName, 0, BitConverter.GetBytes(seed));
        foreach ((string name, Tensor value) in tensors)
        {
            StoredTensors.Write(value, ElementType.Float32, (start, bytes) => writer.Write(name, start, bytes));
        }
        writer.Commit();
    }

    /// <returns>Steps done.</returns>
    public static long Load(string path, ulong seed, IEnumerable<(string Name, Tensor Value)> state)
    {
        (string Name, Tensor Value)[] tensors = [.. state];
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if ((ulong)Number(file, SeedName) != seed)
        {
            throw new ModelFileException($"{path}: the run has the seed {(ulong)Number(file, SeedName)}; expected {seed}.");
        }
        long step = Number(file, StepName);
        if (step < 0)
        {
            throw new ModelFileException($"{path}: {StepName} is {step}; expected a number of steps.");
        }
        int expected = tensors.Length + 2;
        if (file.Names.Count != expected)
        {
            throw new ModelFileException($"{path} has {file.Names.Count} tensors; what is trained here has {expected}.");
        }
        // Everything is checked before anything is changed.
        List<(StoredTensor Stored, Tensor Tensor)> copies = [];
        foreach ((string name, Tensor value) in tensors)
        {
            StoredTensor stored = file.Get(name);
            if (stored.Type != ElementType.Float32 || !stored.Shape.SequenceEqual(value.shape))
            {
                throw new ModelFileException(
                    $"{path}: tensor {name} is {stored.Type} [{string.Join(", ", stored.Shape)}]; expected Float32 [{string.Join(", ", value.shape)}].");
            }
            copies.Add((stored, value));
        }
        copies.ForEach(copy => StoredTensors.Read(copy.Stored, copy.Tensor));
        return step;
    }

    private static long Number(SafetensorsFile file, string name)
    {
        StoredTensor stored = file.Get(name);
        return stored.Type == ElementType.Int64 && stored.Shape.Count == 0
            ? stored.Data.Span<long>(0, 1)[0]
            : throw new ModelFileException($"{file.Path}: tensor {name} is {stored.Type} [{string.Join(", ", stored.Shape)}]; expected one Int64.");
    }
}
