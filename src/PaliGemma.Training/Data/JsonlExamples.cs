namespace PaliGemma.Training.Data;

/// <summary>Lines of a file, epoch after epoch, each epoch in another random order; of several answers one is drawn per epoch.</summary>
public sealed class JsonlExamples : IExampleSource
{
    private readonly JsonlFile _file;
    private readonly int[] _lines;
    private readonly ulong _seed;

    /// <summary>All lines of a file.</summary>
    /// <param name="file">Not owned.</param>
    /// <param name="seed">Of orders and draws.</param>
    public JsonlExamples(JsonlFile file, ulong seed)
        : this(file ?? throw new ArgumentNullException(nameof(file)), [.. Enumerable.Range(0, file.Count)], seed)
    {
    }

    private JsonlExamples(JsonlFile file, int[] lines, ulong seed)
    {
        _file = file;
        _lines = lines;
        _seed = seed;
    }

    /// <summary>Examples of an epoch.</summary>
    public int Count => _lines.Length;

    /// <summary>Sets lines aside, chosen at random but the same for the same seed.</summary>
    /// <param name="fraction">The part that is set aside, between 0 and 1.</param>
    /// <exception cref="ModelFileException">One of the parts would be empty.</exception>
    public (JsonlExamples Training, JsonlExamples Validation) Split(double fraction)
    {
        int aside = (int)Math.Round(Count * fraction);
        if (aside == 0 || aside == Count)
        {
            throw new ModelFileException($"{_file.Path} has {Count} examples, of which {aside} would be for validation; expected some for each purpose.");
        }
        Permutation order = new(Count, _seed);
        int[] shuffled = [.. Enumerable.Range(0, Count).Select(place => _lines[order[place]])];
        return (new JsonlExamples(_file, shuffled[aside..], _seed), new JsonlExamples(_file, shuffled[..aside], _seed));
    }

    /// <inheritdoc/>
    public TrainingExample Read(long index)
    {
        ulong epochSeed = SplitMix64.Derive(_seed, (ulong)(index / Count));
        int line = _lines[new Permutation(Count, epochSeed)[(int)(index % Count)]];
        return _file.Read(line, SplitMix64.Derive(epochSeed, (ulong)line));
    }

    /// <summary>The example at a place of the file, or of the part of it that this is, with the first of its answers drawn always alike.</summary>
    public TrainingExample ReadInOrder(int place) => _file.Read(_lines[place]);
}
