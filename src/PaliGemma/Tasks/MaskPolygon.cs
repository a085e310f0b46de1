namespace PaliGemma.Tasks;

/// <summary>
/// Polygons as COCO writes masks: x0, y0, x1, y1 … in pixels, edges between pixels, closed without repeating the first point. A mask of
/// several polygons is their union, so a polygon cannot be cut out of another one.
/// </summary>
public static class MaskPolygon
{
    /// <summary>Coordinates beyond this, to either side, are refused.</summary>
    public const double MaxCoordinate = 1e8;

    private const int Scale = 5;
    private const int Middle = Scale / 2;

    /// <summary>From this number on, switches that undo each other are taken out before more are added.</summary>
    private const int MostSwitches = 1 << 20;

    /// <summary>
    /// Fills a polygon as COCO does (cocodataset/cocoapi, common/maskApi, rleFrPoly): its border on a grid five times as fine, sampled at
    /// the middle of each column, where crossings switch between outside and inside.
    /// </summary>
    /// <param name="points">x and y in turn, at least three points.</param>
    /// <param name="height">Rows of the mask.</param>
    /// <param name="width">Columns of the mask.</param>
    /// <exception cref="ArgumentException">
    /// The size is negative or too large, there are fewer than three points, or a coordinate is no number or too large.
    /// </exception>
    public static RunLengthEncoding Fill(ReadOnlySpan<double> points, int height, int width)
    {
        int pixels = RunLengthEncoding.CheckSize(height, width);
        CheckPoints(points);
        if (pixels == 0)
        {
            return RunLengthEncoding.FromCounts([0], height, width);
        }
        // Places where the inside begins or ends, down the columns from the left one on. A polygon has few of them, so that many polygons
        // may be filled in a large picture.
        List<int> switches = [];
        int most = MostSwitches;
        (int X, int Y) from = Fine(points[^2], points[^1]);
        for (int i = 0; i < points.Length; i += 2)
        {
            (int X, int Y) to = Fine(points[i], points[i + 1]);
            Cross(switches, from, to, height, width);
            from = to;
            if (switches.Count > most)
            {
                SortAndCancel(switches);
                most = MostSwitches + (2 * switches.Count);
            }
        }
        SortAndCancel(switches);
        List<int> counts = [];
        int start = 0;
        foreach (int place in switches.TakeWhile(place => place < pixels))
        {
            counts.Add(place - start);
            start = place;
        }
        counts.Add(pixels - start);
        return RunLengthEncoding.FromCounts([.. counts], height, width);
    }

    /// <summary>
    /// Follows the border of each part of a mask along the edges of its pixels; parts that touch at a corner are one. COCO's polygons have
    /// no holes: a hole is cut in from the border on its left, by a cut of no width. So <see cref="Fill"/>, and the union over the parts,
    /// gives back the mask exactly.
    /// </summary>
    /// <param name="mask">[height, width], row by row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <returns>A polygon per part, clockwise from its top left corner; parts from the top row on.</returns>
    /// <exception cref="ArgumentException">The size is negative or too large, or not that of the mask.</exception>
    public static IReadOnlyList<double[]> Trace(ReadOnlySpan<bool> mask, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(mask.Length, RunLengthEncoding.CheckSize(height, width), nameof(mask));
        return new BorderFollowing(mask, height, width).Trace();
    }

    /// <exception cref="ArgumentException">There are fewer than three points, or a coordinate is no number or too large.</exception>
    internal static void CheckPoints(ReadOnlySpan<double> points)
    {
        if (points.Length < 6 || points.Length % 2 != 0)
        {
            throw new ArgumentException(
                $"A polygon has {points.Length} numbers; expected x and y of at least three points.", nameof(points));
        }
        foreach (double coordinate in points)
        {
            if (!(Math.Abs(coordinate) <= MaxCoordinate))
            {
                throw new ArgumentException(
                    $"A polygon has the coordinate {coordinate}; expected -{MaxCoordinate} to {MaxCoordinate}.", nameof(points));
            }
        }
    }

    private static (int X, int Y) Fine(double x, double y) => ((int)((Scale * x) + 0.5), (int)((Scale * y) + 0.5));

    /// <summary>Brings switches into order, and takes those out that another one at the same place undoes.</summary>
    private static void SortAndCancel(List<int> switches)
    {
        switches.Sort();
        int kept = 0;
        for (int i = 0; i < switches.Count; i++)
        {
            int place = switches[i];
            if (kept > 0 && switches[kept - 1] == place)
            {
                kept--;
            }
            else
            {
                switches[kept++] = place;
            }
        }
        switches.RemoveRange(kept, switches.Count - kept);
    }

    private static void Cross(List<int> switches, (int X, int Y) from, (int X, int Y) to, int height, int width)
    {
        (int dx, int dy) = (Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y));
        if (dx >= dy ? from.X > to.X : from.Y > to.Y)
        {
            (from, to) = (to, from);
        }
        double slope = dx == 0 && dy == 0 ? 0 : dx >= dy ? (double)(to.Y - from.Y) / dx : (double)(to.X - from.X) / dy;
        int first = Math.Max(0, (Math.Min(from.X, to.X) - Scale) / Scale);
        int last = Math.Min(width - 1, Math.Max(from.X, to.X) / Scale);
        for (int column = first; column <= last; column++)
        {
            int middle = (column * Scale) + Middle;
            if ((dx >= dy ? AlongColumns(from, dx, slope, middle) : AlongRows(from, dy, slope, middle)) is int y)
            {
                int row = (int)Math.Clamp(Math.Ceiling((y - Middle) / (double)Scale), 0, height);
                switches.Add((column * height) + row);
            }
        }
    }

    private static int? AlongColumns((int X, int Y) from, int dx, double slope, int middle)
    {
        int step = middle - from.X;
        return step < 0 || step >= dx ? null : Math.Min(Rounded(from.Y, slope, step), Rounded(from.Y, slope, step + 1));
    }

    /// <summary>The last row before a steep line passes from one side of <paramref name="middle"/> to the other.</summary>
    private static int? AlongRows((int X, int Y) from, int dy, double slope, int middle)
    {
        bool startsRight = Rounded(from.X, slope, 0) > middle;
        if (startsRight == Rounded(from.X, slope, dy) > middle)
        {
            return null;
        }
        (int before, int after) = (0, dy);
        while (after - before > 1)
        {
            int step = before + ((after - before) / 2);
            (before, after) = Rounded(from.X, slope, step) > middle == startsRight ? (step, after) : (before, step);
        }
        return from.Y + before;
    }

    private static int Rounded(int start, double slope, int step) => (int)(start + (slope * step) + 0.5);
}
