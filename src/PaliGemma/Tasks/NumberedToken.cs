using System.Globalization;

namespace PaliGemma.Tasks;

/// <summary>Tokens whose text is a name and a number of so many digits: <c>&lt;loc0000&gt;</c>, <c>&lt;seg000&gt;</c>.</summary>
internal static class NumberedToken
{
    /// <summary>Reads a token that a text begins with; only the exact spelling is one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">What stands before the digits.</param>
    /// <param name="length">Characters of the token.</param>
    /// <param name="count">How many such tokens there are.</param>
    /// <param name="number">The token's number; -1 if there is none.</param>
    public static bool TryParse(ReadOnlySpan<char> text, ReadOnlySpan<char> name, int length, int count, out int number)
    {
        number = -1;
        if (text.Length < length || !text.StartsWith(name, StringComparison.Ordinal) || text[length - 1] != '>')
        {
            return false;
        }
        ReadOnlySpan<char> digits = text[name.Length..(length - 1)];
        // The parser would pass over NULs at the end.
        return !digits.ContainsAnyExceptInRange('0', '9')
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < count;
    }
}
