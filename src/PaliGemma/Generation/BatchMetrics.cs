using System.Diagnostics.Metrics;

namespace PaliGemma.Generation;

/// <summary>What a <see cref="BatchScheduler"/> tells those who listen to its meter.</summary>
internal sealed class BatchMetrics : IDisposable
{
    private readonly Meter _meter = new(BatchScheduler.MeterName);
    private readonly KeyValuePair<string, object?> _model;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _rate;
    private readonly Histogram<int> _batchSize;
    private readonly Counter<long> _tokens;

    public BatchMetrics(string model, ImageFeatureCache cache, Func<int> queueLength, Func<int> sequences)
    {
        _model = new KeyValuePair<string, object?>("model", model);
        _firstToken = _meter.CreateHistogram(
            "paligemma.first_token.duration",
            "s",
            "From a request to its first token.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] });
        _rate = _meter.CreateHistogram(
            "paligemma.tokens_per_second",
            null,
            "Tokens of a request per second, from its first one on.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] });
        _batchSize = _meter.CreateHistogram(
            "paligemma.batch.size",
            null,
            "Sequences that a decoding step advanced.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });
        _tokens = _meter.CreateCounter<long>("paligemma.tokens", null, "Tokens generated.");
        _meter.CreateObservableGauge("paligemma.queue.length", () => new Measurement<int>(queueLength(), _model), null, "Requests that wait.");
        _meter.CreateObservableGauge("paligemma.sequences", () => new Measurement<int>(sequences(), _model), null, "Sequences being decoded.");
        _meter.CreateObservableCounter(
            "paligemma.image_cache.hits", () => new Measurement<long>(cache.Hits, _model), null, "Pictures whose features were there.");
        _meter.CreateObservableCounter(
            "paligemma.image_cache.misses", () => new Measurement<long>(cache.Misses, _model), null, "Pictures that were encoded.");
    }

    public void Stepped(int sequences)
    {
        _batchSize.Record(sequences, _model);
        _tokens.Add(sequences, _model);
    }

    public void Began(TimeSpan firstToken) => _firstToken.Record(firstToken.TotalSeconds, _model);

    public void Ended(int tokens, TimeSpan decoding)
    {
        if (tokens > 1 && decoding > TimeSpan.Zero)
        {
            _rate.Record((tokens - 1) / decoding.TotalSeconds, _model);
        }
    }

    public void Dispose() => _meter.Dispose();
}
