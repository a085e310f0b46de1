using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>A shape as polygons, as annotators draw it; what any of them contains belongs to the object.</summary>
/// <param name="polygons">At least one; each x and y of three corners or more in turn, in pixels.</param>
/// <param name="width">The picture's width in pixels.</param>
/// <param name="height">The picture's height in pixels.</param>
public sealed class PolygonMask(IReadOnlyList<double[]> polygons, int width, int height) : ObjectMask
{
    /// <inheritdoc/>
    public override IReadOnlyList<double[]> Polygons => polygons;

    /// <summary>The same object with the polygons of other masks of the picture.</summary>
    internal PolygonMask With(IEnumerable<ObjectMask> others) =>
        new([.. polygons, .. others.SelectMany(other => other.Polygons)], width, height);

    private protected override RunLengthEncoding Fill() =>
        RunLengthEncoding.Union([.. polygons.Select(polygon => MaskPolygon.Fill(polygon, height, width))]);
}
