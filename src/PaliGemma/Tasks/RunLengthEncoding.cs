using System.Text;

namespace PaliGemma.Tasks;

/// <summary>
/// A mask as COCO writes it (cocodataset/cocoapi, common/maskApi): lengths of runs of equal pixels down the columns, from the left column
/// to the right one, the first run being outside. Runs of length 0 are kept as they were given.
/// </summary>
public sealed class RunLengthEncoding
{
    /// <summary>More pixels than this are refused.</summary>
    public const int MaxPixels = 1 << 28;

    private const int BitsPerCharacter = 5;
    private const int More = 1 << BitsPerCharacter;
    private const int Sign = More >> 1;
    private const int FirstCharacter = '0';
    private const int MaxCharactersPerCount = 7;

    private readonly int[] _counts;

    private RunLengthEncoding(int height, int width, int[] counts)
    {
        (Height, Width, _counts) = (height, width, counts);
        for (int i = 1; i < counts.Length; i += 2)
        {
            Area += counts[i];
        }
    }

    /// <summary>Rows of the mask.</summary>
    public int Height { get; }

    /// <summary>Columns of the mask.</summary>
    public int Width { get; }

    /// <summary>Lengths of the runs, outside and inside in turn.</summary>
    public ReadOnlySpan<int> Counts => _counts;

    /// <summary>Pixels inside.</summary>
    public int Area { get; }

    /// <summary>The smallest box around the pixels inside, in whole pixels; all zero for an empty mask.</summary>
    public (int X, int Y, int Width, int Height) Bounds
    {
        get
        {
            (int left, int right, int top, int bottom) = (Width, 0, Height, 0);
            int end = 0;
            for (int i = 0; i < _counts.Length; i++)
            {
                int start = end;
                end += _counts[i];
                if (i % 2 == 0 || end == start)
                {
                    continue;
                }
                (int firstColumn, int firstRow) = Math.DivRem(start, Height);
                (int lastColumn, int lastRow) = Math.DivRem(end - 1, Height);
                (left, right) = (Math.Min(left, firstColumn), Math.Max(right, lastColumn + 1));
                bool wraps = lastColumn > firstColumn;
                (top, bottom) = (wraps ? 0 : Math.Min(top, firstRow), wraps ? Height : Math.Max(bottom, lastRow + 1));
            }
            return right == 0 ? default : (left, top, right - left, bottom - top);
        }
    }

    /// <summary>Encodes a mask.</summary>
    /// <param name="mask">[height, width], row by row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">The size is negative or too large, or not that of the mask.</exception>
    public static RunLengthEncoding FromMask(ReadOnlySpan<bool> mask, int height, int width) =>
        FromBox(mask, 0, 0, height, width, height, width);

    /// <summary>Encodes a mask of which nothing lies outside of a box.</summary>
    /// <param name="box">[boxHeight, boxWidth], row by row.</param>
    /// <param name="x">The box's first column.</param>
    /// <param name="y">The box's first row.</param>
    /// <param name="boxHeight">Rows of the box.</param>
    /// <param name="boxWidth">Columns of the box.</param>
    /// <param name="height">Rows of the mask.</param>
    /// <param name="width">Columns of the mask.</param>
    /// <exception cref="ArgumentException">A size is negative or too large, or the box does not lie in the mask.</exception>
    public static RunLengthEncoding FromBox(ReadOnlySpan<bool> box, int x, int y, int boxHeight, int boxWidth, int height, int width)
    {
        CheckSize(height, width);
        ArgumentOutOfRangeException.ThrowIfNotEqual(box.Length, CheckSize(boxHeight, boxWidth), nameof(box));
        ArgumentOutOfRangeException.ThrowIfNegative(x);
        ArgumentOutOfRangeException.ThrowIfNegative(y);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(boxWidth, width - x);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(boxHeight, height - y);
        Runs runs = new();
        runs.Add(false, x * height);
        for (int column = 0; column < boxWidth; column++)
        {
            runs.Add(false, y);
            for (int row = 0; row < boxHeight; row++)
            {
                runs.Add(box[(row * boxWidth) + column], 1);
            }
            runs.Add(false, height - y - boxHeight);
        }
        runs.Add(false, (width - x - boxWidth) * height);
        return new RunLengthEncoding(height, width, runs.ToArray());
    }

    /// <summary>Takes COCO's uncompressed counts.</summary>
    /// <exception cref="ArgumentException">The size is negative or too large.</exception>
    /// <exception cref="ModelFileException">A count is negative, or they do not sum to the size.</exception>
    public static RunLengthEncoding FromCounts(ReadOnlySpan<int> counts, int height, int width)
    {
        int left = CheckSize(height, width);
        for (int i = 0; i < counts.Length; i++)
        {
            left -= CheckCount(counts[i], i, left);
        }
        CheckAllCovered(left, height, width);
        return new RunLengthEncoding(height, width, counts.ToArray());
    }

    /// <summary>
    /// Reads COCO's compressed counts: five bits per character from the lowest on, the sixth bit set where more follow; from the fourth
    /// count on the difference to the count two before.
    /// </summary>
    /// <exception cref="ArgumentException">The size is negative or too large.</exception>
    /// <exception cref="ModelFileException">The text is no such counts, or they do not sum to the size.</exception>
    public static RunLengthEncoding Parse(ReadOnlySpan<char> text, int height, int width)
    {
        int left = CheckSize(height, width);
        List<int> counts = [];
        for (int at = 0; at < text.Length;)
        {
            long value = ReadValue(text, ref at);
            value += counts.Count > 2 ? counts[^2] : 0;
            int count = CheckCount(value, counts.Count, left);
            left -= count;
            counts.Add(count);
        }
        CheckAllCovered(left, height, width);
        return new RunLengthEncoding(height, width, [.. counts]);
    }

    /// <summary>The pixels that lie inside any of the masks.</summary>
    /// <param name="masks">At least one.</param>
    /// <exception cref="ArgumentException">There is no mask, or their sizes differ.</exception>
    public static RunLengthEncoding Union(params ReadOnlySpan<RunLengthEncoding> masks) => Merge(masks, intersect: false);

    /// <summary>The pixels that lie inside all of the masks.</summary>
    /// <param name="masks">At least one.</param>
    /// <exception cref="ArgumentException">There is no mask, or their sizes differ.</exception>
    public static RunLengthEncoding Intersection(params ReadOnlySpan<RunLengthEncoding> masks) => Merge(masks, intersect: true);

    /// <summary>
    /// The pixels inside both masks as a fraction of those inside either, 0 … 1; 0 where both are empty, as in COCO.
    /// </summary>
    /// <param name="truth">The annotated mask.</param>
    /// <param name="isCrowd">The annotation is of a crowd: the fraction is of this mask's own pixels.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public double IntersectionOverUnion(RunLengthEncoding truth, bool isCrowd = false)
    {
        ArgumentNullException.ThrowIfNull(truth);
        int shared = Intersection(this, truth).Area;
        return shared == 0 ? 0 : (double)shared / (isCrowd ? Area : (long)Area + truth.Area - shared);
    }

    /// <summary>Decodes the mask.</summary>
    /// <returns>[height, width], row by row.</returns>
    public bool[] ToMask()
    {
        bool[] mask = new bool[Height * Width];
        int at = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            for (int end = at + _counts[i]; at < end; at++)
            {
                (int x, int y) = Math.DivRem(at, Height);
                mask[(y * Width) + x] = i % 2 == 1;
            }
        }
        return mask;
    }

    /// <summary>COCO's compressed counts, see <see cref="Parse"/>.</summary>
    public string ToCompressedString()
    {
        StringBuilder text = new();
        for (int i = 0; i < _counts.Length; i++)
        {
            int value = _counts[i] - (i > 2 ? _counts[i - 2] : 0);
            bool more;
            do
            {
                int bits = value & (More - 1);
                value >>= BitsPerCharacter;
                more = value != ((bits & Sign) != 0 ? -1 : 0);
                text.Append((char)(FirstCharacter + (more ? bits | More : bits)));
            }
            while (more);
        }
        return text.ToString();
    }

    internal static int CheckSize(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(height);
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        return (long)height * width <= MaxPixels
            ? height * width
            : throw new ArgumentException($"A mask of {width} x {height} pixels is too large; at most {MaxPixels} pixels are read.");
    }

    private static RunLengthEncoding Merge(ReadOnlySpan<RunLengthEncoding> masks, bool intersect)
    {
        if (masks.IsEmpty)
        {
            throw new ArgumentException("There is no mask to merge.", nameof(masks));
        }
        // By halves: one after the other, the runs of the first masks would be gone through as often as there are masks.
        int half = masks.Length / 2;
        return half == 0 ? masks[0] : Merge(Merge(masks[..half], intersect), Merge(masks[half..], intersect), intersect);
    }

    private static RunLengthEncoding Merge(RunLengthEncoding first, RunLengthEncoding second, bool intersect)
    {
        if ((first.Height, first.Width) != (second.Height, second.Width))
        {
            throw new ArgumentException(
                $"Masks of {first.Width} x {first.Height} and {second.Width} x {second.Height} pixels cannot be merged.", nameof(second));
        }
        Runs runs = new();
        (int a, int b, int leftOfA, int leftOfB) = (-1, -1, 0, 0);
        for (int left = first.Height * first.Width; left > 0;)
        {
            while (leftOfA == 0)
            {
                leftOfA = first._counts[++a];
            }
            while (leftOfB == 0)
            {
                leftOfB = second._counts[++b];
            }
            int length = Math.Min(leftOfA, leftOfB);
            (bool inA, bool inB) = (a % 2 == 1, b % 2 == 1);
            runs.Add(intersect ? inA && inB : inA || inB, length);
            (leftOfA, leftOfB, left) = (leftOfA - length, leftOfB - length, left - length);
        }
        return new RunLengthEncoding(first.Height, first.Width, runs.ToArray());
    }

    private static long ReadValue(ReadOnlySpan<char> text, ref int at)
    {
        long value = 0;
        for (int i = 0; i < MaxCharactersPerCount; i++, at++)
        {
            if (at == text.Length)
            {
                throw new ModelFileException("The counts of a mask end in the middle of a number.");
            }
            int bits = text[at] - FirstCharacter;
            if (bits is < 0 or >= 2 * More)
            {
                throw new ModelFileException(
                    $"The counts of a mask have the character U+{(int)text[at]:X4} at position {at}; expected one from '0' to 'o'.");
            }
            value |= (long)(bits & (More - 1)) << (BitsPerCharacter * i);
            if ((bits & More) == 0)
            {
                at++;
                return (bits & Sign) != 0 ? value | (-1L << (BitsPerCharacter * (i + 1))) : value;
            }
        }
        throw new ModelFileException(
            $"The counts of a mask have a number of more than {MaxCharactersPerCount} characters before position {at}.");
    }

    private static int CheckCount(long count, int index, int left) => count >= 0 && count <= left
        ? (int)count
        : throw new ModelFileException($"Count {index} of a mask is {count}; expected 0 to {left}, the pixels that are left.");

    private static void CheckAllCovered(int left, int height, int width)
    {
        if (left > 0)
        {
            throw new ModelFileException($"The counts of a mask of {width} x {height} pixels leave {left} of them out.");
        }
    }

    private sealed class Runs
    {
        private readonly List<int> _counts = [0];

        public void Add(bool inside, int length)
        {
            if (inside == (_counts.Count % 2 == 0))
            {
                _counts[^1] += length;
            }
            else if (length > 0)
            {
                _counts.Add(length);
            }
        }

        public int[] ToArray() => [.. _counts];
    }
}
