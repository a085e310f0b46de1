namespace PaliGemma.Checkpoints;

/// <summary>The access token of a hub account.</summary>
public sealed class HubToken
{
    /// <summary>Creates a token.</summary>
    /// <param name="value">The token; white space around it is not part of it.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="HubException">The text cannot be a token.</exception>
    public HubToken(string value, string source = "the program")
    {
        ArgumentNullException.ThrowIfNull(value);
        Value = value.Trim();
        Source = source;
        // Anything else would end the HTTP header early.
        if (Value.Length == 0 || Value.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new HubException($"The token from {source} is not one: expected printable ASCII characters without spaces.");
        }
    }

    /// <summary>Where the token comes from.</summary>
    public string Source { get; }

    internal string Value { get; }

    /// <summary>The token's origin; never the token itself, which must not end up in a log.</summary>
    public override string ToString() => $"token from {Source}";

    /// <summary>The token in a file as <c>hf auth login</c> writes it; null where there is none.</summary>
    /// <exception cref="HubException">The file holds something else.</exception>
    internal static HubToken? FromFile(string path)
    {
        const int LongestFile = 1 << 16;
        if (FileLength.Find(path) is not long length)
        {
            return null;
        }
        if (length > LongestFile)
        {
            throw new HubException($"The token file {path} is {length} bytes long; expected at most {LongestFile}.");
        }
        string text = File.ReadAllText(path);
        return string.IsNullOrWhiteSpace(text) ? null : new HubToken(text, path);
    }
}
