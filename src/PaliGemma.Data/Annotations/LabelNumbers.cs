namespace PaliGemma.Data.Annotations;

/// <summary>Labels, numbered from 0 in the order in which they are first named.</summary>
internal sealed class LabelNumbers
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    public LabelNumbers(params IEnumerable<string> labels) => AddRange(labels);

    public IReadOnlyList<string> Names => _names;

    /// <summary>Numbers labels in their order.</summary>
    public void AddRange(IEnumerable<string> labels)
    {
        foreach (string label in labels)
        {
            Of(label);
        }
    }

    /// <summary>The label's number; a new one where it has none.</summary>
    public int Of(string label)
    {
        if (!_numbers.TryGetValue(label, out int number))
        {
            number = _names.Count;
            _numbers.Add(label, number);
            _names.Add(label);
        }
        return number;
    }
}
