using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>The shape of an object in a picture, in one of the ways in which formats write it.</summary>
public abstract class ObjectMask
{
    private readonly Lazy<RunLengthEncoding> _runs;

    private protected ObjectMask() => _runs = new Lazy<RunLengthEncoding>(Fill);

    /// <summary>Which pixels of the picture belong to the object.</summary>
    /// <exception cref="ArgumentException">The picture is larger than masks may be, or a corner too far away.</exception>
    public RunLengthEncoding Runs => _runs.Value;

    /// <summary>The object's borders, each x and y of its corners in turn, in pixels; see <see cref="MaskPolygon"/>.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Runs"/>.</exception>
    public virtual IReadOnlyList<double[]> Polygons => MaskPolygon.Trace(Runs.ToMask(), Runs.Height, Runs.Width);

    /// <summary>Whether nothing of the picture belongs to the object.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Runs"/>.</exception>
    internal virtual bool IsEmpty => Runs.Area == 0;

    /// <summary>Several shapes of one picture as one; null for none.</summary>
    public static ObjectMask? Join(IReadOnlyList<ObjectMask> masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return masks switch
        {
            [] => null,
            [ObjectMask only] => only,
            [PolygonMask first, ..] when masks.All(mask => mask is PolygonMask) => first.With(masks.Skip(1)),
            _ => new RunMask(RunLengthEncoding.Union([.. masks.Select(mask => mask.Runs)])),
        };
    }

    private protected abstract RunLengthEncoding Fill();
}
