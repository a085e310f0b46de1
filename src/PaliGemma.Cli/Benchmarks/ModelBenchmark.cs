using System.Diagnostics;
using PaliGemma.Generation;
using PaliGemma.Kernels;

namespace PaliGemma.Cli.Benchmarks;

/// <summary>
/// Times the stages of a model in rounds: every round first measures the machine's limits, then runs every stage once, so that a stage and its limit share whatever
/// else the machine is doing.
/// </summary>
internal sealed class ModelBenchmark : IDisposable
{
    /// <summary>Far more than the caches hold.</summary>
    private const long ReadBytes = 1L << 28;

    private const double Giga = 1e9;

    private readonly PaliGemmaModel _model;
    private readonly NativeBuffer _memory = new(ReadBytes);
    private readonly float[] _pixels;
    private readonly int[] _prompt;
    private readonly List<double> _multiplyAdd = [];
    private readonly List<double> _read = [];

    public ModelBenchmark(PaliGemmaModel model, int promptTokens)
    {
        _model = model;
        int size = model.Config.Vision.ImageSize;
        Random random = new(1);
        _pixels = [.. Enumerable.Range(0, 3 * size * size).Select(_ => (random.NextSingle() * 2) - 1)];
        int[] text = [.. Enumerable.Range(0, promptTokens).Select(_ => random.Next(4, Math.Min(model.Config.Text.VocabularySize, model.Config.ImageTokenId)))];
        _prompt = [.. Enumerable.Repeat(model.Config.ImageTokenId, model.Config.Vision.PatchCount), .. text];
        for (long start = 0; start < ReadBytes; start += 4096)
        {
            _memory.Span<byte>(start, 1)[0] = 1; // Untouched pages would all be one page of zeros.
        }
    }

    /// <summary>Medians over the rounds so far.</summary>
    public BenchLimits Limits => new(Median(_multiplyAdd) / Giga, Median(_read) / Giga);

    /// <summary>Runs <paramref name="rounds"/> rounds, after one that warms up.</summary>
    public IReadOnlyList<BenchStage> Run(string format, int rounds, int decodeTokens, Action<double> progress, CancellationToken cancellation)
    {
        List<double> image = [];
        List<double> prefill = [];
        List<double> decode = [];
        for (int round = 0; round <= rounds; round++)
        {
            if (round == 1)
            {
                image.Clear();
                prefill.Clear();
                decode.Clear();
                _multiplyAdd.Clear();
                _read.Clear();
            }
            MeasureLimits();
            long start = Stopwatch.GetTimestamp();
            using ImageFeatures features = _model.EncodeImage(_pixels, cancellation);
            image.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            MeasureLimits();
            start = Stopwatch.GetTimestamp();
            using IDecodingState state = _model.Prefill([features], _prompt, cancellation);
            prefill.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            MeasureLimits();
            float[] logits = new float[_model.Config.Text.VocabularySize];
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < decodeTokens; i++)
            {
                _model.ComputeLogits([state], logits);
                _model.Append([state], new[] { _prompt[^1] }, cancellation);
            }
            decode.Add(Stopwatch.GetElapsedTime(start).TotalSeconds / decodeTokens);
            progress((round + 1.0) / (rounds + 1));
        }
        double bytes = _model.DecoderByteLength + StageWork.Cache(_model.Config, _prompt.Length + (decodeTokens / 2));
        return
        [
            Stage("image", format, _model.Config.Vision.PatchCount, image, StageWork.Image(_model.Config), _multiplyAdd, 0),
            Stage("prefill", format, _prompt.Length, prefill, StageWork.Prefill(_model.Config, _prompt.Length), _multiplyAdd, 1),
            Stage("decode", format, 1, decode, bytes, _read, 2),
        ];
    }

    public void Dispose() => _memory.Dispose();

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private void MeasureLimits()
    {
        _multiplyAdd.Add(MachineLimits.MeasureMultiplyAdd(_model.Pool, TimeSpan.FromMilliseconds(100)));
        _read.Add(MachineLimits.MeasureRead(_model.Pool, _memory.Region));
    }

    /// <param name="name">The stage.</param>
    /// <param name="format">The weights' format.</param>
    /// <param name="tokens">Tokens per run.</param>
    /// <param name="seconds">One time per round.</param>
    /// <param name="work">Operations or bytes per run.</param>
    /// <param name="limits">Three measurements per round: before each stage.</param>
    /// <param name="index">The stage's number in the round.</param>
    private static BenchStage Stage(string name, string format, int tokens, List<double> seconds, double work, List<double> limits, int index)
    {
        double median = Median(seconds);
        return new BenchStage
        {
            Stage = name,
            Format = format,
            Tokens = tokens,
            Seconds = median,
            Fastest = seconds.Min(),
            Slowest = seconds.Max(),
            Work = work,
            Rate = work / median,
            Limit = Median(limits),
            Fraction = Median(seconds.Select((time, round) => work / time / limits[(3 * round) + index])),
        };
    }
}
