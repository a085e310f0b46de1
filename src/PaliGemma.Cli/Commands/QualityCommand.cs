using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Output;
using PaliGemma.Imaging;
using PaliGemma.Layers;
using PaliGemma.Quantization;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma quality</c>: what each format loses against the weights as they are stored.</summary>
internal static class QualityCommand
{
    private static readonly WeightFormat[] Formats = [WeightFormat.Int8, WeightFormat.Nf4, WeightFormat.Fp4, WeightFormat.Int4];

    private static readonly string[] Prompts = ["caption en", "ocr", "answer en what is in the picture?", "detect cat", "segment cat"];

    public static Command Create()
    {
        Argument<string[]> images = PictureArgument.Several();
        Option<string> model = new("--model", "-m")
        {
            Description = "A model folder or .npz file in floating point, or the name of a pulled repository.",
            Required = true,
            HelpName = "DIR",
        };
        Option<string[]> prompts = new("--prompt", "-p")
        {
            Description = "What is asked about each picture; can be repeated.",
            DefaultValueFactory = _ => Prompts,
            HelpName = "TEXT",
        };
        Option<int> tokens = new("--tokens")
        {
            Description = "Tokens of each answer that are compared.",
            DefaultValueFactory = _ => 8,
            CustomParser = NumberParser.Create<int>(value => value is >= 1 and <= 1024, "a whole number from 1 to 1024"),
            HelpName = "N",
        };
        Option<bool> json = new("--json") { Description = "Print one JSON object instead of tables." };
        Command command = new("quality", "Compare 8-bit and 4-bit weights with those that are stored: layers, likely tokens.")
        {
            images, model, prompts, tokens, json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string path = ModelFolder.Resolve(parsed.GetRequiredValue(model));
                RequireFloatingPoint(path);
                RgbImage[] pictures = [.. ImageSources.Expand(parsed.GetRequiredValue(images)).Select(file => ImageFile.Load(file))];
                IReadOnlyList<QualityReport> reports = ProgressDisplay.Run("Comparing", report => QualityComparison.Compare(
                    path, Formats, pictures, parsed.GetRequiredValue(prompts), parsed.GetValue(tokens), progress: report, cancellation: cancellation));
                if (parsed.GetValue(json))
                {
                    Console.Out.WriteLine(JsonSerializer.Serialize(reports, QualityJson.Default.IReadOnlyListQualityReport));
                }
                else
                {
                    WriteTables(Console.Out, reports);
                }
            },
            cancellation));
        return command;
    }

    private static void RequireFloatingPoint(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        WeightFormat stored = StoredFormat.Of(checkpoint);
        if (Formats.Contains(stored))
        {
            throw new ModelFileException($"{checkpoint.Location} is stored as {stored}; expected the weights that it was made of, to compare with.");
        }
    }

    /// <summary>Markdown: the model as a whole, then its layers.</summary>
    private static void WriteTables(TextWriter output, IReadOnlyList<QualityReport> reports)
    {
        output.WriteLine("| Format | Bytes per token | Image features | Decoder's output | Divergence (nats) | Same top token |");
        output.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (QualityReport report in reports)
        {
            double features = report.Layers.Single(layer => layer.Layer == "projector.output").RelativeError;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {Name(report.Format)} | {ByteSize.Text(report.DecoderBytes)} | {features:P2} | {report.Layers[^1].RelativeError:P2} | {report.Divergence:G3} | {report.TopTokenAgreement:P1} of {report.Tokens} |"));
        }
        output.WriteLine();
        output.WriteLine("| Layer | " + string.Join(" | ", reports.Select(report => Name(report.Format))) + " |");
        output.WriteLine("| --- |" + string.Concat(Enumerable.Repeat(" --- |", reports.Count)));
        for (int i = 0; i < reports[0].Layers.Count; i++)
        {
            IEnumerable<string> errors = reports.Select(report => report.Layers[i].RelativeError.ToString("P2", CultureInfo.InvariantCulture));
            output.WriteLine($"| {reports[0].Layers[i].Layer} | {string.Join(" | ", errors)} |");
        }
    }

    private static string Name(WeightFormat format) => format.ToString().ToLowerInvariant();
}
