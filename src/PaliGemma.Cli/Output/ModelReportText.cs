using System.Globalization;
using System.Text.RegularExpressions;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;

namespace PaliGemma.Cli.Output;

/// <summary>Prints a model's report for people.</summary>
internal static partial class ModelReportText
{
    /// <param name="report">The report.</param>
    /// <param name="everyTensor">Whether every tensor has a line; otherwise a line stands for all layers.</param>
    /// <param name="output">Where to.</param>
    public static void Write(ModelReport report, bool everyTensor, TextWriter output)
    {
        PaliGemmaConfig config = report.Config;
        string generation = config.Text.Version == GemmaVersion.Gemma2 ? "PaliGemma 2" : "PaliGemma";
        output.WriteLine($"{report.Model}: {generation}, {Count(report.Parameters.Total)} parameters");
        Section(output, "Configuration", table => AddConfig(table, report));
        Section(output, "Files", table =>
        {
            foreach (CheckpointFile file in report.Files)
            {
                table.Add(Path.GetFileName(file.Path), ByteSize.Text(file.Length));
            }
        });
        Section(output, "Tensors", table => AddTensors(table, report.Tensors, everyTensor));
        AddNames(output, "Missing tensors", report.MissingTensors);
        AddNames(output, "Unused tensors", report.UnusedTensors);
        Section(output, "Parameters", table =>
        {
            table.Add("vision tower", Count(report.Parameters.VisionTower));
            table.Add("projector", Count(report.Parameters.MultiModalProjector));
            table.Add("decoder", Count(report.Parameters.LanguageModel));
        });
        Section(output, "Memory for the weights", table =>
        {
            foreach ((string precision, long bytes) in report.MemoryBytes)
            {
                table.Add(precision, ByteSize.Text(bytes), precision == report.StoredFormat ? "as stored" : "converted when loaded");
            }
        });
        Section(output, "Memory for keys and values", table =>
        {
            table.Add("a token", ByteSize.Text(report.KvCacheBytesPerToken));
            table.Add("a picture", ByteSize.Text(report.KvCacheBytesPerToken * report.ImageTokens), $"{report.ImageTokens} image tokens");
        });
    }

    private static void AddConfig(TextTable table, ModelReport report)
    {
        SiglipVisionConfig vision = report.Config.Vision;
        GemmaConfig text = report.Config.Text;
        table.Add("", "vision tower", "decoder");
        table.Add("width", Text(vision.HiddenSize), Text(text.HiddenSize));
        table.Add("MLP width", Text(vision.IntermediateSize), Text(text.IntermediateSize));
        table.Add("layers", Text(vision.LayerCount), Text(text.LayerCount));
        table.Add("heads", Text(vision.HeadCount), Text(text.HeadCount));
        table.Add("key/value heads", Text(vision.HeadCount), Text(text.KeyValueHeadCount));
        table.Add("head size", Text(vision.HeadSize), Text(text.HeadSize));
        table.Add("norm epsilon", Text(vision.LayerNormEpsilon), Text(text.RmsNormEpsilon));
        string size = $"{vision.ImageSize} × {vision.ImageSize} pixels";
        table.Add("picture", $"{size} in patches of {vision.PatchSize}: {report.ImageTokens} image tokens");
        table.Add("vocabulary", $"{text.VocabularySize} rows, image token {report.Config.ImageTokenId}");
        table.Add("positions", $"up to {text.MaxPositions}, rotary base {Text(text.RopeTheta)}");
        if (text.Version == GemmaVersion.Gemma2)
        {
            table.Add("soft caps", $"attention {Text(text.AttentionSoftCap)}, logits {Text(text.FinalSoftCap)}");
            table.Add("query scale", $"1/sqrt({Text(text.QueryPreAttentionScalar)})");
        }
    }

    private static void AddTensors(TextTable table, IReadOnlyList<ReportedTensor> tensors, bool every)
    {
        // A layer's tensors differ from another's in the number alone.
        var groups = tensors.GroupBy(tensor => (
            Name: every ? tensor.Name : LayerNumber().Replace(tensor.Name, ".*."),
            tensor.Type,
            Shape: $"[{string.Join(", ", tensor.Shape)}]"));
        foreach (var group in groups)
        {
            int count = group.Count();
            table.Add(group.Key.Name, group.Key.Type, group.Key.Shape, count > 1 ? $"{count} ×" : "");
        }
    }

    private static void AddNames(TextWriter output, string title, IReadOnlyList<string> names)
    {
        if (names.Count > 0)
        {
            Section(output, title, table =>
            {
                foreach (string name in names)
                {
                    table.Add(name);
                }
            });
        }
    }

    private static void Section(TextWriter output, string title, Action<TextTable> fill)
    {
        TextTable table = new();
        fill(table);
        output.WriteLine();
        output.WriteLine(title);
        table.WriteTo(output);
    }

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\.\d+\.")]
    private static partial Regex LayerNumber();
}
