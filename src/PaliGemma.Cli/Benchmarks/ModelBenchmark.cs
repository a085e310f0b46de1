using System.Diagnostics;
using PaliGemma.Generation;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Cli.Benchmarks;

/// <summary>
/// Times the stages of a model in rounds. Before and after every stage it measures the machine's limits, so that a stage and its limit share whatever else the
/// machine is doing.
/// </summary>
internal sealed class ModelBenchmark : IDisposable
{
    /// <summary>Far more than the caches hold.</summary>
    private const long ReadBytes = 1L << 28;

    private const double Giga = 1e9;

    private readonly PaliGemmaModel _model;
    private readonly NativeBuffer? _buffer;
    private readonly IReadOnlyList<MemoryRegion> _memory;
    private readonly float[] _pixels;
    private readonly int[] _prompt;
    private readonly List<double> _multiplyAdd = [];
    private readonly List<double> _int8 = [];
    private readonly List<double> _read = [];

    public ModelBenchmark(PaliGemmaModel model, int promptTokens)
    {
        _model = model;
        int size = model.Config.Vision.ImageSize;
        Random random = new(1);
        _pixels = [.. Enumerable.Range(0, 3 * size * size).Select(_ => (random.NextSingle() * 2) - 1)];
        int[] text = [.. Enumerable.Range(0, promptTokens).Select(_ => random.Next(4, Math.Min(model.Config.Text.VocabularySize, model.Config.ImageTokenId)))];
        _prompt = [.. Enumerable.Repeat(model.Config.ImageTokenId, model.Config.Vision.PatchCount), .. text];
        _memory = model.DecoderMemory;
        DecoderBytes = _memory.Sum(region => region.Length);
        if (DecoderBytes < ReadBytes)
        {
            // The caches would hold so small a model.
            _buffer = new NativeBuffer(ReadBytes);
            for (long start = 0; start < ReadBytes; start += 4096)
            {
                _buffer.Span<byte>(start, 1)[0] = 1; // Untouched pages would all be one page of zeros.
            }
            _memory = [_buffer.Region];
        }
    }

    /// <summary>Bytes of weights that one decoding step reads.</summary>
    public long DecoderBytes { get; }

    /// <summary>Medians over the rounds so far.</summary>
    public BenchLimits Limits => new(Median(_multiplyAdd) / Giga, Median(_int8) / Giga, Median(_read) / Giga);

    /// <summary>Runs <paramref name="rounds"/> rounds, after one that warms up.</summary>
    public IReadOnlyList<BenchStage> Run(WeightFormat format, int rounds, int decodeTokens, Action<double> progress, CancellationToken cancellation)
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
                _int8.Clear();
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
            MeasureLimits();
            progress((round + 1.0) / (rounds + 1));
        }
        bool quantized = format is WeightFormat.Int8 or WeightFormat.Nf4 or WeightFormat.Fp4 or WeightFormat.Int4;
        List<double> compute = quantized ? _int8 : _multiplyAdd;
        double bytes = DecoderBytes + StageWork.Cache(_model.Config, _prompt.Length + (decodeTokens / 2));
        double imageWork = StageWork.Image(_model.Config);
        double prefillWork = StageWork.Prefill(_model.Config, _prompt.Length);
        return
        [
            Stage("image", format, _model.Config.Vision.PatchCount, image, imageWork, compute, 0) with
            {
                MultiplyAddFraction = Fraction(image, imageWork, _multiplyAdd, 0),
            },
            Stage("prefill", format, _prompt.Length, prefill, prefillWork, compute, 1) with
            {
                MultiplyAddFraction = Fraction(prefill, prefillWork, _multiplyAdd, 1),
            },
            Stage("decode", format, 1, decode, bytes, _read, 2),
        ];
    }

    public void Dispose() => _buffer?.Dispose();

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private void MeasureLimits()
    {
        _multiplyAdd.Add(MachineLimits.MeasureMultiplyAdd(_model.Pool, TimeSpan.FromMilliseconds(100)));
        _int8.Add(MachineLimits.MeasureInt8(_model.Pool, TimeSpan.FromMilliseconds(50)));
        _read.Add(MachineLimits.MeasureRead(_model.Pool, _memory));
    }

    /// <param name="name">The stage.</param>
    /// <param name="format">The weights' format.</param>
    /// <param name="tokens">Tokens per run.</param>
    /// <param name="seconds">One time per round.</param>
    /// <param name="work">Operations or bytes per run.</param>
    /// <param name="limits">Four measurements per round: before, between and after the stages.</param>
    /// <param name="index">The stage's number in the round.</param>
    private static BenchStage Stage(
        string name, WeightFormat format, int tokens, List<double> seconds, double work, List<double> limits, int index)
    {
        double median = Median(seconds);
        return new BenchStage
        {
            Stage = name,
            Format = format.ToString().ToLowerInvariant(),
            Tokens = tokens,
            Seconds = median,
            Fastest = seconds.Min(),
            Slowest = seconds.Max(),
            Work = work,
            Rate = work / median,
            Limit = Median(limits),
            Fraction = Fraction(seconds, work, limits, index),
        };
    }

    private static double Fraction(List<double> seconds, double work, List<double> limits, int index) =>
        Median(seconds.Select((time, round) => 2 * work / time / (limits[(4 * round) + index] + limits[(4 * round) + index + 1])));
}
