namespace PaliGemma.Data.Annotations;

/// <summary>Converts annotations from one format to another.</summary>
public sealed class AnnotationConversion
{
    private readonly AnnotationSource _source;
    private readonly AnnotationTarget _target;
    private readonly IProgress<double>? _progress;
    private readonly CancellationToken _cancellation;

    /// <summary>The place in the source of every picture that was written, by path.</summary>
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);

    private readonly KnownPictures _pictures = new();

    private AnnotationConversion(
        AnnotationSource source, AnnotationTarget target, IProgress<double>? progress, CancellationToken cancellation)
    {
        _source = source with { WithMasks = target.Task == AnnotationTask.Segment };
        _target = target;
        _progress = progress;
        _cancellation = cancellation;
    }

    /// <summary>
    /// Converts, reads back what was written, compares, and only then puts it in its place: after a failure there is no output.
    /// </summary>
    /// <param name="source">What is read; its shapes, if the target's task wants them.</param>
    /// <param name="target">What is written.</param>
    /// <param name="progress">Is told how much is done, from 0 to 1.</param>
    /// <param name="cancellation">Ends the conversion.</param>
    /// <exception cref="ModelFileException">
    /// The source is not as its format says, the target cannot be written, or shapes need a decoder or encoder that is missing.
    /// </exception>
    public static ConversionReport Run(
        AnnotationSource source, AnnotationTarget target, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        CheckCodes(source, target);
        using StagedOutput output = Stage(target);
        // At its end the source is closed: it may be the file that is replaced.
        return output.Fill(new AnnotationConversion(source, target, progress, cancellation).Run);
    }

    /// <summary>Shapes become codes, or codes shapes, only with the weights; between PaliGemma's files codes are passed on.</summary>
    private static void CheckCodes(AnnotationSource source, AnnotationTarget target)
    {
        bool fromCodes = source.Format == AnnotationFormat.PaliGemma;
        bool toCodes = target.Format == AnnotationFormat.PaliGemma;
        if (target.Task == AnnotationTask.Segment && fromCodes != toCodes
            && (source.MaskDecoder is null || (toCodes && target.MaskEncoder is null)))
        {
            throw new ModelFileException(
                "PaliGemma's shapes are codes; expected the weights vae-oid.npz to convert them "
                + "(--mask-decoder, or 'paligemma pull mask-decoder').");
        }
    }

    private static StagedOutput Stage(AnnotationTarget target) => target.Format switch
    {
        AnnotationFormat.Yolo => StagedOutput.Folder(target.Path, YoloWriter.DatasetFile),
        AnnotationFormat.Voc => StagedOutput.Folder(target.Path, VocWriter.AnnotationsFolder),
        AnnotationFormat.LabelMe => StagedOutput.Folder(target.Path),
        _ => StagedOutput.File(target.Path),
    };

    private ConversionReport Run(string path)
    {
        using AnnotationReader reader = AnnotationReader.Open(_source, _cancellation);
        if (reader.Count == 0)
        {
            throw new ModelFileException($"{_source.Path} has no pictures with annotations.");
        }
        using AnnotationWriter writer = CreateWriter(path);
        ObjectSelection selection = new(writer, _target.Task);
        Write(reader, writer, selection);
        // Closes the files, so that they can be read.
        writer.Dispose();
        return selection.Report(Compare(reader, path, selection));
    }

    private void Write(AnnotationReader reader, AnnotationWriter writer, ObjectSelection selection)
    {
        bool needsLabels = _target is { Format: AnnotationFormat.PaliGemma, Prompts: PromptScope.All };
        IReadOnlyList<string> labels = reader.Labels ?? (needsLabels ? FindLabels(reader) : []);
        writer.Begin([.. labels.Select(writer.LabelFor).OfType<string>().Distinct(StringComparer.Ordinal)]);
        for (int i = 0; i < reader.Count; i++)
        {
            _cancellation.ThrowIfCancellationRequested();
            AnnotatedImage image = reader.Read(i);
            if (!_indices.TryAdd(image.Path, i))
            {
                throw new ModelFileException(
                    $"{_source.Path} speaks of the picture {image.Path} in two places; expected all its objects in one.");
            }
            _pictures.Add(image.Path, image.Width, image.Height);
            InPicture(image, () => writer.Write(selection.SelectAndCount(image)));
            _progress?.Report(0.5 * (i + 1) / reader.Count);
        }
        writer.Complete();
        foreach ((SkipReason reason, int count) in reader.Skipped)
        {
            selection.Count(reason, count);
        }
    }

    private RoundTripReport Compare(AnnotationReader reader, string path, ObjectSelection selection)
    {
        RoundTrip roundTrip = new();
        using AnnotationReader written = OpenWritten(path);
        for (int i = 0; i < written.Count; i++)
        {
            _cancellation.ThrowIfCancellationRequested();
            AnnotatedImage image = written.Read(i);
            if (_indices.Remove(image.Path, out int original))
            {
                InPicture(image, () => roundTrip.Add(selection.Select(reader.Read(original)), image));
            }
            _progress?.Report(0.5 + (0.5 * (i + 1) / written.Count));
        }
        // A file of training data has no line about them if they have no objects; otherwise these are lost.
        foreach (int missing in _indices.Values)
        {
            AnnotatedImage image = reader.Read(missing);
            InPicture(image, () => roundTrip.Add(selection.Select(image), read: null));
        }
        return roundTrip.Report;
    }

    /// <summary>Names the picture in what is wrong with its shapes.</summary>
    private void InPicture(AnnotatedImage image, Action work)
    {
        try
        {
            work();
        }
        catch (Exception error) when ((error is AggregateException several ? several.InnerException : error) is ArgumentException wrong)
        {
            // Without the parameter's name, which the library appends.
            string sentence = wrong.Message.Replace($" (Parameter '{wrong.ParamName}')", "", StringComparison.Ordinal);
            throw new ModelFileException($"{_source.Path}: a shape in {image.Path}: {sentence}", error);
        }
    }

    private AnnotationWriter CreateWriter(string path) => _target.Format switch
    {
        AnnotationFormat.Coco => new CocoWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16)),
        AnnotationFormat.Yolo => new YoloWriter(path),
        AnnotationFormat.Voc => new VocWriter(path),
        AnnotationFormat.LabelMe => new LabelMeWriter(path, _target.Path, _source.Pictures),
        _ => new PrefixSuffixWriter(path, _target),
    };

    /// <summary>Opens what was written. The pictures need not be there: their sizes are known.</summary>
    private AnnotationReader OpenWritten(string path)
    {
        bool withMasks = _source.WithMasks;
        AnnotationSource written = new(_target.Format, path) { WithMasks = withMasks, MaskDecoder = _source.MaskDecoder };
        return _target.Format switch
        {
            AnnotationFormat.Coco => CocoReader.Open(path, _pictures, withMasks, _cancellation),
            AnnotationFormat.Yolo => YoloReader.Open(path, _pictures, withMasks),
            AnnotationFormat.Voc => VocReader.Open(path, _pictures, withMasks),
            AnnotationFormat.LabelMe => LabelMeReader.Open(path, _pictures, withMasks),
            _ => PrefixSuffixReader.Open(written, _pictures, _cancellation),
        };
    }

    /// <summary>The labels of a source that has no list of them.</summary>
    private IReadOnlyList<string> FindLabels(AnnotationReader reader)
    {
        LabelNumbers found = new();
        for (int i = 0; i < reader.Count; i++)
        {
            _cancellation.ThrowIfCancellationRequested();
            found.AddRange(reader.Read(i).Objects.Select(marked => marked.Label));
        }
        return found.Names;
    }
}
