using PaliGemma.Checkpoints;
using PaliGemma.Training.Layers;
using PaliGemma.Training.Optimization;
using static TorchSharp.torch;

namespace PaliGemma.Training;

/// <summary>The file that a run is resumed from: trained weights and Adam's moments in float32, steps done, and the seed.</summary>
internal static class TrainingState
{
    private const string StepName = "step";
    private const string SeedName = "seed";
    private static readonly string[] Parts = ["weight", "first_moment", "second_moment"];

    public static void Save(string path, long step, ulong seed, IReadOnlyList<(Parameter Parameter, AdamMoments Moments)> states)
    {
        List<TensorDeclaration> declarations = [new(StepName, ElementType.Int64, []), new(SeedName, ElementType.Int64, [])];
        foreach ((Parameter parameter, _) in states)
        {
            declarations.AddRange(Parts.Select(part => new TensorDeclaration($"{part}.{parameter.Name}", ElementType.Float32, parameter.Shape)));
        }
        using SafetensorsWriter writer = new(path, declarations);
        writer.Write(StepName, 0, BitConverter.GetBytes(step));
        writer.Write(SeedName, 0, BitConverter.GetBytes(seed));
        foreach ((Parameter parameter, AdamMoments moments) in states)
        {
            foreach ((string part, Tensor tensor) in Parts.Zip(Tensors(parameter, moments)))
            {
                StoredTensors.Write(tensor, ElementType.Float32, (start, bytes) => writer.Write($"{part}.{parameter.Name}", start, bytes));
            }
        }
        writer.Commit();
    }

    /// <returns>Steps done.</returns>
    public static long Load(string path, ulong seed, IReadOnlyList<(Parameter Parameter, AdamMoments Moments)> states)
    {
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
        int expected = (states.Count * Parts.Length) + 2;
        if (file.Names.Count != expected)
        {
            throw new ModelFileException($"{path} has {file.Names.Count} tensors; what is trained here has {expected}.");
        }
        // Everything is checked before anything is changed.
        List<(StoredTensor Stored, Tensor Tensor)> copies = [];
        foreach ((Parameter parameter, AdamMoments moments) in states)
        {
            foreach ((string part, Tensor tensor) in Parts.Zip(Tensors(parameter, moments)))
            {
                StoredTensor stored = file.Get($"{part}.{parameter.Name}");
                if (stored.Type != ElementType.Float32 || !stored.Shape.SequenceEqual(parameter.Shape))
                {
                    throw new ModelFileException(
                        $"{path}: tensor {stored.Name} is {stored.Type} [{string.Join(", ", stored.Shape)}]; expected Float32 [{string.Join(", ", parameter.Shape)}].");
                }
                copies.Add((stored, tensor));
            }
        }
        copies.ForEach(copy => StoredTensors.Read(copy.Stored, copy.Tensor));
        return step;
    }

    private static Tensor[] Tensors(Parameter parameter, AdamMoments moments) => [parameter.Value, moments.First, moments.Second];

    private static long Number(SafetensorsFile file, string name)
    {
        StoredTensor stored = file.Get(name);
        return stored.Type == ElementType.Int64 && stored.Shape.Count == 0
            ? stored.Data.Span<long>(0, 1)[0]
            : throw new ModelFileException($"{file.Path}: tensor {name} is {stored.Type} [{string.Join(", ", stored.Shape)}]; expected one Int64.");
    }
}
