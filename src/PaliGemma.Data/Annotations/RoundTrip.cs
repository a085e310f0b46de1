using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>Compares objects that were written and read again with what was to be written.</summary>
internal sealed class RoundTrip
{
    private int _objects;
    private int _lost;
    private double _sumOfErrors;
    private double _largestError;
    private double _sumOfOverlaps;
    private double _smallestOverlap = 1;
    private int _masks;
    private double _sumOfMaskOverlaps;
    private double _smallestMaskOverlap = 1;

    public RoundTripReport Report => new()
    {
        Objects = _objects,
        Lost = _lost,
        MeanBoxError = _objects == 0 ? 0 : _sumOfErrors / _objects,
        MaxBoxError = _largestError,
        MeanBoxOverlap = _objects == 0 ? 1 : _sumOfOverlaps / _objects,
        MinBoxOverlap = _smallestOverlap,
        MeanMaskOverlap = _masks == 0 ? null : _sumOfMaskOverlaps / _masks,
        MinMaskOverlap = _masks == 0 ? null : _smallestMaskOverlap,
    };

    /// <summary>
    /// Compares one picture's objects. Those of one label keep their order in every format, so the first one that was written is the first
    /// one that is read.
    /// </summary>
    /// <param name="written">What was to be written.</param>
    /// <param name="read">What was read; null for nothing.</param>
    public void Add(AnnotatedImage written, AnnotatedImage? read)
    {
        ILookup<string, AnnotatedObject> found = (read?.Objects ?? []).ToLookup(marked => marked.Label, StringComparer.Ordinal);
        List<(AnnotatedObject Before, AnnotatedObject After)> pairs = [];
        foreach (IGrouping<string, AnnotatedObject> expected in written.Objects.GroupBy(marked => marked.Label, StringComparer.Ordinal))
        {
            pairs.AddRange(expected.Zip(found[expected.Key]));
        }
        _lost += written.Objects.Count - pairs.Count;
        foreach ((AnnotatedObject before, AnnotatedObject after) in pairs)
        {
            Add(written, before, after);
        }
        // Codes take milliseconds to decode.
        foreach (double overlap in pairs.FindAll(pair => pair.Before.Mask is not null).AsParallel().AsOrdered().Select(MaskOverlap))
        {
            _masks++;
            _sumOfMaskOverlaps += overlap;
            _smallestMaskOverlap = Math.Min(_smallestMaskOverlap, overlap);
        }
    }

    /// <summary>How well two shapes agree; 0 where one is lost.</summary>
    private static double MaskOverlap((AnnotatedObject Before, AnnotatedObject After) pair) => (pair.Before.Mask, pair.After.Mask) switch
    {
        (CodedMask before, CodedMask after) => before.Codes.SequenceEqual(after.Codes) ? 1 : 0,
        (ObjectMask before, ObjectMask after) => after.Runs.IntersectionOverUnion(before.Runs),
        _ => 0,
    };

    private void Add(AnnotatedImage image, AnnotatedObject before, AnnotatedObject after)
    {
        (float y1, float x1, float y2, float x2) = before.Box;
        float error = Math.Max(
            Math.Max(Math.Abs(y1 - after.Box.Y1), Math.Abs(x1 - after.Box.X1)),
            Math.Max(Math.Abs(y2 - after.Box.Y2), Math.Abs(x2 - after.Box.X2)));
        BoundingBox expected = before.Box.ToNormalized(image.Width, image.Height);
        float overlap = expected.IntersectionOverUnion(after.Box.ToNormalized(image.Width, image.Height));
        _objects++;
        _sumOfErrors += error;
        _largestError = Math.Max(_largestError, error);
        _sumOfOverlaps += overlap;
        _smallestOverlap = Math.Min(_smallestOverlap, overlap);
    }
}
