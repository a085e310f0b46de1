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

    public static void Save(string path, long step, ulong seed, IReadOnlyList<AdamMoments> states)
    {
        List<TensorDeclaration> declarations = [new(StepName, ElementType.Int64, []), new(SeedName, ElementType.Int64, [])];
        foreach (AdamMoments moments in states)
        {
            declarations.AddRange(Parts.Select(part => new TensorDeclaration($"{part}.{moments.Parameter.Name}", ElementType.Float32, moments.Parameter.Shape)));
        }
        using SafetensorsWriter writer = new(path, declarations);
        writer.Write(StepName, 0, BitConverter.GetBytes(step));
        writer.Write(SeedName, 0, BitConverter.GetBytes(seed));
        foreach (AdamMoments moments in states)
        {
            foreach ((string part, Tensor tensor) in Parts.Zip(Tensors(moments)))
            {
                StoredTensors.Write(tensor, ElementType.Float32, (start, bytes) => writer.Write($"{part}.{moments.Parameter.Name}", start, bytes));
            }
        }
        writer.Commit();
    }

    /// <returns>Steps done.</returns>
    public static long Load(string path, ulong seed, IReadOnlyList<AdamMoments> states)
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
        foreach (AdamMoments moments in states)
        {
            foreach ((string part, Tensor tensor) in Parts.Zip(Tensors(moments)))
            {
                StoredTensor stored = file.Get($"{part}.{moments.Parameter.Name}");
                if (stored.Type != ElementType.Float32 || !stored.Shape.SequenceEqual(moments.Parameter.Shape))
                {
                    throw new ModelFileException(
                        $"{path}: tensor {stored.Name} is {stored.Type} [{string.Join(", ", stored.Shape)}]; expected Float32 [{string.Join(", ", moments.Parameter.Shape)}].");
                }
                copies.Add((stored, tensor));
            }
        }
        copies.ForEach(copy => StoredTensors.Read(copy.Stored, copy.Tensor));
        foreach (AdamMoments moments in states)
        {
            moments.Publish();
        }
        return step;
    }

    private static Tensor[] Tensors(AdamMoments moments) => [moments.Weight, moments.First, moments.Second];

    private static long Number(SafetensorsFile file, string name)
    {
        StoredTensor stored = file.Get(name);
        return stored.Type == ElementType.Int64 && stored.Shape.Count == 0
            ? stored.Data.Span<long>(0, 1)[0]
            : throw new ModelFileException($"{file.Path}: tensor {name} is {stored.Type} [{string.Join(", ", stored.Shape)}]; expected one Int64.");
    }
}
