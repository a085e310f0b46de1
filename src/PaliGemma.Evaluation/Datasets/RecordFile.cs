using System.Globalization;
using System.Text;
using CsvHelper;
using PaliGemma.Configuration;
using PaliGemma.Kernels;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>Reads the records of a file one at a time, as large as it may be; an error names the file, the record and the field.</summary>
internal static class RecordFile
{
    private const long LongestSmallFile = 1 << 26;

    /// <summary>The records of a list in a JSON object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="list">The list's name; empty where the file is one list.</param>
    /// <param name="read">Takes what is needed from a record.</param>
    /// <exception cref="ModelFileException">The file is not such JSON, or <paramref name="read"/> does not like a field.</exception>
    public static IEnumerable<T> List<T>(string path, string list, Func<JsonFields, T> read) =>
        Items(path, items => items.List == list && items.Member.Length == 0, (_, fields) => read(fields));

    /// <summary>The records of a JSON object whose members have their names.</summary>
    /// <inheritdoc cref="List"/>
    public static IEnumerable<T> Members<T>(string path, Func<string, JsonFields, T> read) =>
        Items(path, items => items.Member.Length > 0, read);

    /// <summary>The records of a file with one JSON object per line.</summary>
    /// <inheritdoc cref="List"/>
    public static IEnumerable<T> Lines<T>(string path, Func<JsonFields, T> read)
    {
        int number = 0;
        foreach (string line in TextLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return JsonRecord.Read(Encoding.UTF8.GetBytes(line), $"{path}, line {number}", prefix: "", read);
            }
        }
    }

    /// <summary>The one record of a small file.</summary>
    /// <inheritdoc cref="List"/>
    public static T Whole<T>(string path, Func<JsonFields, T> read) =>
        JsonRecord.Read(ModelFile.ReadAll(path, LongestSmallFile), path, prefix: "", read);

    /// <summary>The lines of a text.</summary>
    /// <exception cref="ModelFileException">The file cannot be read.</exception>
    public static IEnumerable<string> TextLines(string path)
    {
        using StreamReader reader = OpenText(path);
        while (reader.ReadLine() is string line)
        {
            yield return line;
        }
    }

    /// <summary>The rows of a table with a header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Names of the columns that are read.</param>
    /// <returns>For each row the values of these columns.</returns>
    /// <exception cref="ModelFileException">The file cannot be read, or lacks a column or a value.</exception>
    public static IEnumerable<string[]> Rows(string path, params string[] columns)
    {
        using StreamReader reader = OpenText(path);
        using CsvReader csv = new(reader, CultureInfo.InvariantCulture);
        if (!Next(csv, path) || !csv.ReadHeader())
        {
            throw new ModelFileException($"{path} is empty; expected a table with the columns {string.Join(", ", columns)}.");
        }
        while (Next(csv, path))
        {
            yield return Array.ConvertAll(columns, column => csv.TryGetField(column, out string? value) && value is not null
                ? value
                : throw new ModelFileException($"{path}, line {csv.Parser.RawRow} has no {column}."));
        }
    }

    private static IEnumerable<T> Items<T>(string path, Predicate<JsonListReader> isWanted, Func<string, JsonFields, T> read)
    {
        using MappedFile file = Map(path);
        JsonListReader items = new(path, file.Region);
        bool found = false;
        while (items.Read())
        {
            if (isWanted(items))
            {
                found = true;
                string place = items.Member.Length > 0 ? items.Member : $"{items.List}[{items.Index}]";
                string member = items.Member;
                yield return JsonRecord.Read(
                    file.Region.Span<byte>(items.Start, items.Length), path, $"{place}.", fields => read(member, fields));
            }
        }
        if (!found)
        {
            throw new ModelFileException($"{path} has no such records as are expected in a file of its name.");
        }
    }

    private static bool Next(CsvReader csv, string path)
    {
        try
        {
            return csv.Read();
        }
        catch (CsvHelperException error)
        {
            throw new ModelFileException($"{path}, line {csv.Parser.RawRow} is no row of a table: a quote stands where none may.", error);
        }
    }

    private static MappedFile Map(string path)
    {
        try
        {
            return new MappedFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static StreamReader OpenText(string path)
    {
        try
        {
            return new StreamReader(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
    }
}
