using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace PaliGemma.Checkpoints;

/// <summary>An answer, after redirections.</summary>
/// <param name="Message">The last answer.</param>
/// <param name="Address">Who gave it.</param>
/// <param name="Hash">The digest that the answer, or a redirection on the way to it, says the content has.</param>
/// <param name="Size">The length, in bytes, that they say the content has.</param>
internal sealed record HubResponse(HttpResponseMessage Message, Uri Address, HubHash? Hash, long? Size) : IDisposable
{
    /// <summary>The answer's status.</summary>
    public HttpStatusCode Status => Message.StatusCode;

    /// <summary>The value of a header, of the content or of the message; null where there is none.</summary>
    public static string? Header(HttpResponseMessage message, string name) =>
        message.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values)
        || message.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? values.ToString()
            : null;

    /// <summary>A length of at most a petabyte; null where there is none, or the header says something else.</summary>
    public static long? Length(string? header) =>
        long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= 1L << 50 ? value : null;

    /// <inheritdoc/>
    public void Dispose() => Message.Dispose();
}
