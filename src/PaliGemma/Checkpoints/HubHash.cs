using System.Security.Cryptography;
using System.Text;

namespace PaliGemma.Checkpoints;

/// <summary>
/// The digest by which the hub names a file's content: the SHA-256 of a large file (Git LFS), or the SHA-1 that git gives a small one,
/// which is that of <c>blob LENGTH\0</c> and the content. It is the entity tag in the hub's answers and the file's name in the cache.
/// </summary>
internal sealed record HubHash
{
    private HubHash(string text) => Text = text;

    /// <summary>64 or 40 hexadecimal digits in lower case.</summary>
    public string Text { get; }

    private HashAlgorithmName Algorithm => Text.Length == 2 * SHA256.HashSizeInBytes ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1;

    /// <summary>Reads an entity tag, weak or strong; null where it is no digest.</summary>
    public static HubHash? Parse(string? entityTag)
    {
        string text = entityTag ?? "";
        text = (text.StartsWith("W/", StringComparison.Ordinal) ? text[2..] : text).Trim('"');
        return text.Length is 2 * SHA1.HashSizeInBytes or 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigit)
            ? new HubHash(text.ToLowerInvariant())
            : null;
    }

    /// <summary>Starts the digest of a content of <paramref name="length"/> bytes.</summary>
    public IncrementalHash Begin(long length)
    {
        IncrementalHash digest = IncrementalHash.CreateHash(Algorithm);
        if (Algorithm == HashAlgorithmName.SHA1)
        {
            digest.AppendData(Encoding.ASCII.GetBytes(FormattableString.Invariant($"blob {length}\0")));
        }
        return digest;
    }

    /// <summary>Ends the digest and compares it.</summary>
    public bool Matches(IncrementalHash digest) => Convert.ToHexStringLower(digest.GetHashAndReset()) == Text;
}
