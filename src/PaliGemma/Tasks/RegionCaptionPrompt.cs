namespace PaliGemma.Tasks;

/// <summary>A sentence about a part of the picture: <c>caption &lt;loc0100&gt;&lt;loc0200&gt;&lt;loc0300&gt;&lt;loc0400&gt;</c>.</summary>
/// <param name="Region">The part, as a fraction of the picture.</param>
public sealed record RegionCaptionPrompt(BoundingBox Region) : TaskPrompt
{
    /// <inheritdoc/>
    public override string Text => "caption " + LocationTokens.Format(Region);

    /// <summary>Reads the four location tokens that <paramref name="tokens"/> begins with; null if it does not.</summary>
    internal static RegionCaptionPrompt? TryParse(ReadOnlySpan<char> tokens)
    {
        Span<float> edges = stackalloc float[LocationTokens.PerBox];
        for (int i = 0; i < edges.Length; i++)
        {
            if (!LocationTokens.TryParse(tokens, out int index))
            {
                return null;
            }
            edges[i] = LocationTokens.Decode(index);
            tokens = tokens[LocationTokens.Length..];
        }
        return new RegionCaptionPrompt(new BoundingBox(edges[0], edges[1], edges[2], edges[3]));
    }
}
