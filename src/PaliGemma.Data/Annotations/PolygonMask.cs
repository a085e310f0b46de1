using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>A shape as polygons, as annotators draw it; what any of them contains belongs to the object.</summary>
/// <param name="polygons">At least one; each x and y of three corners or more in turn, in pixels.</param>
/// <param name="width">The picture's width in pixels.</param>
/// <param name="height">The picture's height in pixels.</param>
public sealed class PolygonMask(IReadOnlyList<double[]> polygons, int width, int height) : ObjectMask
{
    /// <summary>
    /// Columns of pixels that borders may cross in all. Nobody draws so many, and a small file could keep a machine busy for hours.
    /// </summary>
    private const double MostCrossings = 1 << 26;

    /// <inheritdoc/>
    public override IReadOnlyList<double[]> Polygons => polygons;

    /// <summary>The same object with the polygons of other masks of the picture.</summary>
    internal PolygonMask With(IEnumerable<ObjectMask> others) =>
        new([.. polygons, .. others.SelectMany(other => other.Polygons)], width, height);

    private protected override RunLengthEncoding Fill()
    {
        double crossings = polygons.Sum(Crossings);
        return crossings <= MostCrossings
            ? RunLengthEncoding.Union([.. polygons.Select(polygon => MaskPolygon.Fill(polygon, height, width))])
            : throw new ArgumentException(
                $"The borders of a shape cross {crossings:0} columns of pixels; at most {MostCrossings} are filled.");
    }

    /// <summary>How many columns of the picture a polygon's border crosses, each as often as it does.</summary>
    private double Crossings(double[] polygon)
    {
        double crossings = 0;
        double before = Math.Clamp(polygon[^2], 0, width);
        for (int i = 0; i < polygon.Length; i += 2)
        {
            double x = Math.Clamp(polygon[i], 0, width);
            crossings += Math.Abs(x - before);
            before = x;
        }
        return crossings;
    }
}
