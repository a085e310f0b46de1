using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using PaliGemma.Generation;

namespace PaliGemma.Server.Metrics;

/// <summary>Listens to the meters of the library, of the runtime (memory, processor time) and of HTTP.</summary>
internal sealed class MetricCollector : IDisposable
{
    private static readonly string[] Meters = [BatchScheduler.MeterName, "System.Runtime", "Microsoft.AspNetCore.Hosting"];

    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public MetricCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Meters.Contains(instrument.Meter.Name))
            {
                MetricFamily family = MetricFamily.Of(instrument);
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(family.Name, family));
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>All metrics in Prometheus's text format 0.0.4.</summary>
    public string Collect()
    {
        _listener.RecordObservableInstruments();
        StringBuilder text = new();
        foreach (MetricFamily family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
        {
            family.WriteTo(text);
        }
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();
}
