using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace PaliGemma.Server.Metrics;

/// <summary>An instrument as Prometheus names it, with a value or a histogram for each set of tags.</summary>
internal sealed class MetricFamily
{
    private static readonly double[] DefaultBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly string _type;
    private readonly string _help;
    private readonly bool _adds;
    private readonly double[] _bounds;

    private MetricFamily(string name, string type, string help, bool adds, double[] bounds) =>
        (Name, _type, _help, _adds, _bounds) = (name, type, help, adds, bounds);

    public string Name { get; }

    /// <summary>The family of an instrument; its unit becomes the end of the name, and a counter's name ends in <c>_total</c>.</summary>
    public static MetricFamily Of(Instrument instrument)
    {
        string kind = instrument.GetType().Name;
        string type = kind.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : kind.Contains("UpDown", StringComparison.Ordinal) || kind.Contains("Gauge", StringComparison.Ordinal) ? "gauge"
            : "counter";
        string unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        string name = new([.. instrument.Name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_')]);
        double[] bounds = (instrument switch
        {
            Histogram<double> histogram => histogram.Advice?.HistogramBucketBoundaries,
            Histogram<int> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound),
            _ => null,
        })?.ToArray() ?? DefaultBounds;
        return new MetricFamily(
            name + unit + (type == "counter" ? "_total" : ""),
            type,
            (instrument.Description ?? "").ReplaceLineEndings(" "),
            adds: !instrument.IsObservable && type != "histogram" && !kind.StartsWith("Gauge", StringComparison.Ordinal),
            bounds);
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = Labels(tags);
        lock (_gate)
        {
            if (!_series.TryGetValue(labels, out Series? series))
            {
                _series.Add(labels, series = new Series { Buckets = _type == "histogram" ? new long[_bounds.Length] : null });
            }
            if (series.Buckets is long[] buckets)
            {
                series.Count++;
                series.Value += value;
                for (int i = 0; i < buckets.Length; i++)
                {
                    buckets[i] += value <= _bounds[i] ? 1 : 0;
                }
            }
            else
            {
                series.Value = _adds ? series.Value + value : value;
            }
        }
    }

    public void WriteTo(StringBuilder text)
    {
        lock (_gate)
        {
            if (_series.Count == 0)
            {
                return;
            }
            text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {_help.Replace("\\", "\\\\", StringComparison.Ordinal)}\n# TYPE {Name} {_type}\n");
            foreach ((string labels, Series series) in _series)
            {
                if (series.Buckets is not long[] buckets)
                {
                    WriteLine(text, "", labels, series.Value);
                    continue;
                }
                for (int i = 0; i < buckets.Length; i++)
                {
                    WriteLine(text, "_bucket", Joined(labels, string.Create(CultureInfo.InvariantCulture, $"le=\"{_bounds[i]}\"")), buckets[i]);
                }
                WriteLine(text, "_bucket", Joined(labels, "le=\"+Inf\""), series.Count);
                WriteLine(text, "_sum", labels, series.Value);
                WriteLine(text, "_count", labels, series.Count);
            }
        }
    }

    private void WriteLine(StringBuilder text, string suffix, string labels, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"{Name}{suffix}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {value}\n");

    private static string Joined(string labels, string label) => labels.Length > 0 ? $"{labels},{label}" : label;

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        StringBuilder labels = new();
        foreach ((string name, object? value) in tags)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).ReplaceLineEndings("\\n");
            labels.Append(labels.Length > 0 ? "," : "").Append(name.Replace('.', '_')).Append("=\"").Append(text).Append('"');
        }
        return labels.ToString();
    }

    private sealed class Series
    {
        /// <summary>Of a histogram, how many values are at most each bound.</summary>
        public long[]? Buckets { get; init; }

        public long Count { get; set; }

        /// <summary>Of a histogram, the sum.</summary>
        public double Value { get; set; }
    }
}
