using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Imaging;
using PaliGemma.Kernels;

namespace PaliGemma.Training.Data;

/// <summary>
/// A file of examples, a JSON object a line (big_vision's and Roboflow's layout): <c>image</c>, a path or a list of paths relative to the
/// file's folder; <c>prefix</c>; and <c>suffix</c>, an answer or a list of answers of which one is drawn. The file stays on the disk; all
/// lines are checked when it is opened.
/// </summary>
public sealed class JsonlFile : IDisposable
{
    private const int LongestLine = 1 << 24;

    private readonly MappedFile _file;
    private readonly string _pictures;
    private readonly List<(long Start, int Length, int Number)> _lines = [];

    private JsonlFile(string path, MappedFile file, string pictures)
    {
        Path = path;
        _file = file;
        _pictures = pictures;
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>Examples; empty lines are none.</summary>
    public int Count => _lines.Count;

    /// <summary>Opens a file and checks that every line is an example whose pictures exist.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pictures">The folder that paths of pictures are relative to; null is the file's own.</param>
    /// <param name="cancellation">Stops between lines.</param>
    /// <exception cref="ModelFileException">A line is no example; the message names file and line.</exception>
    public static JsonlFile Open(string path, string? pictures = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFile file;
        try
        {
            file = new MappedFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {error.Message}", error);
        }
        JsonlFile examples = new(path, file, pictures ?? System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        try
        {
            examples.FindLines();
            examples.Check(cancellation);
            return examples;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads an example with its pictures. Safe for several threads.</summary>
    /// <param name="index">Counted from 0, without empty lines.</param>
    /// <param name="draw">Random bits, by which one of several answers is chosen.</param>
    /// <exception cref="ModelFileException">A picture cannot be read.</exception>
    public TrainingExample Read(int index, ulong draw = 0)
    {
        Line line = Parse(index);
        List<RgbImage> images = [];
        foreach (string image in line.Images)
        {
            try
            {
                images.Add(ImageFile.Load(image));
            }
            catch (ModelFileException error)
            {
                throw new ModelFileException($"{Place(index)}: {error.Message}", error);
            }
        }
        return new TrainingExample(images, line.Prefix, line.Suffixes[new SplitMix64(draw).Next(line.Suffixes.Count)])
        {
            RightAnswers = line.Suffixes.Count > 1 ? line.Suffixes : [],
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void FindLines()
    {
        long start = 0;
        int number = 0;
        while (start < _file.Length)
        {
            number++;
            int window = (int)Math.Min(LongestLine + 1, _file.Length - start);
            ReadOnlySpan<byte> rest = _file.Region.Span<byte>(start, window);
            int end = rest.IndexOf((byte)'\n');
            if (end < 0 && window > LongestLine)
            {
                throw new ModelFileException($"{Path}, line {number}: longer than {LongestLine} bytes; expected an example.");
            }
            int length = end < 0 ? window : end;
            ReadOnlySpan<byte> line = rest[..length];
            int mark = start == 0 && line.StartsWith("\uFEFF"u8) ? 3 : 0;
            if (line[mark..].ContainsAnyExcept(" \t\r"u8))
            {
                _lines.Add((start + mark, length - mark, number));
            }
            start += length + 1;
        }
        if (_lines.Count == 0)
        {
            throw new ModelFileException($"{Path} has no examples; expected lines of JSON with image, prefix and suffix.");
        }
    }

    private void Check(CancellationToken cancellation)
    {
        HashSet<string> known = new(StringComparer.Ordinal);
        for (int i = 0; i < _lines.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (string image in Parse(i).Images)
            {
                if (known.Add(image) && !File.Exists(image))
                {
                    throw new ModelFileException($"{Place(i)}: there is no picture {image}.");
                }
            }
        }
    }

    private string Place(int index) => $"{Path}, line {_lines[index].Number}";

    private Line Parse(int index)
    {
        (long start, int length, _) = _lines[index];
        return JsonRecord.Read(_file.Region.Span<byte>(start, length), Place(index), "", fields => new Line(
            [.. Texts(fields, "image", "a path or a list of paths").Select(image => System.IO.Path.Combine(_pictures, image))],
            fields.RequiredText("prefix"),
            Texts(fields, "suffix", "an answer or a list of answers")));
    }

    private static List<string> Texts(JsonFields fields, string name, string expected)
    {
        if (!fields.TryGet(name, out JsonElement value))
        {
            throw fields.Unexpected(name, expected);
        }
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return items.Length > 0 && Array.TrueForAll(items, item => item.ValueKind == JsonValueKind.String)
            ? [.. items.Select(item => item.GetString()!)]
            : throw fields.Unexpected(name, expected);
    }

    private sealed record Line(IReadOnlyList<string> Images, string Prefix, IReadOnlyList<string> Suffixes);
}
