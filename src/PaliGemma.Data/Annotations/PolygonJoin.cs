using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Makes one closed polygon of several, for formats that have one per object: each further one is tied to the ring by a cut of no width
/// between two near corners, there and back. What is inside stays the same as long as the polygons do not overlap.
/// </summary>
internal static class PolygonJoin
{
    /// <summary>Pairs of corners that are compared to find the nearest; beyond, a few of the corners stand for all.</summary>
    private const int MostPairs = 1 << 16;

    /// <summary>Parts that are tied together; of more only the largest, the others being dust.</summary>
    private const int MostParts = 1 << 10;

    /// <summary>x and y of the corners of an object's border.</summary>
    /// <param name="mask">The object's shape, which is not empty.</param>
    public static IReadOnlyList<double> OneRing(ObjectMask mask)
    {
        IReadOnlyList<double[]> polygons = mask.Polygons;
        if (polygons.Count == 1)
        {
            return polygons[0];
        }
        (int width, int height) = (mask.Runs.Width, mask.Runs.Height);
        if (polygons.Sum(polygon => (long)MaskPolygon.Fill(polygon, height, width).Area) > mask.Runs.Area)
        {
            // They overlap: what lies in two of them would count as outside.
            polygons = MaskPolygon.Trace(mask.Runs.ToMask(), height, width);
        }
        if (polygons.Count > MostParts)
        {
            polygons = [.. polygons.OrderByDescending(polygon => Area(polygon)).Take(MostParts)];
        }
        List<double> ring = [.. polygons[0]];
        foreach (double[] polygon in polygons.Skip(1))
        {
            Tie(ring, polygon);
        }
        return ring;
    }

    /// <summary>Twice the area that a polygon encloses.</summary>
    private static double Area(ReadOnlySpan<double> polygon)
    {
        double area = 0;
        (double x, double y) = (polygon[^2], polygon[^1]);
        for (int i = 0; i < polygon.Length; i += 2)
        {
            area += (x * polygon[i + 1]) - (polygon[i] * y);
            (x, y) = (polygon[i], polygon[i + 1]);
        }
        return Math.Abs(area);
    }

    /// <summary>Inserts a polygon into the ring: from the near corner over to it, around it, and back.</summary>
    private static void Tie(List<double> ring, ReadOnlySpan<double> polygon)
    {
        (int from, int to) = Nearest(ring, polygon);
        double[] detour = [.. polygon[to..], .. polygon[..to], polygon[to], polygon[to + 1], ring[from], ring[from + 1]];
        ring.InsertRange(from + 2, detour);
    }

    /// <summary>Where in the lists the x of the two nearest corners stand.</summary>
    private static (int From, int To) Nearest(List<double> ring, ReadOnlySpan<double> polygon)
    {
        long pairs = (long)(ring.Count / 2) * (polygon.Length / 2);
        int step = 2 * (1 + (int)Math.Sqrt(pairs / MostPairs));
        (int from, int to) = (0, 0);
        double smallest = double.PositiveInfinity;
        for (int i = 0; i < ring.Count; i += step)
        {
            for (int j = 0; j < polygon.Length; j += step)
            {
                (double dx, double dy) = (ring[i] - polygon[j], ring[i + 1] - polygon[j + 1]);
                double distance = (dx * dx) + (dy * dy);
                if (distance < smallest)
                {
                    (from, to, smallest) = (i, j, distance);
                }
            }
        }
        return (from, to);
    }
}
