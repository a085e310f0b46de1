using System.Text.Json.Serialization;
using PaliGemma.Quantization;

namespace PaliGemma.Cli.Output;

/// <summary>Serialises what <c>paligemma quality --json</c> prints.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(WeightFormatConverter), typeof(FiniteNumberConverter)])]
[JsonSerializable(typeof(IReadOnlyList<QualityReport>))]
internal sealed partial class QualityJson : JsonSerializerContext;
