using Microsoft.AspNetCore.Http;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.Images;

/// <summary>Bytes in a URL: <c>data:image/png;base64,…</c> (RFC 2397).</summary>
internal static class DataUrl
{
    private const string Scheme = "data:";
    private const string Base64 = ";base64";

    public static bool Is(string url) => url.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <exception cref="RequestException">The URL has no bytes in base64.</exception>
    public static byte[] Decode(string url)
    {
        int comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || !url.AsSpan(0, comma).EndsWith(Base64, StringComparison.OrdinalIgnoreCase))
        {
            throw new RequestException(StatusCodes.Status400BadRequest, "A data URL of a picture begins 'data:image/png;base64,'.", "image");
        }
        byte[] bytes = new byte[((url.Length - comma - 1) / 4 * 3) + 3];
        return Convert.TryFromBase64Chars(url.AsSpan(comma + 1), bytes, out int length)
            ? bytes[..length]
            : throw new RequestException(StatusCodes.Status400BadRequest, "The picture's data URL is not base64.", "image");
    }
}
