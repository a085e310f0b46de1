using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>Decides what of a source the target gets, and counts what it does not get.</summary>
/// <param name="writer">The target, which knows what it can hold.</param>
/// <param name="task">What of an object is written.</param>
internal sealed class ObjectSelection(AnnotationWriter writer, AnnotationTask task)
{
    /// <summary>Pixels by which a box may reach over the edge without counting as cut off: rounding in the source.</summary>
    private const float Tolerance = 0.01f;

    private const int MostProblems = 10;

    private readonly Dictionary<string, int> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<SkipReason, int> _skipped = [];
    private readonly Dictionary<string, string> _renamed = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];
    private int _images;
    private int _imagesWithObjects;
    private int _objects;
    private int _clipped;
    private int _most;
    private int _problemCount;

    /// <summary>The objects of a picture that the target gets, as it gets them.</summary>
    public AnnotatedImage Select(AnnotatedImage image)
    {
        IEnumerable<AnnotatedObject?> objects = image.Objects.Select(marked => Fit(marked, image).Object);
        return image with { Objects = [.. objects.OfType<AnnotatedObject>()] };
    }

    /// <summary>As <see cref="Select"/>, and counts.</summary>
    public AnnotatedImage SelectAndCount(AnnotatedImage image)
    {
        List<AnnotatedObject> objects = [];
        List<SkipReason> skipped = [.. image.Skipped];
        foreach (AnnotatedObject marked in image.Objects)
        {
            (AnnotatedObject? fitted, SkipReason reason) = Fit(marked, image);
            if (fitted is null)
            {
                skipped.Add(reason);
                continue;
            }
            objects.Add(fitted);
            _labels[fitted.Label] = _labels.GetValueOrDefault(fitted.Label) + 1;
            _clipped += ReachesOver(marked.Box, image) ? 1 : 0;
            if (fitted.Label != marked.Label)
            {
                _renamed[marked.Label] = fitted.Label;
            }
        }
        foreach (SkipReason reason in skipped)
        {
            Count(reason, 1);
        }
        _problemCount += image.Problems.Count;
        _problems.AddRange(image.Problems.Take(MostProblems - _problems.Count));
        _images++;
        _objects += objects.Count;
        _imagesWithObjects += objects.Count > 0 ? 1 : 0;
        _most = Math.Max(_most, objects.Count);
        return image with { Objects = objects, Skipped = skipped };
    }

    /// <summary>Counts what belongs to no picture.</summary>
    public void Count(SkipReason reason, int count) => _skipped[reason] = _skipped.GetValueOrDefault(reason) + count;

    public ConversionReport Report(RoundTripReport roundTrip) => new()
    {
        Images = _images,
        ImagesWithObjects = _imagesWithObjects,
        Objects = _objects,
        Clipped = _clipped,
        MostObjects = _most,
        Labels = _labels,
        Skipped = _skipped,
        Renamed = _renamed,
        ProblemCount = _problemCount,
        FirstProblems = _problems,
        RoundTrip = roundTrip,
    };

    private (AnnotatedObject? Object, SkipReason Reason) Fit(AnnotatedObject marked, AnnotatedImage image)
    {
        if (writer.LabelFor(marked.Label) is not string label)
        {
            return (null, SkipReason.Label);
        }
        if (marked.IsCrowd && !writer.KeepsCrowds)
        {
            return (null, SkipReason.Crowd);
        }
        if (!(marked.Box is { Width: > 0, Height: > 0 }))
        {
            return (null, SkipReason.Degenerate);
        }
        PixelBox box = new(
            Math.Clamp(marked.Box.Y1, 0, image.Height),
            Math.Clamp(marked.Box.X1, 0, image.Width),
            Math.Clamp(marked.Box.Y2, 0, image.Height),
            Math.Clamp(marked.Box.X2, 0, image.Width));
        if (!(box is { Width: > 0, Height: > 0 }))
        {
            return (null, SkipReason.Outside);
        }
        if (task == AnnotationTask.Segment && marked.Mask is not { IsEmpty: false })
        {
            return (null, SkipReason.NoMask);
        }
        if (marked.Mask is not (null or CodedMask) && ReachesOver(marked.Box, image))
        {
            // What is left of a shape may be smaller than what is left of its box.
            box = PixelBoxes.Around([.. marked.Mask.Polygons.SelectMany(polygon => polygon)]);
        }
        AnnotatedObject fitted = marked with { Label = label, Box = box };
        return writer.CanHold(fitted, image) ? (fitted, default) : (null, SkipReason.TooSmall);
    }

    private static bool ReachesOver(PixelBox box, AnnotatedImage image) =>
        box.Y1 < -Tolerance || box.X1 < -Tolerance || box.Y2 > image.Height + Tolerance || box.X2 > image.Width + Tolerance;
}
