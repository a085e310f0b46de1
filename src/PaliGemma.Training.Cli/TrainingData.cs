using PaliGemma.Training.Data;

namespace PaliGemma.Training.Cli;

/// <summary>The open files of a run; owns them.</summary>
internal sealed class TrainingData : IDisposable
{
    private readonly List<JsonlFile> _files = [];

    /// <summary>What is learnt from, with the weights of the mixture.</summary>
    public List<(JsonlExamples Examples, double Weight)> Training { get; } = [];

    /// <summary>What is measured on.</summary>
    public List<JsonlExamples> Validation { get; } = [];

    /// <summary>Examples of an epoch, of all files together.</summary>
    public long Count => Training.Sum(part => (long)part.Examples.Count);

    /// <summary>Opens a file, which this owns.</summary>
    public JsonlExamples Open(string path, string? images, ulong seed, CancellationToken cancellation)
    {
        JsonlFile file = JsonlFile.Open(path, images, cancellation);
        _files.Add(file);
        // Files of the same size must not go through the same order.
        return new JsonlExamples(file, SplitMix64.Derive(seed, (ulong)_files.Count));
    }

    /// <summary>The examples in the order of the run.</summary>
    public IExampleSource Mixture(ulong seed) => Training is [(JsonlExamples only, _)]
        ? only
        : new ExampleMixture([.. Training.Select(part => ((IExampleSource)part.Examples, part.Weight))], seed);

    /// <summary>At most <paramref name="most"/> of the examples to measure on, the same each time; the files take turns.</summary>
    public IEnumerable<TrainingExample> ValidationExamples(int most) => Enumerable.Range(0, Validation.Max(part => part.Count))
        .SelectMany(place => Validation.Where(part => place < part.Count).Select(part => part.ReadInOrder(place)))
        .Take(most);

    public void Dispose() => _files.ForEach(file => file.Dispose());
}
