namespace PaliGemma.Cli.Output;

/// <summary>
/// Columns of text, each as wide as its widest cell; made for pipes as much as for terminals, so nothing is cut or wrapped.
/// </summary>
internal sealed class TextTable
{
    private const string Indent = "  ";
    private const string Gap = "  ";

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; rows may differ in length.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    public void WriteTo(TextWriter output)
    {
        int columns = _rows.Select(row => row.Length).DefaultIfEmpty().Max();
        // The last cell of a row may be as long as it likes: nothing stands to its right.
        int[] widths = [.. Enumerable.Range(0, columns).Select(
            column => _rows.Where(row => row.Length > column + 1).Select(row => row[column].Length).DefaultIfEmpty().Max())];
        foreach (string[] row in _rows)
        {
            output.WriteLine((Indent + string.Join(Gap, row.Select((cell, column) => cell.PadRight(widths[column])))).TrimEnd());
        }
    }
}
