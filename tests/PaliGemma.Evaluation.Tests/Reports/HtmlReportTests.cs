using PaliGemma.Evaluation.Metrics;
using PaliGemma.Evaluation.Reports;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Evaluation.Tests.Reports;

public sealed class HtmlReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Words_of_data_and_models_stay_words()
    {
        string page = HtmlReport.Render([Result("float32", "<script>alert(1)</script>", "\"&'")]);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_tells_what_the_card_says_and_what_a_precision_loses()
    {
        BenchmarkResult[] results = [Result("float32", "a", "b"), Result("int8", "a", "a")];
        string page = HtmlReport.Render(results);
        Assert.Null(results[0].LossAmong(results));
        Assert.Equal(-50, results[1].LossAmong(results));
        Assert.Contains("<td class=\"n\">80.00<td class=\"n\">50.00", page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"n\">-30.00<td class=\"n\"></tr>", page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"n\">20.00<td class=\"n\">-50.00</tr>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Cases_are_drawn_with_what_was_marked_and_found()
    {
        string picture = _folder.File("p.png");
        PngWriter.Save(new RgbImage(40, 20, new byte[2400]), picture);
        string plain = Assert.Single(Pictures(picture, "nothing", regions: []));
        string marked = Assert.Single(Pictures(picture, "nothing", [new AnnotatedRegion("cat", 2, 3, 20, 10)]));
        string found = Assert.Single(Pictures(picture, "<loc0100><loc0100><loc0900><loc0900> cat", regions: []));
        Assert.Equal(3, new[] { plain, marked, found }.Distinct().Count());
        Assert.Empty(Pictures(_folder.File("gone.png"), "nothing", regions: []));
    }

    [Fact]
    public void A_page_that_cannot_be_written_leaves_nothing()
    {
        Assert.Throws<ModelFileException>(() => HtmlReport.Write([Result("float32", "a", "a")], _folder.File("no/folder.html")));
        HtmlReport.Write([Result("float32", "a", "a")], _folder.File("page.html"));
        Assert.Equal([_folder.File("page.html")], Directory.EnumerateFileSystemEntries(_folder.FullName));
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Pictures(string file, string answer, AnnotatedRegion[] regions)
    {
        Example example = new() { Id = "1", Images = [file], Prompt = "detect cat", Answers = [""], Regions = regions };
        Measurement measurement = new ExactMatch().Measure([new ExampleAnswer(example, answer, [])]);
        BenchmarkResult result = new(EvaluationTasks.Named("coco-detection"), "m", "float32", null, measurement);
        string page = HtmlReport.Render([result]);
        return page.Split("base64,")[1..];
    }

    /// <summary>A result of answers, of which "a" is right.</summary>
    private static BenchmarkResult Result(string format, params string[] answers)
    {
        ExampleAnswer[] given =
        [
            .. answers.Select((text, i) => new ExampleAnswer(
                new Example { Id = $"{i}", Images = [], Prompt = "<q>", Answers = ["a"] }, text, [])),
        ];
        return new BenchmarkResult(EvaluationTasks.Named("gqa"), "model", format, 80, new ExactMatch().Measure(given));
    }
}
