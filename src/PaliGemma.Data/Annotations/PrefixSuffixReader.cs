using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// PaliGemma's training data (big_vision's and Roboflow's JSONL): lines with <c>image</c>, <c>prefix</c>, <c>suffix</c>. Lines about
/// objects are those that ask to detect or segment, and those whose answer has locations; the others are counted. All lines about one
/// picture are read together.
/// </summary>
internal sealed class PrefixSuffixReader : AnnotationReader
{
    private const int LongestLine = 1 << 26;

    private readonly string _path;
    private readonly MappedFile _file;
    private readonly PictureCatalog _pictures;
    private readonly LocationScale _scale;
    private readonly bool _withMasks;
    private readonly MaskDecoder? _decoder;
    private readonly List<(string Path, List<Line> Lines)> _images = [];
    private readonly Dictionary<SkipReason, int> _skipped = [];

    private PrefixSuffixReader(AnnotationSource source, MappedFile file, PictureCatalog pictures, CancellationToken cancellation)
    {
        _path = source.Path;
        _file = file;
        _pictures = pictures;
        _scale = source.Scale;
        _withMasks = source.WithMasks;
        _decoder = source.MaskDecoder;
        Dictionary<string, List<Line>> lines = new(StringComparer.Ordinal);
        foreach (Line line in Lines())
        {
            cancellation.ThrowIfCancellationRequested();
            PrefixSuffixExample example = ReadLine(line);
            if (!IsAboutObjects(example))
            {
                _skipped[SkipReason.OtherTask] = _skipped.GetValueOrDefault(SkipReason.OtherTask) + 1;
                continue;
            }
            if (!lines.TryGetValue(example.Image, out List<Line>? known))
            {
                known = [];
                lines.Add(example.Image, known);
                _images.Add((example.Image, known));
            }
            known.Add(line);
        }
    }

    public override IReadOnlyList<string>? Labels => null;

    public override int Count => _images.Count;

    public override IReadOnlyDictionary<SkipReason, int> Skipped => _skipped;

    /// <exception cref="ModelFileException">The file is no JSONL of image, prefix and suffix.</exception>
    public static new PrefixSuffixReader Open(AnnotationSource source, CancellationToken cancellation)
    {
        string? beside = Path.GetDirectoryName(Path.GetFullPath(source.Path));
        return Open(source, FolderPictures.In(source.Pictures ?? beside), cancellation);
    }

    public static PrefixSuffixReader Open(AnnotationSource source, PictureCatalog pictures, CancellationToken cancellation)
    {
        MappedFile file = AnnotationFile.Map(source.Path);
        try
        {
            return new PrefixSuffixReader(source, file, pictures, cancellation);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override AnnotatedImage Read(int index)
    {
        (string path, List<Line> lines) = _images[index];
        (int width, int height) = _pictures.SizeOf(path, _path);
        List<AnnotatedObject> objects = [];
        List<string> problems = [];
        foreach (Line line in lines)
        {
            PrefixSuffixExample example = ReadLine(line);
            TaskOutput answer = TaskOutputParser.ParseObjects(example.Suffix, width, height, _scale);
            string only = OnlyThing(example.Prefix);
            foreach (DetectedObject found in answer.Objects)
            {
                objects.Add(new AnnotatedObject(found.Label.Length == 0 ? only : found.Label, found.PixelBox)
                {
                    Mask = _withMasks && found.MaskCodes is { } codes ? new CodedMask(codes, found.Box, width, height, _decoder) : null,
                });
            }
            problems.AddRange(answer.Problems.Select(problem => $"{_path}, line {line.Number}: {problem.What}"));
        }
        return new AnnotatedImage(path, width, height, objects)
        {
            Problems = problems,
            Origin = $"{_path}, line {lines[0].Number}: image",
        };
    }

    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>What an object without a label is: the only thing asked for. Referring expressions are asked without a verb.</summary>
    private static string OnlyThing(string prefix) => TaskPrompt.Parse(prefix) switch
    {
        ObjectPrompt { Things: [string thing] } => thing,
        FreePrompt when !AsksForObjects(prefix) => prefix,
        _ => "",
    };

    private static bool IsAboutObjects(PrefixSuffixExample example) =>
        AsksForObjects(example.Prefix) || (LocationTokens.OccurIn(example.Suffix) && TaskPrompt.Parse(example.Prefix) is FreePrompt);

    private static bool AsksForObjects(string prefix) =>
        prefix.StartsWith("detect ", StringComparison.Ordinal) || prefix.StartsWith("segment ", StringComparison.Ordinal);

    private PrefixSuffixExample ReadLine(Line line) => JsonRecord.Read(
        _file.Region.Span<byte>(line.Start, line.Length),
        $"{_path}, line {line.Number}",
        prefix: "",
        fields => new PrefixSuffixExample(_pictures.Read(fields, "image"), fields.RequiredText("prefix"), fields.RequiredText("suffix")));

    /// <summary>The lines that are not blank; a mark of the byte order is none of the first line.</summary>
    private IEnumerable<Line> Lines()
    {
        long start = ByteOrderMark.LengthIn(_file.Region);
        for (int number = 1; start < _file.Length; number++)
        {
            int length = LengthAt(start, number);
            if (!IsBlank(start, length))
            {
                yield return new Line(start, length, number);
            }
            start += length + 1;
        }
    }

    private int LengthAt(long start, int number)
    {
        int window = (int)Math.Min(_file.Length - start, LongestLine);
        int length = _file.Region.Span<byte>(start, window).IndexOf((byte)'\n');
        return length >= 0 ? length
            : window < LongestLine ? window
            : throw new ModelFileException($"{_path}, line {number} is longer than {LongestLine} bytes; expected JSONL.");
    }

    private bool IsBlank(long start, int length) => !_file.Region.Span<byte>(start, length).ContainsAnyExcept(" \t\r"u8);

    private readonly record struct Line(long Start, int Length, int Number);
}
