using System.Text.Json;

namespace PaliGemma.Configuration;

/// <summary>One JSON object, as a file, a line or an item of a list.</summary>
internal static class JsonRecord
{
    /// <summary>Reads an object.</summary>
    /// <param name="json">Its bytes.</param>
    /// <param name="where">The file, and the line if it has many, for errors.</param>
    /// <param name="prefix">The path of the object inside the file, with a trailing dot, or empty.</param>
    /// <param name="read">Takes what is needed from its fields.</param>
    /// <exception cref="ModelFileException">The bytes are no JSON object, or <paramref name="read"/> does not like a field.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, string where, string prefix, Func<JsonFields, T> read)
    {
        try
        {
            Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 64 });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            bool more = reader.Read();
            return document.RootElement.ValueKind == JsonValueKind.Object && !more
                ? read(new JsonFields(document.RootElement, where, prefix))
                : throw new JsonException("It is no object.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            string place = prefix.Length == 0 ? where : $"{where}: {prefix.TrimEnd('.')}";
            throw new ModelFileException(
                $"{place} is not a JSON object in UTF-8{Damage(error)}; expected one object and nothing after it.", error);
        }
    }

    /// <summary>Where the parser stopped, if it says so; its own words are for programmers.</summary>
    private static string Damage(Exception error) => error switch
    {
        JsonException { LineNumber: 0, BytePositionInLine: long position } => $" from its byte {position + 1} on",
        JsonException { LineNumber: long line, BytePositionInLine: long position } => $" from line {line + 1}, byte {position + 1} on",
        _ => "",
    };
}
