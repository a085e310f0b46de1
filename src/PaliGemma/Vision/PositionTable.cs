namespace PaliGemma.Vision;

/// <summary>The learned positions of patches, for pictures of another size than they were learned on.</summary>
public static class PositionTable
{
    /// <summary>
    /// Interpolates linearly between the grid's points, corners on corners (big_vision, models/vit.py, <c>resample_posemb</c>).
    /// </summary>
    /// <param name="table">[<paramref name="side"/> · <paramref name="side"/>, <paramref name="width"/>], row by row of the picture.</param>
    /// <param name="side">Patches along a side.</param>
    /// <param name="newSide">Patches along a side that are wanted; with <paramref name="side"/>, the table itself is returned.</param>
    /// <param name="width">Values per position.</param>
    /// <returns>[<paramref name="newSide"/> · <paramref name="newSide"/>, <paramref name="width"/>].</returns>
    public static float[] Resample(float[] table, int side, int newSide, int width)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(newSide, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(table.Length, checked(side * side * width), nameof(table));
        if (side == newSide)
        {
            return table;
        }
        float[] result = new float[checked(newSide * newSide * width)];
        for (int y = 0; y < newSide; y++)
        {
            (int top, int bottom, float down) = Between(y, side, newSide);
            for (int x = 0; x < newSide; x++)
            {
                (int left, int right, float across) = Between(x, side, newSide);
                ReadOnlySpan<float> topLeft = table.AsSpan(((top * side) + left) * width, width);
                ReadOnlySpan<float> topRight = table.AsSpan(((top * side) + right) * width, width);
                ReadOnlySpan<float> bottomLeft = table.AsSpan(((bottom * side) + left) * width, width);
                ReadOnlySpan<float> bottomRight = table.AsSpan(((bottom * side) + right) * width, width);
                Span<float> target = result.AsSpan(((y * newSide) + x) * width, width);
                for (int i = 0; i < width; i++)
                {
                    float upper = topLeft[i] + ((topRight[i] - topLeft[i]) * across);
                    float lower = bottomLeft[i] + ((bottomRight[i] - bottomLeft[i]) * across);
                    target[i] = upper + ((lower - upper) * down);
                }
            }
        }
        return result;
    }

    /// <summary>The grid points around a new one, and how far it lies from the first to the second.</summary>
    private static (int First, int Second, float Fraction) Between(int index, int side, int newSide)
    {
        float place = newSide == 1 ? 0 : index * (side - 1) / (float)(newSide - 1);
        int first = Math.Min((int)place, side - 1);
        return (first, Math.Min(first + 1, side - 1), place - first);
    }
}
