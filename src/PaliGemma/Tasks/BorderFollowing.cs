namespace PaliGemma.Tasks;

/// <summary>
/// Finds the borders of a mask's connected parts by following them (Suzuki and Abe, Topological Structural Analysis of Digitized Binary
/// Images by Border Following, 1985), here along the edges of pixels, with the inside on the right. A border is a ring of vertical edges,
/// one pixel long each: the horizontal ones follow from them. A hole's ring is cut into the ring on its left.
/// </summary>
internal readonly ref struct BorderFollowing
{
    private const int None = -1;

    private readonly ReadOnlySpan<bool> _mask; // [height, width]
    private readonly int _width;
    private readonly int _height;
    private readonly int[] _next; // [height, width + 1]: the vertical edge that follows the one left of a pixel

    public BorderFollowing(ReadOnlySpan<bool> mask, int height, int width)
    {
        _mask = mask;
        _width = width;
        _height = height;
        _next = new int[checked((width + 1) * height)];
        Array.Fill(_next, None);
    }

    /// <summary>x and y of the corners of every part's border, in turn.</summary>
    public IReadOnlyList<double[]> Trace()
    {
        List<int> parts = [];
        for (int y = 0; y < _height; y++)
        {
            int entry = None;
            for (int x = 0; x <= _width; x++)
            {
                bool inside = IsInside(x, y);
                if (inside == IsInside(x - 1, y))
                {
                    continue;
                }
                int edge = Edge(x, y);
                if (_next[edge] == None)
                {
                    int last = Follow(edge);
                    if (inside)
                    {
                        parts.Add(edge);
                    }
                    else
                    {
                        // The first edge of a hole that is met lies in its top row. The edge before it in the row ends at the height at
                        // which the hole's begins, so the two rings become one by exchanging what follows: a cut along that height.
                        _next[last] = _next[entry];
                        _next[entry] = edge;
                    }
                }
                entry = inside ? edge : entry;
            }
        }
        List<double[]> borders = [];
        foreach (int part in parts)
        {
            borders.Add(Corners(part));
        }
        return borders;
    }

    /// <summary>Links the ring that begins with an edge, and returns its last.</summary>
    private int Follow(int first)
    {
        int last;
        int edge = first;
        do
        {
            last = edge;
            edge = Successor(edge);
            _next[last] = edge;
        }
        while (edge != first);
        return last;
    }

    /// <summary>
    /// The next vertical edge of a border. Wherever it can, the border turns left, so that pixels that touch at a corner belong together.
    /// </summary>
    private int Successor(int edge)
    {
        (int x, int y) = Place(edge);
        if (IsInside(x, y))
        {
            // Upwards; y is the row below the edge's end.
            return IsInside(x - 1, y - 1) ? Westwards(x - 1, y) : IsInside(x, y - 1) ? Edge(x, y - 1) : Eastwards(x + 1, y);
        }
        y++;
        return IsInside(x, y) ? Eastwards(x + 1, y) : IsInside(x - 1, y) ? Edge(x, y) : Westwards(x - 1, y);
    }

    /// <summary>Goes left between row y - 1, which is inside, and row y, which is not.</summary>
    private int Westwards(int x, int y)
    {
        while (!IsInside(x - 1, y) && IsInside(x - 1, y - 1))
        {
            x--;
        }
        return IsInside(x - 1, y) ? Edge(x, y) : Edge(x, y - 1);
    }

    /// <summary>Goes right between row y - 1, which is outside, and row y, which is not.</summary>
    private int Eastwards(int x, int y)
    {
        while (!IsInside(x, y - 1) && IsInside(x, y))
        {
            x++;
        }
        return IsInside(x, y - 1) ? Edge(x, y - 1) : Edge(x, y);
    }

    private double[] Corners(int first)
    {
        List<double> corners = [];
        int edge = first;
        do
        {
            int next = _next[edge];
            (int x, int y) = Place(edge);
            int nextX = Place(next).X;
            if (x != nextX)
            {
                int end = IsInside(x, y) ? y : y + 1;
                corners.AddRange([x, end, nextX, end]);
            }
            edge = next;
        }
        while (edge != first);
        return [.. corners];
    }

    private bool IsInside(int x, int y) => (uint)x < (uint)_width && (uint)y < (uint)_height && _mask[(y * _width) + x];

    private int Edge(int x, int y) => (y * (_width + 1)) + x;

    private (int X, int Y) Place(int edge)
    {
        (int y, int x) = Math.DivRem(edge, _width + 1);
        return (x, y);
    }
}
