using System.Text.Encodings.Web;
using System.Text.Json;

namespace PaliGemma.Data.Annotations;

/// <summary>JSON as annotations are written: labels in any script stay readable.</summary>
internal static class JsonText
{
    /// <summary>Everything on one line.</summary>
    public static JsonWriterOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes of the document that <paramref name="write"/> writes.</summary>
    public static byte[] Of(JsonWriterOptions options, Action<Utf8JsonWriter> write)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes, options))
        {
            write(json);
        }
        return bytes.ToArray();
    }
}
