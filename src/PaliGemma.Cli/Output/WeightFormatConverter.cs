using System.Text.Json;
using System.Text.Json.Serialization;
using PaliGemma.Layers;

namespace PaliGemma.Cli.Output;

/// <summary>Writes formats by the names that options take.</summary>
internal sealed class WeightFormatConverter : JsonConverter<WeightFormat>
{
    public override WeightFormat Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Enum.Parse<WeightFormat>(reader.GetString()!, ignoreCase: true);

    public override void Write(Utf8JsonWriter writer, WeightFormat value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString().ToLowerInvariant());
}
