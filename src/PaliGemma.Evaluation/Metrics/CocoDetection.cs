namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// Average precision and recall of detections (cocodataset/cocoapi, PythonAPI/pycocotools/cocoeval.py). As there, a detection takes the
/// free thing it overlaps most, the later of two alike; crowds may be taken often and count neither way.
/// </summary>
public static class CocoDetection
{
    /// <summary>The most detections that count, of one label in one picture.</summary>
    public const int MaxDetections = 100;

    private const double Undefined = -1;
    private const double SmallArea = 32 * 32;
    private const double MediumArea = 96 * 96;
    private const double LargestArea = 1e10;

    // numpy's linspace(0.5, 0.95, 10) and linspace(0, 1, 101), to the last bit.
    private static readonly double[] OverlapThresholds = [.. Enumerable.Range(0, 9).Select(i => 0.5 + (i * ((0.95 - 0.5) / 9))), 0.95];
    private static readonly double[] RecallThresholds = [.. Enumerable.Range(0, 100).Select(i => i * 0.01), 1];

    private static readonly (double Smallest, double Largest) All = (0, LargestArea);

    /// <summary>Scores the detections of all pictures.</summary>
    /// <param name="pictures">In the order of their numbers, which decides between equal scores.</param>
    /// <param name="byMask">Compare shapes, which all things then must have, instead of boxes.</param>
    public static CocoScores Score(IReadOnlyList<DetectedPicture> pictures, bool byMask = false)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        Curves all = Evaluate(pictures, All, byMask);
        Curves small = Evaluate(pictures, (0, SmallArea), byMask);
        Curves medium = Evaluate(pictures, (SmallArea, MediumArea), byMask);
        Curves large = Evaluate(pictures, (MediumArea, LargestArea), byMask);
        return new CocoScores
        {
            Ap = all.Precision(),
            Ap50 = all.Precision(threshold: 0),
            Ap75 = all.Precision(threshold: 5),
            ApSmall = small.Precision(),
            ApMedium = medium.Precision(),
            ApLarge = large.Precision(),
            Ar1 = Evaluate(pictures, All, byMask, most: 1).Recall(),
            Ar10 = Evaluate(pictures, All, byMask, most: 10).Recall(),
            Ar100 = all.Recall(),
            ArSmall = small.Recall(),
            ArMedium = medium.Recall(),
            ArLarge = large.Recall(),
        };
    }

    private static Curves Evaluate(
        IReadOnlyList<DetectedPicture> pictures, (double Smallest, double Largest) areas, bool byMask, int most = MaxDetections)
    {
        Curves curves = new();
        IEnumerable<string> labels = pictures.SelectMany(picture => picture.Truth).Select(thing => thing.Label);
        foreach (string label in labels.Distinct(StringComparer.Ordinal))
        {
            Match[] matches = [.. pictures.SelectMany(picture => MatchOne(picture, label, areas, byMask, most))];
            int things = pictures.Sum(picture => picture.Truth.Count(thing => thing.Label == label && !IsIgnored(thing, areas)));
            if (things > 0)
            {
                curves.Add(matches, things);
            }
        }
        return curves;
    }

    private static bool IsIgnored(AnnotatedRegion thing, (double Smallest, double Largest) areas) =>
        thing.IsCrowd || thing.Area < areas.Smallest || thing.Area > areas.Largest;

    /// <summary>What becomes of each detection of one label in one picture, best first.</summary>
    private static Match[] MatchOne(
        DetectedPicture picture, string label, (double Smallest, double Largest) areas, bool byMask, int most)
    {
        // OrderBy is stable, as the reference's sort is.
        ScoredRegion[] found =
        [
            .. picture.Found.Where(thing => thing.Label == label).OrderByDescending(thing => thing.Score).Take(MaxDetections),
        ];
        AnnotatedRegion[] truth = [.. picture.Truth.Where(thing => thing.Label == label).OrderBy(thing => IsIgnored(thing, areas))];
        double[][] overlaps = Array.ConvertAll(found, one => Array.ConvertAll(truth, other => Overlap(one, other, byMask)));
        bool[] ignored = Array.ConvertAll(truth, thing => IsIgnored(thing, areas));
        Match[] matches = Array.ConvertAll(found[..Math.Min(found.Length, most)], one => new Match(one.Score));
        for (int t = 0; t < OverlapThresholds.Length; t++)
        {
            bool[] taken = new bool[truth.Length];
            for (int d = 0; d < matches.Length; d++)
            {
                int best = FindBest(overlaps[d], Math.Min(OverlapThresholds[t], 1 - 1e-10), truth, taken, ignored);
                double area = byMask ? found[d].Mask!.Area : found[d].Width * found[d].Height;
                if (best >= 0)
                {
                    taken[best] = true;
                    matches[d].Outcomes[t] = ignored[best] ? Outcome.Ignored : Outcome.Right;
                }
                else if (area < areas.Smallest || area > areas.Largest)
                {
                    matches[d].Outcomes[t] = Outcome.Ignored;
                }
            }
        }
        return matches;
    }

    private static int FindBest(double[] overlaps, double threshold, AnnotatedRegion[] truth, bool[] taken, bool[] ignored)
    {
        int best = -1;
        for (int g = 0; g < truth.Length; g++)
        {
            if (taken[g] && !truth[g].IsCrowd)
            {
                continue;
            }
            // Ignored things come last, and none is taken instead of one that counts.
            if (best >= 0 && !ignored[best] && ignored[g])
            {
                break;
            }
            if (overlaps[g] >= threshold)
            {
                (best, threshold) = (g, overlaps[g]);
            }
        }
        return best;
    }

    private static double Overlap(ScoredRegion found, AnnotatedRegion truth, bool byMask)
    {
        if (byMask)
        {
            return found.Mask!.IntersectionOverUnion(truth.Mask!, truth.IsCrowd);
        }
        double width = Math.Min(found.X + found.Width, truth.X + truth.Width) - Math.Max(found.X, truth.X);
        double height = Math.Min(found.Y + found.Height, truth.Y + truth.Height) - Math.Max(found.Y, truth.Y);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }
        double shared = width * height;
        double area = found.Width * found.Height;
        return shared / (truth.IsCrowd ? area : area + (truth.Width * truth.Height) - shared);
    }

    private enum Outcome : byte
    {
        Wrong,

        Right,

        /// <summary>It took a crowd or a thing of another size, or is itself of another size: it counts neither way.</summary>
        Ignored,
    }

    private sealed record Match(double Score)
    {
        /// <summary>For each of <see cref="OverlapThresholds"/>.</summary>
        public Outcome[] Outcomes { get; } = new Outcome[OverlapThresholds.Length];
    }

    /// <summary>
    /// Precisions at <see cref="RecallThresholds"/> and final recalls, for each label and each of <see cref="OverlapThresholds"/>.
    /// </summary>
    private sealed class Curves
    {
        private readonly List<double[][]> _precisions = [];
        private readonly List<double[]> _recalls = [];

        public void Add(Match[] matches, int things)
        {
            Match[] sorted = [.. matches.OrderByDescending(match => match.Score)];
            double[][] precisions = new double[OverlapThresholds.Length][];
            double[] recalls = new double[OverlapThresholds.Length];
            for (int t = 0; t < precisions.Length; t++)
            {
                (precisions[t], recalls[t]) = Curve([.. sorted.Select(match => match.Outcomes[t])], things);
            }
            _precisions.Add(precisions);
            _recalls.Add(recalls);
        }

        public double Precision(int? threshold = null) => Mean(
            _precisions.SelectMany(ofLabel => threshold is int one ? ofLabel[one] : ofLabel.SelectMany(values => values)));

        public double Recall() => Mean(_recalls.SelectMany(values => values));

        private static double Mean(IEnumerable<double> values) => values.DefaultIfEmpty(Undefined).Average();

        private static (double[] Precisions, double Recall) Curve(Outcome[] outcomes, int things)
        {
            double[] recall = new double[outcomes.Length];
            double[] precision = new double[outcomes.Length];
            (int right, int wrong) = (0, 0);
            for (int i = 0; i < outcomes.Length; i++)
            {
                right += outcomes[i] == Outcome.Right ? 1 : 0;
                wrong += outcomes[i] == Outcome.Wrong ? 1 : 0;
                recall[i] = (double)right / things;
                precision[i] = right / (right + wrong + Math.BitIncrement(1) - 1);
            }
            for (int i = outcomes.Length - 1; i > 0; i--)
            {
                precision[i - 1] = Math.Max(precision[i - 1], precision[i]);
            }
            double[] sampled = new double[RecallThresholds.Length];
            for (int r = 0, i = 0; r < sampled.Length; r++)
            {
                while (i < recall.Length && recall[i] < RecallThresholds[r])
                {
                    i++;
                }
                sampled[r] = i < precision.Length ? precision[i] : 0;
            }
            return (sampled, outcomes.Length > 0 ? recall[^1] : 0);
        }
    }
}
