using System.Globalization;

namespace PaliGemma.Tasks;

/// <summary><c>&lt;seg000&gt;</c> to <c>&lt;seg127&gt;</c>: entries of the mask decoder's codebook, sixteen to a mask.</summary>
public static class SegmentationTokens
{
    /// <summary>How many there are.</summary>
    public const int Count = 128;

    /// <summary>Codes of one mask, row by row of a grid of 4 x 4.</summary>
    public const int PerMask = 16;

    /// <summary>Characters of a token's text.</summary>
    public const int Length = 8;

    /// <summary>The token's text.</summary>
    /// <param name="code">0 … 127.</param>
    public static string Format(int code)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(code);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(code, Count);
        return string.Create(CultureInfo.InvariantCulture, $"<seg{code:D3}>");
    }

    /// <summary>A mask's sixteen tokens.</summary>
    /// <exception cref="ArgumentException">There are not sixteen codes.</exception>
    public static string Format(IReadOnlyList<int> codes)
    {
        ArgumentNullException.ThrowIfNull(codes);
        return codes.Count == PerMask
            ? string.Concat(codes.Select(Format))
            : throw new ArgumentException($"A mask has {PerMask} codes, not {codes.Count}.", nameof(codes));
    }

    /// <summary>Reads a token that <paramref name="text"/> begins with; only the exact spelling is one.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out int code) => NumberedToken.TryParse(text, "<seg", Length, Count, out code);
}
