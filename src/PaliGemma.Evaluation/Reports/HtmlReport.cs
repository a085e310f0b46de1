using System.Globalization;
using System.Net;
using System.Text;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Reports;

/// <summary>
/// Results as one web page that needs no other file: the table, and pictures of the worst and best cases with what was found in them.
/// </summary>
public static class HtmlReport
{
    private const int CasesEach = 8;

    private const string Style =
        "body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}"
        + "table{border-collapse:collapse;margin:1rem 0}th,td{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:left}"
        + "td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
        + ".cases{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1rem}"
        + "figure{margin:0;border:1px solid #ddd;border-radius:.4rem;overflow:hidden}figure img{width:100%;display:block}"
        + "figcaption{padding:.6rem;font-size:.85rem;overflow-wrap:anywhere}"
        + "dl{margin:0}dt{color:#666}dd{margin:0 0 .3rem}"
        + "@media(prefers-color-scheme:dark){body{background:#181818;color:#eee}th,td,figure{border-color:#444}dt{color:#aaa}}";

    /// <summary>Finds out whether a page can be written, before the work that it is about; leaves nothing behind.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFileException">It cannot be written.</exception>
    public static void CheckPlace(string path) => new StagedPath(path).Check();

    /// <summary>Writes the page; a file that is there is replaced when the new one is complete.</summary>
    /// <param name="results">At least one result.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public static void Write(IReadOnlyList<BenchmarkResult> results, string path)
    {
        ArgumentNullException.ThrowIfNull(results);
        StagedPath.WriteFile(path, file => File.WriteAllText(file, Render(results)));
    }

    /// <summary>The page.</summary>
    public static string Render(IReadOnlyList<BenchmarkResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        StringBuilder page = new();
        page.Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        page.Append("<title>Evaluation</title><style>").Append(Style).Append("</style><h1>Evaluation</h1>");
        WriteTable(page, results);
        foreach (BenchmarkResult result in results)
        {
            WriteResult(page, result);
        }
        return page.Append("</html>\n").ToString();
    }

    private static void WriteTable(StringBuilder page, IReadOnlyList<BenchmarkResult> results)
    {
        page.Append("<table><tr><th>Benchmark<th>Model<th>Weights<th>Metric<th class=\"n\">Examples<th class=\"n\">Published");
        page.Append("<th class=\"n\">Measured<th class=\"n\">95 %<th class=\"n\">Difference<th class=\"n\">Loss</tr>");
        foreach (BenchmarkResult result in results)
        {
            Measurement measured = result.Measurement;
            page.Append("<tr>");
            foreach (string text in new[] { result.Task.Title, result.Model, result.Format, measured.Name })
            {
                page.Append("<td>").Append(Escape(text));
            }
            string interval = measured.Interval is ConfidenceInterval known ? $"{Number(known.Low)} … {Number(known.High)}" : "";
            string[] numbers =
            [
                $"{measured.Answers.Count}", Number(result.Published), Number(measured.Value),
                interval, Number(result.Difference), Number(result.LossAmong(results)),
            ];
            foreach (string number in numbers)
            {
                page.Append("<td class=\"n\">").Append(number);
            }
            page.Append("</tr>");
        }
        page.Append("</table>");
    }

    private static void WriteResult(StringBuilder page, BenchmarkResult result)
    {
        page.Append("<h2>").Append(Escape($"{result.Task.Title}, {result.Format}")).Append("</h2>");
        if (result.Measurement.Details.Count > 0)
        {
            page.Append("<table>");
            foreach (NamedScore detail in result.Measurement.Details)
            {
                page.Append("<tr><td>").Append(Escape(detail.Name)).Append("<td class=\"n\">").Append(Number(detail.Value)).Append("</tr>");
            }
            page.Append("</table>");
        }
        ScoredAnswer[] ranked = [.. result.Measurement.Answers.OrderBy(one => one.Score)];
        int count = Math.Min(CasesEach, (ranked.Length + 1) / 2);
        WriteCases(page, "Worst", ranked[..count], result.Decoder);
        WriteCases(page, "Best", [.. ranked[count..].Reverse().Take(CasesEach)], result.Decoder);
    }

    private static void WriteCases(StringBuilder page, string title, ScoredAnswer[] cases, MaskDecoder? decoder)
    {
        if (cases.Length == 0)
        {
            return;
        }
        page.Append("<h3>").Append(title).Append("</h3><div class=\"cases\">");
        foreach (ScoredAnswer one in cases)
        {
            ExampleAnswer answer = one.Answer;
            page.Append("<figure>");
            foreach (byte[] png in CasePicture.Draw(answer, decoder))
            {
                page.Append("<img alt=\"\" src=\"data:image/png;base64,").Append(Convert.ToBase64String(png)).Append("\">");
            }
            page.Append("<figcaption><dl>");
            WriteTerm(page, $"{answer.Example.Id}, score {Number(one.Score)}", answer.Example.Prompt);
            WriteTerm(page, "answer", answer.Text);
            if (answer.Example.Answers.Count > 0)
            {
                WriteTerm(page, "right", string.Join(" | ", answer.Example.Answers.Distinct(StringComparer.Ordinal)));
            }
            page.Append("</dl></figcaption></figure>");
        }
        page.Append("</div>");
    }

    private static void WriteTerm(StringBuilder page, string term, string text) =>
        page.Append("<dt>").Append(Escape(term)).Append("</dt><dd>").Append(Escape(text)).Append("</dd>");

    /// <summary>With two digits; nothing where there is no number.</summary>
    public static string Number(double? value) =>
        value is double number && double.IsFinite(number) ? number.ToString("F2", CultureInfo.InvariantCulture) : "";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
