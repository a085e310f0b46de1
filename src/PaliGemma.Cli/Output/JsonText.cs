using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PaliGemma.Cli.Output;

/// <summary>JSON documents whose form another program fixes.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document that <paramref name="write"/> writes, on one line.</summary>
    public static string Of(Action<Utf8JsonWriter> write)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes, Readable))
        {
            write(json);
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>Writes numbers as an array, to the thousandth: positions in pixels are not known more exactly.</summary>
    public static void WriteNumbers(Utf8JsonWriter json, params ReadOnlySpan<float> numbers)
    {
        json.WriteStartArray();
        foreach (float number in numbers)
        {
            json.WriteNumberValue(Math.Round((decimal)number, 3));
        }
        json.WriteEndArray();
    }
}
