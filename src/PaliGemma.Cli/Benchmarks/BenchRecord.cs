using System.Text.Json.Serialization;

namespace PaliGemma.Cli.Benchmarks;

/// <summary>What <c>paligemma bench --json</c> prints.</summary>
internal sealed record BenchRecord
{
    [JsonPropertyName("model")]
    public required string Model { get; init; }

    [JsonPropertyName("threads")]
    public required int Threads { get; init; }

    [JsonPropertyName("limits")]
    public required BenchLimits Limits { get; init; }

    [JsonPropertyName("peak_rss_bytes")]
    public required long PeakResidentBytes { get; init; }

    [JsonPropertyName("stages")]
    public required IReadOnlyList<BenchStage> Stages { get; init; }
}

/// <summary>What the machine can do, measured between the stages of the same run; medians.</summary>
/// <param name="MultiplyAdd">Floating-point operations of float32 multiply-adds, in 10⁹ per second.</param>
/// <param name="Int8">Operations of products of bytes, in 10⁹ per second.</param>
/// <param name="Read">Bytes of the decoder's weights read from memory, in 10⁹ per second.</param>
internal sealed record BenchLimits(
    [property: JsonPropertyName("fma_gflops")] double MultiplyAdd,
    [property: JsonPropertyName("int8_gops")] double Int8,
    [property: JsonPropertyName("read_gbps")] double Read);

/// <summary>One stage's result.</summary>
internal sealed record BenchStage
{
    /// <summary><c>load</c>, <c>image</c>, <c>prefill</c> or <c>decode</c>.</summary>
    [JsonPropertyName("stage")]
    public required string Stage { get; init; }

    [JsonPropertyName("dtype")]
    public required string Format { get; init; }

    /// <summary>Tokens that <see cref="Seconds"/> were spent on.</summary>
    [JsonPropertyName("tokens")]
    public required int Tokens { get; init; }

    /// <summary>The median; for decode, of one token.</summary>
    [JsonPropertyName("seconds")]
    public required double Seconds { get; init; }

    [JsonPropertyName("seconds_min")]
    public required double Fastest { get; init; }

    [JsonPropertyName("seconds_max")]
    public required double Slowest { get; init; }

    /// <summary>Floating-point operations of image and prefill; bytes of load and decode.</summary>
    [JsonPropertyName("work")]
    public required double Work { get; init; }

    /// <summary>Work per second.</summary>
    [JsonPropertyName("rate")]
    public required double Rate { get; init; }

    /// <summary>
    /// The limit that the rate is compared with: of float32 multiply-adds, of products of bytes where weights are quantised, or of reading; 0 where there is none.
    /// </summary>
    [JsonPropertyName("limit")]
    public required double Limit { get; init; }

    /// <summary>The median over the rounds of rate by limit, the limit as measured just before and after.</summary>
    [JsonPropertyName("fraction")]
    public required double Fraction { get; init; }

    /// <summary>For image and prefill, the same of the limit of float32 multiply-adds, whatever the weights' format; 0 elsewhere.</summary>
    [JsonPropertyName("fraction_of_fma")]
    public double MultiplyAddFraction { get; init; }
}
