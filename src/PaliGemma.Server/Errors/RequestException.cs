using Microsoft.AspNetCore.Http;

namespace PaliGemma.Server.Errors;

/// <summary>A request that is not answered, with the status and the sentence that its sender gets instead.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">The sentence.</param>
/// <param name="field">The field of the request that is at fault, if one is.</param>
internal sealed class RequestException(int status, string message, string? field = null) : Exception(message)
{
    public int Status => status;

    public string? Field => @field;

    /// <summary>A word for programs.</summary>
    public string? Code { get; init; }

    /// <summary>Turns a request into something of the library's, whose complaints are then about the request.</summary>
    /// <exception cref="RequestException">The library takes no such values.</exception>
    public static T Check<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException error)
        {
            string sentence = error.ParamName is string name
                ? error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
                : error.Message;
            throw new RequestException(StatusCodes.Status400BadRequest, sentence.ReplaceLineEndings(" "));
        }
    }
}
