using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PaliGemma.Cli.Benchmarks;
using PaliGemma.Data.Annotations;

namespace PaliGemma.Cli.Output;

/// <summary>Serialises what commands print.</summary>
[JsonSerializable(typeof(AnswerRecord))]
[JsonSerializable(typeof(BenchRecord))]
[JsonSerializable(typeof(ConversionReport))]
[JsonSerializable(typeof(EvaluationRecord))]
[JsonSerializable(typeof(IReadOnlyList<TokenizedText>))]
internal sealed partial class OutputJson : JsonSerializerContext
{
    /// <summary>Leaves text in any script readable: it goes to a terminal or a file, not into a web page.</summary>
    public static OutputJson Readable { get; } =
        new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
