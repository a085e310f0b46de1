using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Benchmarks;
using PaliGemma.Cli.Output;
using PaliGemma.Generation;
using PaliGemma.Layers;
using PaliGemma.Quantization;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma bench</c>: how fast a model is on this machine, and how near to the machine's limits.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        ModelArguments model = new();
        Option<int> rounds = Count("--rounds", "Timed rounds; medians are reported.", 5);
        Option<int> tokens = Count("--decode-tokens", "Tokens decoded per round.", 8);
        Option<int> prompt = Count("--prompt-tokens", "Text tokens of the prompt.", 4);
        Option<int> imageSize = new("--image-size")
        {
            Description = "Height and width of the picture in pixels, if not the model's: positions are interpolated.",
            CustomParser = NumberParser.Create<int>(value => value >= 1, "a whole number of at least 1"),
            HelpName = "PIXELS",
        };
        Option<bool> json = new("--json") { Description = "Print one JSON object instead of a table." };
        Command command = new("bench", "Time loading, image encoding, prefill and decoding, beside the machine's limits.") { rounds, tokens, prompt, imageSize, json };
        model.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                BenchRecord record = Run(
                    model,
                    parsed,
                    parsed.GetValue(imageSize),
                    parsed.GetValue(rounds),
                    parsed.GetValue(tokens),
                    parsed.GetValue(prompt),
                    cancellation);
                Console.Out.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(record, OutputJson.Readable.BenchRecord) : Table(record));
            },
            cancellation));
        return command;
    }

    private static Option<int> Count(string name, string description, int fallback) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = NumberParser.Create<int>(value => value >= 1, "a whole number of at least 1"),
        HelpName = "N",
    };

    private static BenchRecord Run(
        ModelArguments arguments,
        ParseResult parsed,
        int imageSize,
        int rounds,
        int decodeTokens,
        int promptTokens,
        CancellationToken cancellation)
    {
        WeightFormat format = arguments.Format(parsed);
        if (format == WeightFormat.Auto)
        {
            using Checkpoint checkpoint = Checkpoint.Open(arguments.Folder(parsed));
            format = StoredFormat.Of(checkpoint);
        }
        long start = Stopwatch.GetTimestamp();
        using PaliGemmaPipeline pipeline = arguments.Load(parsed, options => options with { ImageSize = imageSize });
        double loadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        PaliGemmaModel model = (PaliGemmaModel)pipeline.Model;
        using ModelBenchmark benchmark = new(model, promptTokens);
        IReadOnlyList<BenchStage> stages =
            ProgressDisplay.Run("Timing", progress => benchmark.Run(format, rounds, decodeTokens, progress, cancellation));
        BenchStage load = new()
        {
            Stage = "load",
            Format = format.ToString().ToLowerInvariant(),
            Tokens = 0,
            Seconds = loadSeconds,
            Fastest = loadSeconds,
            Slowest = loadSeconds,
            Work = benchmark.DecoderBytes,
            Rate = benchmark.DecoderBytes / loadSeconds,
            Limit = 0,
            Fraction = 0,
        };
        using Process self = Process.GetCurrentProcess();
        return new BenchRecord
        {
            Model = arguments.Folder(parsed),
            Threads = model.Pool.ThreadCount,
            Limits = benchmark.Limits,
            PeakResidentBytes = self.PeakWorkingSet64,
            Stages = [load, .. stages],
        };
    }

    private static string Table(BenchRecord record)
    {
        List<string> lines =
        [
            string.Create(
                CultureInfo.InvariantCulture,
                $"{record.Model}: {record.Threads} threads, limits {record.Limits.MultiplyAdd:F0} GFLOP/s, {record.Limits.Int8:F0} GOP/s in 8 bits and {record.Limits.Read:F1} GB/s, peak memory {record.PeakResidentBytes / 1e9:F2} GB (mapped weights included)"),
            "stage     tokens   median s  (fastest … slowest)     tokens/s        rate   of limit   of FMA",
        ];
        foreach (BenchStage stage in record.Stages)
        {
            string unit = stage.Stage is "image" or "prefill" ? "GFLOP/s" : "GB/s";
            string speed = stage.Tokens == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{stage.Tokens / stage.Seconds:F1}");
            string fraction = stage.Limit == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{100 * stage.Fraction:F0} %");
            string multiplyAdd = stage.MultiplyAddFraction == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{100 * stage.MultiplyAddFraction:F0} %");
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{stage.Stage,-9} {stage.Tokens,6} {stage.Seconds,10:F3}  ({stage.Fastest:F3} … {stage.Slowest:F3}) {speed,12} {stage.Rate / 1e9,7:F1} {unit,-7} {fraction,7} {multiplyAdd,8}").TrimEnd());
        }
        return string.Join(Environment.NewLine, lines);
    }
}
