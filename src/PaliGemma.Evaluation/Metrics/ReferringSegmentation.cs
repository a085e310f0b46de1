using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// RefCOCO's scores (big_vision, evaluators/proj/paligemma/transfers/segmentation.py): the mean overlap of masks at the picture's full
/// size, and how many boxes overlap by 0.5 and 0.75. Only an answer that begins with a box and sixteen codes is valid; others earn nothing.
/// </summary>
/// <param name="decode">Gives the 64 x 64 mask of sixteen codes, see <see cref="MaskDecoder.Decode"/>.</param>
public sealed class ReferringSegmentation(Func<IReadOnlyList<int>, float[]> decode) : Metric
{
    /// <inheritdoc/>
    public override string Name => "mean IoU";

    /// <inheritdoc/>
    public override bool NeedsAnswers => false;

    /// <inheritdoc/>
    public override IReadOnlyList<double> Score(IReadOnlyList<ExampleAnswer> answers) =>
        [.. answers.Select(answer => MaskOverlap(answer) ?? 0)];

    /// <inheritdoc/>
    public override IEnumerable<NamedScore> Details(IReadOnlyList<ScoredAnswer> answers)
    {
        double[] boxes = [.. answers.Select(one => BoxOverlap(one.Answer))];
        return
        [
            .. base.Details(answers),
            new NamedScore("box accuracy at 0.5", 100 * boxes.Average(overlap => overlap >= 0.5 ? 1.0 : 0)),
            new NamedScore("box accuracy at 0.75", 100 * boxes.Average(overlap => overlap >= 0.75 ? 1.0 : 0)),
            new NamedScore("invalid", 100 * answers.Average(one => MaskOverlap(one.Answer) is null ? 1.0 : 0)),
        ];
    }

    /// <summary>The overlap of the mask with the annotated one, 0 … 1; null if it is not valid or its box has no pixel.</summary>
    internal double? MaskOverlap(ExampleAnswer answer)
    {
        RunLengthEncoding truth = Truth(answer).Mask!;
        if (Parse(answer.Text) is not (int[] edges, int[] codes))
        {
            return null;
        }
        float[] places = Array.ConvertAll(edges, edge => LocationTokens.Decode(edge));
        BoundingBox box = new(places[0], places[1], places[2], places[3]);
        InstanceMask mask = InstanceMask.Place(decode(codes), box, truth.Width, truth.Height, MaskResize.SharpBilinear);
        return mask.Width == 0 ? null : mask.IntersectionOverUnion(InstanceMask.FromPicture(truth.ToMask(), truth.Width, truth.Height));
    }

    /// <summary>The overlap of the box with the annotated one, 0 … 1; 0 for an answer that is not valid.</summary>
    internal static double BoxOverlap(ExampleAnswer answer)
    {
        if (Parse(answer.Text) is not (int[] edges, _))
        {
            return 0;
        }
        AnnotatedRegion truth = Truth(answer);
        (double width, double height) = (truth.Mask!.Width, truth.Mask.Height);
        double[] found = Array.ConvertAll(edges, edge => edge / (LocationTokens.Count - 1.0));
        double[] marked = [truth.Y / height, truth.X / width, (truth.Y + truth.Height) / height, (truth.X + truth.Width) / width];
        double shared = Math.Max(0, Math.Min(found[2], marked[2]) - Math.Max(found[0], marked[0]))
            * Math.Max(0, Math.Min(found[3], marked[3]) - Math.Max(found[1], marked[1]));
        return shared / (Area(found) + Area(marked) - shared);
    }

    private static double Area(double[] box) => (box[2] - box[0]) * (box[3] - box[1]);

    private static AnnotatedRegion Truth(ExampleAnswer answer) => answer.Example.Regions is [{ Mask: not null } truth]
        ? truth
        : throw new ArgumentException($"Example {answer.Example.Id} has {answer.Example.Regions.Count} things; expected one with a mask.");

    /// <summary>The box y1, x1, y2, x2 and the codes that an answer begins with; null without them, or if the box is empty.</summary>
    private static (int[] Edges, int[] Codes)? Parse(string text)
    {
        ReadOnlySpan<char> rest = text;
        int[] edges = new int[LocationTokens.PerBox];
        for (int i = 0; i < edges.Length; i++, rest = rest[LocationTokens.Length..])
        {
            if (!LocationTokens.TryParse(rest, out edges[i]))
            {
                return null;
            }
        }
        int[] codes = new int[SegmentationTokens.PerMask];
        for (int i = 0; i < codes.Length; i++, rest = rest[SegmentationTokens.Length..])
        {
            if (!SegmentationTokens.TryParse(rest, out codes[i]))
            {
                return null;
            }
        }
        return edges[2] > edges[0] && edges[3] > edges[1] ? (edges, codes) : null;
    }
}
