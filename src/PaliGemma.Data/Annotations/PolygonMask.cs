using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// A shape as polygons, as annotators draw it; what any of them contains belongs to the object. What lies outside of the picture is cut off.
/// </summary>
/// <param name="polygons">Each x and y of three corners or more in turn, in pixels.</param>
/// <param name="width">The picture's width in pixels.</param>
/// <param name="height">The picture's height in pixels.</param>
public sealed class PolygonMask(IReadOnlyList<double[]> polygons, int width, int height) : ObjectMask
{
    /// <summary>
    /// Columns of pixels that borders may cross in all. Nobody draws so many, and a small file could keep a machine busy for hours.
    /// </summary>
    private const double MostCrossings = 1 << 26;

    private readonly Lazy<IReadOnlyList<double[]>> _inside = new(() =>
        [.. polygons.Select(polygon => PolygonClip.Clip(polygon, width, height)).Where(polygon => polygon.Length > 0)]);

    /// <inheritdoc/>
    public override IReadOnlyList<double[]> Polygons => _inside.Value;

    /// <summary>The same object with the polygons of other masks of the picture.</summary>
    internal PolygonMask With(IEnumerable<ObjectMask> others) =>
        new([.. polygons, .. others.SelectMany(other => other.Polygons)], width, height);

    private protected override RunLengthEncoding Fill()
    {
        if (Polygons.Count == 0)
        {
            return RunLengthEncoding.FromBox([], 0, 0, 0, 0, height, width);
        }
        double crossings = Polygons.Sum(Crossings);
        return crossings <= MostCrossings
            ? RunLengthEncoding.Union([.. Polygons.Select(polygon => MaskPolygon.Fill(polygon, height, width))])
            : throw new ArgumentException(
                $"The borders of a shape cross {crossings:0} columns of pixels; at most {MostCrossings} are filled.");
    }

    /// <summary>How many columns of the picture a polygon's border crosses, each as often as it does.</summary>
    private static double Crossings(double[] polygon)
    {
        double crossings = 0;
        double before = polygon[^2];
        for (int i = 0; i < polygon.Length; i += 2)
        {
            crossings += Math.Abs(polygon[i] - before);
            before = polygon[i];
        }
        return crossings;
    }
}
