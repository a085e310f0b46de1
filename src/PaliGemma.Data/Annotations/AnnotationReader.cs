namespace PaliGemma.Data.Annotations;

/// <summary>
/// Annotations of any format, picture by picture in any order. Only an index is held in memory; a picture's objects are read when it is
/// asked for.
/// </summary>
public abstract class AnnotationReader : IDisposable
{
    private protected AnnotationReader()
    {
    }

    /// <summary>All labels, in the source's order; null where the format has no list of them.</summary>
    public abstract IReadOnlyList<string>? Labels { get; }

    /// <summary>How many pictures there are.</summary>
    public abstract int Count { get; }

    /// <summary>What belongs to none of the pictures, counted.</summary>
    public virtual IReadOnlyDictionary<SkipReason, int> Skipped { get; } = new Dictionary<SkipReason, int>();

    /// <summary>Opens annotations.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="cancellation">Ends the reading of the index.</param>
    /// <exception cref="ModelFileException">
    /// They are missing or not as the format says; the message names the file and the place in it.
    /// </exception>
    public static AnnotationReader Open(AnnotationSource source, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Split is not null && source.Format is not (AnnotationFormat.Yolo or AnnotationFormat.Voc))
        {
            throw new ArgumentException("Only YOLO and Pascal VOC data sets are divided into splits.", nameof(source));
        }
        return source.Format switch
        {
            AnnotationFormat.Coco => CocoReader.Open(source, cancellation),
            AnnotationFormat.Yolo => YoloReader.Open(source),
            AnnotationFormat.Voc => VocReader.Open(source),
            AnnotationFormat.LabelMe => LabelMeReader.Open(source),
            AnnotationFormat.PaliGemma => PrefixSuffixReader.Open(source, cancellation),
            _ => throw new ArgumentException($"{source.Format} is no annotation format.", nameof(source)),
        };
    }

    /// <summary>Reads a picture's annotations.</summary>
    /// <param name="index">0 … <see cref="Count"/> - 1.</param>
    /// <exception cref="ModelFileException">
    /// They are not as the format says, or the picture's size is needed and cannot be read.
    /// </exception>
    public abstract AnnotatedImage Read(int index);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
