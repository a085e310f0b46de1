using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.Tasks;

/// <summary>Reads a request that is JSON, or a form with the same fields in which the picture is a file.</summary>
internal static class TaskRequestReader
{
    private const string ImageField = "image";

    /// <returns>The request, and the picture's bytes if it came as a file.</returns>
    /// <exception cref="RequestException">The body is neither, or not as <paramref name="type"/> says.</exception>
    public static async Task<(T Request, byte[]? Image)> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : TaskRequest
    {
        if (!request.HasFormContentType)
        {
            return (await JsonBody.ReadAsync(request, type, cancellation).ConfigureAwait(false), null);
        }
        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(cancellation).ConfigureAwait(false);
        }
        // A form without its end is an IOException, and so is what the server itself says of a body's length or speed.
        catch (Exception error) when (error is InvalidDataException
            or (IOException and not (BadHttpRequestException or ConnectionResetException)))
        {
            throw new RequestException(StatusCodes.Status400BadRequest, "The form is damaged or too large.");
        }
        byte[]? image = null;
        if (form.Files.GetFile(ImageField) is IFormFile file)
        {
            image = new byte[file.Length];
            using Stream content = file.OpenReadStream();
            await content.ReadExactlyAsync(image, cancellation).ConfigureAwait(false);
        }
        return (JsonBody.Parse(ToJson(form, type), type), image);
    }

    /// <summary>The form's fields as the JSON object with the same fields; numbers stay strings, as which they may be read.</summary>
    private static ReadOnlyMemory<byte> ToJson(IFormCollection form, JsonTypeInfo type)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        foreach ((string name, StringValues values) in form)
        {
            json.WritePropertyName(name);
            WriteValue(json, type.Properties.FirstOrDefault(property => property.Name == name)?.PropertyType, values);
        }
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenMemory;
    }

    private static void WriteValue(Utf8JsonWriter json, Type? type, StringValues values)
    {
        if (type == typeof(bool) && bool.TryParse(values.ToString(), out bool truth))
        {
            json.WriteBooleanValue(truth);
        }
        else if (type == typeof(IReadOnlyList<string>))
        {
            json.WriteStartArray();
            foreach (string? value in values)
            {
                json.WriteStringValue(value);
            }
            json.WriteEndArray();
        }
        else
        {
            json.WriteStringValue(values.ToString());
        }
    }
}
