using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Evaluation;
using PaliGemma.Evaluation.Datasets;
using PaliGemma.Evaluation.Metrics;
using PaliGemma.Evaluation.Reports;
using PaliGemma.Generation;
using PaliGemma.Layers;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>Runs benchmarks in one precision after another.</summary>
/// <param name="arguments">The options.</param>
/// <param name="parsed">Their values.</param>
internal sealed class EvaluationRun(EvaluationArguments arguments, ParseResult parsed) : IDisposable
{
    /// <summary>By the models' paths.</summary>
    private readonly Dictionary<string, string> _fingerprints = new(StringComparer.Ordinal);

    /// <summary>By their files; the results draw with them as long as the run is not disposed.</summary>
    private readonly Dictionary<string, MaskDecoder> _decoders = new(StringComparer.Ordinal);

    /// <summary>Runs one benchmark.</summary>
    public IReadOnlyList<BenchmarkResult> Run(EvaluationTask task, string data, string model, CancellationToken cancellation)
    {
        string path = ModelFolder.Resolve(Path.Combine(model, task.Name) is string own && Directory.Exists(own) ? own : model);
        MaskDecoder? decoder = DecoderOf(path);
        Metric metric = task.CreateMetric(decoder);
        DatasetFolder folder = new(data);
        Example[] examples = ProgressDisplay.Run(
            "Reading", _ => task.Read(folder).Take(arguments.Limit(parsed) ?? int.MaxValue).ToArray());
        string weights = FingerprintOf(path, cancellation) + (arguments.QuantizesHead(parsed) ? ", quantised head" : "");
        IReadOnlyList<WeightFormat> formats = arguments.Formats(parsed);
        List<BenchmarkResult> results = [];
        foreach (WeightFormat format in formats)
        {
            try
            {
                results.Add(Run(task, examples, metric, data, model, path, weights, format, cancellation) with { Decoder = decoder });
            }
            catch (Exception error) when (formats.Count > 1 && IsOfOneRun(error))
            {
                // What the other precisions gave is not lost.
                Console.Error.WriteLine($"paligemma: {task.Name} with {format.ToString().ToLowerInvariant()} is left out: {error.Message}");
            }
        }
        return results.Count > 0
            ? results
            : throw new ModelFileException($"{task.Name} could be run with none of {string.Join(", ", formats).ToLowerInvariant()}.");
    }

    /// <summary>Runs all benchmarks whose data are there; why one of them cannot be read is told on standard error.</summary>
    /// <exception cref="ModelFileException">There are no data of any benchmark.</exception>
    public IReadOnlyList<BenchmarkResult> RunAll(string data, string model, CancellationToken cancellation)
    {
        List<BenchmarkResult> results = [];
        foreach (EvaluationTask task in EvaluationTasks.All)
        {
            if (FolderOf(task, data) is string folder)
            {
                try
                {
                    results.AddRange(Run(task, folder, model, cancellation));
                }
                catch (Exception error) when (IsOfOneRun(error))
                {
                    Console.Error.WriteLine($"paligemma: {task.Name} is left out: {error.Message}");
                }
            }
        }
        return results.Count > 0
            ? results
            : throw new ModelFileException($"{data} has the data of no benchmark; expected folders such as {Path.Combine(data, "vqav2")}.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MaskDecoder decoder in _decoders.Values)
        {
            decoder.Dispose();
        }
    }

    /// <summary>Whether a failure is about one model, precision or benchmark, so that others can be run all the same.</summary>
    private static bool IsOfOneRun(Exception error) =>
        error is ModelFileException or IOException or UnauthorizedAccessException or OutOfMemoryException;

    /// <summary>The fingerprint of a model's weights.</summary>
    private string FingerprintOf(string path, CancellationToken cancellation)
    {
        if (!_fingerprints.TryGetValue(path, out string? fingerprint))
        {
            fingerprint = ProgressDisplay.Run("Looking at the weights", _ => WeightFingerprint.Of(path, cancellation));
            _fingerprints.Add(path, fingerprint);
        }
        return fingerprint;
    }

    /// <summary>Decodes the masks of a model; null where there are no weights for it.</summary>
    private MaskDecoder? DecoderOf(string path)
    {
        if (arguments.DecoderFile(parsed, path) is not string file)
        {
            return null;
        }
        if (!_decoders.TryGetValue(file, out MaskDecoder? decoder))
        {
            decoder = MaskDecoder.Load(file);
            _decoders.Add(file, decoder);
        }
        return decoder;
    }

    /// <summary>The folder of the benchmark's name or, for parts of a benchmark, of the name's beginning.</summary>
    private static string? FolderOf(EvaluationTask task, string data)
    {
        for (string name = task.Name; ; name = name[..name.LastIndexOf('-')])
        {
            string folder = Path.Combine(data, name);
            if (Directory.Exists(folder))
            {
                return folder;
            }
            if (!name.Contains('-', StringComparison.Ordinal))
            {
                return null;
            }
        }
    }

    private BenchmarkResult Run(
        EvaluationTask task,
        Example[] examples,
        Metric metric,
        string data,
        string model,
        string path,
        string weights,
        WeightFormat format,
        CancellationToken cancellation)
    {
        string formatName = format.ToString().ToLowerInvariant();
        string resize = (arguments.Resize(parsed) ?? task.Resize).ToString().ToLowerInvariant();
        using PredictionFile predictions = new(
            Path.Combine(arguments.Predictions(parsed), $"{task.Name}-{formatName}.jsonl"),
            $"{task.Name}, {Path.GetFullPath(data)}, {Path.GetFullPath(path)}, weights {weights}, {formatName}, {resize}");
        using PaliGemmaPipeline pipeline = arguments.Load(parsed, path, format);
        BenchmarkModel asked = new(pipeline, task, arguments.Resize(parsed));
        string title = $"{task.Title}, {formatName}";
        Measurement measurement = ProgressDisplay.RunDescribed(title, report => new Benchmark(examples, metric)
        {
            BatchSize = arguments.Batch(parsed),
            Progress = new SynchronousProgress<BenchmarkProgress>(state => report(
                (double)state.Done / state.Total, $"{title}: {HtmlReport.Number(state.Score)}, {state.Done} of {state.Total}")),
        }.Run(asked.Answer, predictions, cancellation));
        bool isMix = Path.GetFullPath(path).Contains("-mix", StringComparison.OrdinalIgnoreCase);
        double? published = task.PublishedFor(pipeline.Model.Config.Vision.ImageSize, isMix);
        return new BenchmarkResult(task, model, formatName, published, measurement);
    }
}
