using System.Runtime.CompilerServices;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Tests.Metrics.Reference;

/// <summary>
/// COCO's twelve numbers as their definition says (cocodataset.org/#detection-eval), one after another and without any sharing of work:
/// for each label, area and overlap, the precision at a recall is the best of all the shortest lists of detections that reach it.
/// </summary>
internal static class PlainCocoScores
{
    private static readonly double[] Overlaps = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

    private static readonly (double, double) All = (0, 1e10), Small = (0, 1024), Medium = (1024, 9216), Large = (9216, 1e10);

    /// <summary>Counting the same pixels again and again takes minutes.</summary>
    private static readonly ConditionalWeakTable<RunLengthEncoding, HashSet<int>> KnownPixels = [];

    /// <summary>AP, AP50, AP75, AP of small, medium and large, AR1, AR10, AR100, AR of small, medium and large.</summary>
    public static double[] Of(IReadOnlyList<DetectedPicture> pictures, bool byMask) =>
    [
        Mean(pictures, byMask, All, Overlaps, 100, Precision),
        Mean(pictures, byMask, All, [0.5], 100, Precision),
        Mean(pictures, byMask, All, [0.75], 100, Precision),
        Mean(pictures, byMask, Small, Overlaps, 100, Precision),
        Mean(pictures, byMask, Medium, Overlaps, 100, Precision),
        Mean(pictures, byMask, Large, Overlaps, 100, Precision),
        Mean(pictures, byMask, All, Overlaps, 1, Recall),
        Mean(pictures, byMask, All, Overlaps, 10, Recall),
        Mean(pictures, byMask, All, Overlaps, 100, Recall),
        Mean(pictures, byMask, Small, Overlaps, 100, Recall),
        Mean(pictures, byMask, Medium, Overlaps, 100, Recall),
        Mean(pictures, byMask, Large, Overlaps, 100, Recall),
    ];

    private static double Mean(
        IReadOnlyList<DetectedPicture> pictures,
        bool byMask,
        (double Low, double High) areas,
        double[] overlaps,
        int most,
        Func<List<bool>, int, double> score)
    {
        List<double> scores = [];
        foreach (string label in pictures.SelectMany(picture => picture.Truth.Select(thing => thing.Label)).ToHashSet())
        {
            int things = pictures.Sum(picture => picture.Truth.Count(thing => thing.Label == label && Counts(thing, areas)));
            if (things > 0)
            {
                scores.AddRange(overlaps.Select(overlap => score(Outcomes(pictures, label, byMask, areas, overlap, most), things)));
            }
        }
        return scores.Count == 0 ? -1 : scores.Sum() / scores.Count;
    }

    private static double Precision(List<bool> outcomes, int things)
    {
        List<(double Recall, double Precision)> lists = [];
        for (int length = 1; length <= outcomes.Count; length++)
        {
            int right = outcomes[..length].Count(outcome => outcome);
            lists.Add(((double)right / things, (double)right / length));
        }
        double sum = 0;
        for (int percent = 0; percent <= 100; percent++)
        {
            // NumPy's hundredths: 35 of them are a little more than 7 / 20, and COCO's numbers depend on it.
            double least = percent == 100 ? 1 : percent * 0.01;
            sum += lists.Where(one => one.Recall >= least).Select(one => one.Precision).DefaultIfEmpty(0).Max();
        }
        return sum / 101;
    }

    private static double Recall(List<bool> outcomes, int things) => (double)outcomes.Count(outcome => outcome) / things;

    /// <summary>Whether each detection of all pictures is right, the surest first; those that count neither way are left out.</summary>
    private static List<bool> Outcomes(
        IReadOnlyList<DetectedPicture> pictures, string label, bool byMask, (double Low, double High) areas, double overlap, int most)
    {
        List<(double Score, bool IsRight)> all = [];
        foreach (DetectedPicture picture in pictures)
        {
            List<AnnotatedRegion> free = [.. picture.Truth.Where(thing => thing.Label == label)];
            foreach (ScoredRegion found in
                picture.Found.Where(thing => thing.Label == label).OrderByDescending(thing => thing.Score).Take(most))
            {
                AnnotatedRegion? match = BestOf([.. free.Where(thing => Counts(thing, areas))], found, byMask, overlap)
                    ?? BestOf([.. free.Where(thing => !Counts(thing, areas))], found, byMask, overlap);
                if (match is { IsCrowd: false })
                {
                    free.RemoveAll(thing => ReferenceEquals(thing, match));
                }
                double area = byMask ? Pixels(found.Mask!).Count : found.Width * found.Height;
                if (match is null ? area >= areas.Low && area <= areas.High : Counts(match, areas))
                {
                    all.Add((found.Score, match is not null));
                }
            }
        }
        return [.. all.OrderByDescending(one => one.Score).Select(one => one.IsRight)];
    }

    /// <summary>The thing with the largest overlap, the last of several; null if it is not enough.</summary>
    private static AnnotatedRegion? BestOf(AnnotatedRegion[] things, ScoredRegion found, bool byMask, double least)
    {
        double[] overlaps = Array.ConvertAll(things, thing => Overlap(found, thing, byMask));
        double largest = overlaps.DefaultIfEmpty(-1).Max();
        return largest >= least ? things[Array.LastIndexOf(overlaps, largest)] : null;
    }

    private static bool Counts(AnnotatedRegion thing, (double Low, double High) areas) =>
        !thing.IsCrowd && thing.Area >= areas.Low && thing.Area <= areas.High;

    private static double Overlap(ScoredRegion found, AnnotatedRegion thing, bool byMask)
    {
        (double shared, double own, double other) = (0, found.Width * found.Height, thing.Width * thing.Height);
        if (byMask)
        {
            HashSet<int> pixels = Pixels(found.Mask!);
            HashSet<int> others = Pixels(thing.Mask!);
            (shared, own, other) = (pixels.Count(others.Contains), pixels.Count, others.Count);
        }
        else
        {
            double width = Math.Min(found.X + found.Width, thing.X + thing.Width) - Math.Max(found.X, thing.X);
            double height = Math.Min(found.Y + found.Height, thing.Y + thing.Height) - Math.Max(found.Y, thing.Y);
            shared = width > 0 && height > 0 ? width * height : 0;
        }
        return shared == 0 ? 0 : shared / (thing.IsCrowd ? own : own + other - shared);
    }

    private static HashSet<int> Pixels(RunLengthEncoding mask) => KnownPixels.GetValue(mask, _ =>
    {
        bool[] inside = mask.ToMask();
        return [.. Enumerable.Range(0, inside.Length).Where(i => inside[i])];
    });
}
