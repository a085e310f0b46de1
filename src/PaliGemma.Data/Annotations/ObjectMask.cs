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

    /// <summary>Both shapes as one.</summary>
    /// <param name="other">A shape in the same picture.</param>
    public virtual ObjectMask Join(ObjectMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new RunMask(RunLengthEncoding.Union(Runs, other.Runs));
    }

    private protected abstract RunLengthEncoding Fill();
}
