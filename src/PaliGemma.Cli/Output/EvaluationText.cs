using System.Text.Json;
using PaliGemma.Evaluation;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Evaluation.Reports;

namespace PaliGemma.Cli.Output;

/// <summary>Results of benchmarks as a table or as JSON.</summary>
internal static class EvaluationText
{
    /// <summary>
    /// The card's table, ours beside it; where several precisions were run, what each loses. One benchmark's details follow.
    /// </summary>
    public static void Write(IReadOnlyList<BenchmarkResult> results, TextWriter output)
    {
        bool several = results.Select(result => result.Format).Distinct(StringComparer.Ordinal).Count() > 1;
        TextTable table = new();
        string[] last = several ? ["loss"] : [];
        table.Add(["benchmark", "metric", "weights", "examples", "published", "measured", "difference", "95 %", .. last]);
        foreach (BenchmarkResult result in results)
        {
            Measurement measured = result.Measurement;
            string interval = measured.Interval is ConfidenceInterval known ? $"{HtmlReport.Number(known.Low)} … {HtmlReport.Number(known.High)}" : "";
            string[] loss = several ? [HtmlReport.Number(result.LossAmong(results))] : [];
            table.Add(
            [
                result.Task.Title, measured.Name, result.Format, $"{measured.Answers.Count}",
                HtmlReport.Number(result.Published), HtmlReport.Number(measured.Value),
                HtmlReport.Number(result.Difference), interval, .. loss,
            ]);
        }
        table.WriteTo(output);
        bool isOneBenchmark = results.All(result => result.Task.Name == results[0].Task.Name);
        if (isOneBenchmark && results[0].Measurement.Details.Count > 0)
        {
            output.WriteLine();
            WriteDetails(results, output);
        }
    }

    /// <summary>One object per result and line.</summary>
    public static void WriteJson(IReadOnlyList<BenchmarkResult> results, TextWriter output)
    {
        foreach (BenchmarkResult result in results)
        {
            output.WriteLine(JsonSerializer.Serialize(EvaluationRecord.Of(result, results), OutputJson.Readable.EvaluationRecord));
        }
    }

    private static void WriteDetails(IReadOnlyList<BenchmarkResult> results, TextWriter output)
    {
        TextTable table = new();
        foreach (NamedScore detail in results[0].Measurement.Details)
        {
            IEnumerable<NamedScore?> row =
                results.Select(result => result.Measurement.Details.FirstOrDefault(one => one.Name == detail.Name));
            table.Add([detail.Name, .. row.Select(one => HtmlReport.Number(one?.Value))]);
        }
        table.WriteTo(output);
    }
}
