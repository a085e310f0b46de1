using System.Globalization;
using System.Text;
using PaliGemma.Data.Annotations;

namespace PaliGemma.Cli.Output;

/// <summary>The report of a conversion as text.</summary>
internal static class ConversionText
{
    public static string Of(ConversionReport report)
    {
        StringBuilder text = new();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

        Line($"{report.Objects} objects in {report.ImagesWithObjects} of {report.Images} pictures, at most {report.MostObjects} in one");
        foreach ((string label, int count) in report.Labels)
        {
            Line($"{count,10}  {label}");
        }
        if (report.Clipped > 0)
        {
            Line($"cut off at the picture's edge: {report.Clipped} boxes");
        }
        foreach ((SkipReason reason, int count) in report.Skipped)
        {
            Line($"not written: {count}, {Sentence(reason)}");
        }
        foreach ((string before, string after) in report.Renamed)
        {
            Line($"label '{before.ReplaceLineEndings(" ")}' is written as '{after}'");
        }
        if (report.ProblemCount > 0)
        {
            Line($"not as the format says: {report.ProblemCount}");
            foreach (string problem in report.FirstProblems)
            {
                Line($"  {problem}");
            }
        }
        RoundTripReport trip = report.RoundTrip;
        Line($"read back: {trip.Objects} objects, {trip.Lost} lost");
        if (trip.Objects > 0)
        {
            Line($"  boxes: mean error {trip.MeanBoxError:F3} pixels, at most {trip.MaxBoxError:F3}");
            Line($"  boxes: mean IoU {trip.MeanBoxOverlap:F4}, at least {trip.MinBoxOverlap:F4}");
        }
        if (trip.MeanMaskOverlap is not null)
        {
            Line($"  shapes: mean IoU {trip.MeanMaskOverlap:F4}, at least {trip.MinMaskOverlap:F4}");
        }
        return text.ToString().TrimEnd();
    }

    private static string Sentence(SkipReason reason) => reason switch
    {
        SkipReason.Crowd => "crowds",
        SkipReason.Degenerate => "boxes without width or height",
        SkipReason.Outside => "boxes outside their picture",
        SkipReason.TooSmall => "boxes smaller than a step between locations",
        SkipReason.Label => "labels that are empty or contain location tokens",
        SkipReason.NoMask => "objects without a shape",
        SkipReason.NoArea => "points and lines",
        SkipReason.NoPicture => "annotations of pictures that are not listed",
        SkipReason.OtherTask => "lines about something else than objects",
        _ => reason.ToString(),
    };
}
