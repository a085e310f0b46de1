using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.Access;

/// <summary>Lets only those in who have a key.</summary>
internal sealed class ApiKeyMiddleware(RequestDelegate next, ServerOptions options)
{
    private const string Scheme = "Bearer ";

    // Hashes are of one length, so comparing them tells nothing of a key's length either.
    private readonly byte[][] _keys = [.. options.ApiKeys.Select(Hash)];

    public Task InvokeAsync(HttpContext context)
    {
        string given = context.Request.Headers.Authorization.ToString();
        if (!given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || !IsKnown(Hash(given[Scheme.Length..].Trim())))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            throw new RequestException(
                StatusCodes.Status401Unauthorized, "This server wants one of its API keys: 'Authorization: Bearer KEY'.")
            { Code = "invalid_api_key" };
        }
        return next(context);
    }

    /// <summary>Takes the same time for every key.</summary>
    private bool IsKnown(byte[] hash)
    {
        bool known = false;
        foreach (byte[] key in _keys)
        {
            known |= CryptographicOperations.FixedTimeEquals(key, hash);
        }
        return known;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
