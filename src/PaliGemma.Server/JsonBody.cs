using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server;

/// <summary>Reads bodies of JSON, and says in a sentence what is wrong with them.</summary>
internal static class JsonBody
{
    /// <exception cref="RequestException">The body is not JSON as <paramref name="type"/> says.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        if (!request.HasJsonContentType())
        {
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "The body has no type; application/json is one.");
        }
        try
        {
            return NotNull(await JsonSerializer.DeserializeAsync(request.Body, type, cancellation).ConfigureAwait(false));
        }
        catch (JsonException error)
        {
            throw Fault(error);
        }
    }

    /// <exception cref="RequestException">The JSON is not as <paramref name="type"/> says.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return NotNull(JsonSerializer.Deserialize(json.Span, type));
        }
        catch (JsonException error)
        {
            throw Fault(error);
        }
    }

    private static T NotNull<T>(T? value) => value ?? throw Fault(new JsonException());

    private static RequestException Fault(JsonException error)
    {
        string? field = error.Path is ['$', '.', .. string path] ? path : null;
        return new RequestException(
            StatusCodes.Status400BadRequest,
            field is null
                ? "The body is not a JSON object as /openapi/v1.json describes it."
                : $"The field '{field}' is unknown here, or its value is not of the kind that /openapi/v1.json describes.",
            field);
    }
}
