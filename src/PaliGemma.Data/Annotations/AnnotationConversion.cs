using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>Converts annotations from one format to another.</summary>
public static class AnnotationConversion
{
    /// <summary>
    /// Converts, reads back what was written, compares, and only then puts it in its place: after a failure there is no output.
    /// </summary>
    /// <param name="source">What is read.</param>
    /// <param name="target">What is written.</param>
    /// <param name="progress">Is told how much is done, from 0 to 1.</param>
    /// <param name="cancellation">Ends the conversion.</param>
    /// <exception cref="ModelFileException">The source is not as its format says, or the target cannot be written.</exception>
    public static ConversionReport Run(
        AnnotationSource source, AnnotationTarget target, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        using StagedOutput output = Stage(target);
        ConversionReport report = Run(source, target, output.Path, progress, cancellation);
        // The source is closed now: it may be the file that is replaced.
        output.Commit();
        return report;
    }

    private static ConversionReport Run(
        AnnotationSource source, AnnotationTarget target, string path, IProgress<double>? progress, CancellationToken cancellation)
    {
        using AnnotationReader reader = AnnotationReader.Open(source, cancellation);
        if (reader.Count == 0)
        {
            throw new ModelFileException($"{source.Path} has no pictures with annotations.");
        }
        using AnnotationWriter writer = CreateWriter(path, source, target);
        ObjectSelection selection = new(writer);
        bool needsLabels = target is { Format: AnnotationFormat.PaliGemma, Prompts: PromptScope.All };
        IReadOnlyList<string> labels = reader.Labels ?? (needsLabels ? FindLabels(reader, cancellation) : []);
        writer.Begin([.. labels.Select(writer.LabelFor).OfType<string>().Distinct(StringComparer.Ordinal)]);
        Dictionary<string, int> indices = new(reader.Count, StringComparer.Ordinal);
        KnownPictures pictures = new();
        for (int i = 0; i < reader.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            AnnotatedImage image = selection.SelectAndCount(reader.Read(i));
            if (!indices.TryAdd(image.Path, i))
            {
                throw new ModelFileException($"{source.Path} speaks of the picture {image.Path} in two places; expected all its objects in one.");
            }
            pictures.Add(image.Path, image.Width, image.Height);
            writer.Write(image);
            progress?.Report(0.5 * (i + 1) / reader.Count);
        }
        foreach ((SkipReason reason, int count) in reader.Skipped)
        {
            selection.Count(reason, count);
        }
        writer.Complete();
        writer.Dispose();
        using AnnotationReader written = OpenWritten(path, target, pictures, cancellation);
        RoundTrip roundTrip = new();
        for (int i = 0; i < written.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            AnnotatedImage image = written.Read(i);
            if (indices.Remove(image.Path, out int original))
            {
                roundTrip.Add(selection.Select(reader.Read(original)), image);
            }
            progress?.Report(0.5 + (0.5 * (i + 1) / written.Count));
        }
        foreach (int missing in indices.Values)
        {
            roundTrip.Add(selection.Select(reader.Read(missing)), read: null);
        }
        return selection.Report(roundTrip.Report);
    }

    private static StagedOutput Stage(AnnotationTarget target) => target.Format switch
    {
        AnnotationFormat.Yolo => StagedOutput.Folder(target.Path, YoloWriter.DatasetFile),
        AnnotationFormat.Voc => StagedOutput.Folder(target.Path, VocWriter.AnnotationsFolder),
        AnnotationFormat.LabelMe => StagedOutput.Folder(target.Path, mark: null),
        _ => StagedOutput.File(target.Path),
    };

    private static AnnotationWriter CreateWriter(string path, AnnotationSource source, AnnotationTarget target) => target.Format switch
    {
        AnnotationFormat.Coco => new CocoWriter(path),
        AnnotationFormat.Yolo => new YoloWriter(path),
        AnnotationFormat.Voc => new VocWriter(path),
        AnnotationFormat.LabelMe => new LabelMeWriter(path, target.Path, source.Pictures),
        _ => new PrefixSuffixWriter(path, target),
    };

    /// <summary>The labels of a source that has no list of them.</summary>
    private static IReadOnlyList<string> FindLabels(AnnotationReader reader, CancellationToken cancellation)
    {
        LabelNumbers found = new();
        for (int i = 0; i < reader.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            found.AddRange(reader.Read(i).Objects.Select(marked => marked.Label));
        }
        return found.Names;
    }

    private static AnnotationReader OpenWritten(
        string path, AnnotationTarget target, KnownPictures pictures, CancellationToken cancellation) => target.Format switch
        {
            AnnotationFormat.Coco => CocoReader.Open(path, pictures, cancellation),
            AnnotationFormat.Yolo => YoloReader.Open(path, pictures),
            AnnotationFormat.Voc => VocReader.Open(Path.Combine(path, VocWriter.AnnotationsFolder), pictures),
            AnnotationFormat.LabelMe => LabelMeReader.Open(path, pictures),
            _ => PrefixSuffixReader.Open(path, pictures, LocationScale.Over1023, cancellation),
        };
}
