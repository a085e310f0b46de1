using System.Globalization;
using System.Text;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// What Python means by white space, lower case and the number in a text: the reference scorers are written in it, and scores depend on it.
/// </summary>
internal static class PythonText
{
    /// <summary><c>str.isspace</c>: Unicode's white space and the four separators of ASCII.</summary>
    public static bool IsSpace(char letter) => char.IsWhiteSpace(letter) || letter is >= '\u001C' and <= '\u001F';

    /// <summary><c>str.split()</c>.</summary>
    public static string[] Split(string text)
    {
        List<string> words = [];
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool space = i == text.Length || IsSpace(text[i]);
            if (space && start >= 0)
            {
                words.Add(text[start..i]);
                start = -1;
            }
            else if (!space && start < 0)
            {
                start = i;
            }
        }
        return [.. words];
    }

    /// <summary><c>str.strip()</c>.</summary>
    public static string Strip(string text)
    {
        int start = 0;
        int end = text.Length;
        while (start < end && IsSpace(text[start]))
        {
            start++;
        }
        while (end > start && IsSpace(text[end - 1]))
        {
            end--;
        }
        return text[start..end];
    }

    /// <summary><c>str.lower()</c>, which is also Java's: İ becomes two characters, and a sigma at a word's end its own letter.</summary>
    public static string ToLower(string text)
    {
        StringBuilder lower = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case 'İ':
                    lower.Append("i\u0307");
                    break;
                case 'Σ':
                    lower.Append(EndsWord(text, i) ? 'ς' : 'σ');
                    break;
                case var high when char.IsHighSurrogate(high) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]):
                    lower.Append(Rune.ToLowerInvariant(new Rune(high, text[++i])).ToString());
                    break;
                default:
                    lower.Append(ToLowerSimple(text[i]));
                    break;
            }
        }
        return lower.ToString();
    }

    /// <summary>The one character that a letter becomes in lower case (Python 2): İ becomes i.</summary>
    public static char ToLowerSimple(char letter) => letter switch
    {
        'İ' => 'i',
        '\u212A' => 'k',
        _ => char.ToLowerInvariant(letter),
    };

    /// <summary><c>float(text)</c>; null where Python raises an error.</summary>
    public static double? ToFloat(string text)
    {
        string number = Strip(text);
        StringBuilder plain = new(number.Length);
        for (int i = 0; i < number.Length; i++)
        {
            char letter = number[i];
            if (char.IsDigit(letter))
            {
                plain.Append((char)('0' + CharUnicodeInfo.GetDecimalDigitValue(letter)));
            }
            else if (letter == '_')
            {
                if (i == 0 || i == number.Length - 1 || !char.IsDigit(number[i - 1]) || !char.IsDigit(number[i + 1]))
                {
                    return null;
                }
            }
            else
            {
                plain.Append(letter);
            }
        }
        string value = plain.ToString();
        string unsigned = value is ['+' or '-', ..] ? value[1..] : value;
        if (unsigned.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            return double.NaN;
        }
        if (unsigned.Equals("inf", StringComparison.OrdinalIgnoreCase) || unsigned.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            return value[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        }
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return unsigned is [(>= '0' and <= '9') or '.', ..]
            && double.TryParse(value, Styles, CultureInfo.InvariantCulture, out double result)
            ? result
            : null;
    }

    private static bool EndsWord(string text, int index)
    {
        int before = index - 1;
        while (before >= 0 && IsIgnorable(text[before]))
        {
            before--;
        }
        int after = index + 1;
        while (after < text.Length && IsIgnorable(text[after]))
        {
            after++;
        }
        return before >= 0 && IsCased(text[before]) && (after == text.Length || !IsCased(text[after]));
    }

    private static bool IsCased(char letter) => char.GetUnicodeCategory(letter)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    /// <summary>Unicode's Case_Ignorable: marks, and punctuation inside words.</summary>
    private static bool IsIgnorable(char letter) => letter is '\'' or '.' or ':' or '·' or '\u2018' or '\u2019' or '\u2024' or '\u2027'
        || char.GetUnicodeCategory(letter) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
