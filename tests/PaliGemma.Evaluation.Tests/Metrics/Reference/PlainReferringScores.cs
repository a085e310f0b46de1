using System.Globalization;
using System.Text.RegularExpressions;

namespace PaliGemma.Evaluation.Tests.Metrics.Reference;

/// <summary>
/// The scores of one answer about a referring expression (big_vision, segmentation.py), pixel by pixel in float64: a pixel is inside if the
/// decoded mask, averaged over a triangle as wide as a pixel of the coarser of the two grids, is positive at its middle.
/// </summary>
internal static partial class PlainReferringScores
{
    private const int Side = 64;

    /// <summary>Scores an answer.</summary>
    /// <param name="answer">The answer's text.</param>
    /// <param name="truth">[height, width].</param>
    /// <param name="box">y1, x1, y2, x2 as fractions of the picture.</param>
    /// <param name="decode">Gives the mask of sixteen codes.</param>
    /// <returns>
    /// The overlap of masks, null for an answer that is not valid; that of boxes; and how near to 0 the value of any pixel comes.
    /// </returns>
    public static (double? Mask, double Box, double Margin) Of(
        string answer, bool[,] truth, double[] box, Func<IReadOnlyList<int>, float[]> decode)
    {
        Match match = Tokens().Match(answer);
        int[] edges = Numbers(match.Groups["loc"]);
        int[] codes = Numbers(match.Groups["seg"]);
        if (!match.Success
            || edges.Any(edge => edge > 1023) || codes.Any(code => code > 127) || edges[2] <= edges[0] || edges[3] <= edges[1])
        {
            return (null, 0, 1);
        }
        double[] found = Array.ConvertAll(edges, edge => edge / 1023.0);
        double shared = Length(found[0], found[2], box[0], box[2]) * Length(found[1], found[3], box[1], box[3]);
        double union = Area(found) + Area(box) - shared;
        (int height, int width) = (truth.GetLength(0), truth.GetLength(1));
        (int top, int left, int bottom, int right) =
            ((int)(found[0] * height), (int)(found[1] * width), (int)(found[2] * height), (int)(found[3] * width));
        if (bottom <= top || right <= left)
        {
            return (null, shared / union, 1);
        }
        float[] mask = decode(codes);
        (int both, int either, double margin) = (0, 0, 1.0);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bool isInside = false;
                if (y >= top && y < bottom && x >= left && x < right)
                {
                    double value = ValueAt(mask, y - top, bottom - top, x - left, right - left);
                    isInside = value > 0;
                    margin = Math.Min(margin, Math.Abs(value));
                }
                both += isInside && truth[y, x] ? 1 : 0;
                either += isInside || truth[y, x] ? 1 : 0;
            }
        }
        return ((double)both / either, shared / union, margin);
    }

    private static double ValueAt(float[] mask, int row, int rows, int column, int columns)
    {
        (double sum, double weights) = (0, 0);
        foreach (int y in Enumerable.Range(0, Side).Where(y => Weight(y, row, rows) > 0))
        {
            foreach (int x in Enumerable.Range(0, Side).Where(x => Weight(x, column, columns) > 0))
            {
                double weight = Weight(y, row, rows) * Weight(x, column, columns);
                sum += weight * mask[(y * Side) + x];
                weights += weight;
            }
        }
        return sum / weights;
    }

    private static double Weight(int place, int target, int length)
    {
        double scale = (double)Side / length;
        return Math.Max(0, 1 - (Math.Abs(place + 0.5 - ((target + 0.5) * scale)) / Math.Max(scale, 1)));
    }

    private static double Length(double from, double to, double otherFrom, double otherTo) =>
        Math.Max(0, Math.Min(to, otherTo) - Math.Max(from, otherFrom));

    private static double Area(double[] box) => Math.Max(0, box[2] - box[0]) * Math.Max(0, box[3] - box[1]);

    private static int[] Numbers(Group group) =>
        [.. group.Captures.Select(capture => int.Parse(capture.ValueSpan, CultureInfo.InvariantCulture))];

    [GeneratedRegex("^(<loc(?<loc>[0-9]{4})>){4}(<seg(?<seg>[0-9]{3})>){16}")]
    private static partial Regex Tokens();
}
