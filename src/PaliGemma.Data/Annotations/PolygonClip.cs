using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Cuts polygons off at the picture's edges, one edge after the other (Sutherland and Hodgman, 1974). Parts of a polygon that are left on
/// both sides of a gap stay tied along the edge, by a border without width.
/// </summary>
internal static class PolygonClip
{
    /// <summary>The part of a polygon that lies in a picture; empty for none.</summary>
    /// <param name="polygon">x and y of three corners or more in turn, in pixels.</param>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <returns>The polygon itself if it lies inside.</returns>
    /// <exception cref="ArgumentException">There are fewer corners, or one is too far away.</exception>
    public static double[] Clip(double[] polygon, int width, int height)
    {
        MaskPolygon.CheckPoints(polygon);
        if (polygon.Index().All(place => place.Item >= 0 && place.Item <= (place.Index % 2 == 0 ? width : height)))
        {
            return polygon;
        }
        List<double> left = Cut(Cut([.. polygon], axis: 0, edge: 0, side: 1), axis: 0, edge: width, side: -1);
        List<double> inside = Cut(Cut(left, axis: 1, edge: 0, side: 1), axis: 1, edge: height, side: -1);
        return inside.Count >= 6 ? [.. inside] : [];
    }

    /// <summary>Keeps what lies on one side of an edge; what only touches the edge does not.</summary>
    /// <param name="polygon">The corners.</param>
    /// <param name="axis">0 for an edge that x stands on, 1 for y.</param>
    /// <param name="edge">Where it stands.</param>
    /// <param name="side">1 to keep what is larger, -1 what is smaller.</param>
    private static List<double> Cut(List<double> polygon, int axis, double edge, int side)
    {
        List<double> kept = [];
        for (int to = 0; to < polygon.Count; to += 2)
        {
            int from = to == 0 ? polygon.Count - 2 : to - 2;
            double before = side * (polygon[from + axis] - edge);
            double after = side * (polygon[to + axis] - edge);
            if (before > 0 != after > 0)
            {
                (double start, double end) = (polygon[from + 1 - axis], polygon[to + 1 - axis]);
                double along = start + ((end - start) * (before / (before - after)));
                Add(kept, axis == 0 ? edge : along, axis == 0 ? along : edge);
            }
            if (after > 0)
            {
                Add(kept, polygon[to], polygon[to + 1]);
            }
        }
        return kept;
    }

    private static void Add(List<double> corners, double x, double y)
    {
        if (corners is not [.., double lastX, double lastY] || (lastX, lastY) != (x, y))
        {
            corners.AddRange([x, y]);
        }
    }
}
