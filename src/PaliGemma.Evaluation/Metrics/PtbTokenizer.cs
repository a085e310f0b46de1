using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>
/// Penn Treebank tokens of captions as the caption metrics' scorers make them: stanfordnlp/CoreNLP 3.4.1, PTBTokenizer with -preserveLines
/// and -lowerCase, of all captions in one text, and then without punctuation (salaniz/pycocoevalcap, tokenizer/ptbtokenizer.py).
/// </summary>
/// <remarks>
/// As there, what follows a caption counts: an abbreviation ends a sentence if the next caption begins like one, and a caption with a line
/// separator of its own moves all captions after it.
/// </remarks>
public static class PtbTokenizer
{
    private static readonly SearchValues<char> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly HashSet<string> Dropped = new(StringComparer.Ordinal)
    {
        "''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--", "...", ";",
    };

    /// <summary>Tokenises captions.</summary>
    /// <returns>For each caption its tokens without punctuation, one space between them.</returns>
    public static string[] Tokenize(IReadOnlyList<string> captions)
    {
        ArgumentNullException.ThrowIfNull(captions);
        List<string> lines = TokenizeLines(string.Join('\n', captions.Select(caption => caption.Replace('\n', ' '))));
        return [.. captions.Select((_, i) => i < lines.Count ? DropPunctuation(lines[i]) : "")];
    }

    /// <summary>The tokens of every line of a text, one space between them.</summary>
    internal static List<string> TokenizeLines(string text)
    {
        StringBuilder output = new();
        bool lineBegins = true;
        for (int at = 0; at < text.Length;)
        {
            if (PlainTokenLength(text, at) is > 0 and int length)
            {
                Append(text.Substring(at, length).ToLowerInvariant());
                at += length;
            }
            else if (text[at] == ' ' && at + 1 < text.Length && char.IsAsciiLetter(text[at + 1]))
            {
                at++;
            }
            else if (Best(text, at) is not (PtbRule rule, Match match))
            {
                // What is in no rule vanishes, but for parting what stands around it.
                at++;
            }
            else if (rule == PtbRules.LineEnd)
            {
                output.Append('\n');
                lineBegins = true;
                at += match.Length;
            }
            else
            {
                Group token = match.Groups[PtbRules.Token] is { Success: true } part ? part : match;
                if (rule != PtbRules.Space)
                {
                    Append(PythonText.ToLower(rule.Write(token.Value).Replace(' ', '\u00A0')));
                }
                at += token.Length - rule.PutBack;
            }
        }
        return [.. output.ToString().Split('\n').Select(line => line.TrimEnd())];

        void Append(string token)
        {
            output.Append(lineBegins ? "" : " ").Append(token);
            lineBegins = false;
        }
    }

    /// <summary>
    /// The length of a token that needs no rules, as most do not: letters before a space or a comma and a space, or that comma; 0 if there
    /// is none.
    /// </summary>
    private static int PlainTokenLength(string text, int at)
    {
        ReadOnlySpan<char> rest = text.AsSpan(at);
        if (rest.StartsWith(", "))
        {
            return 1;
        }
        int length = rest.IndexOfAnyExcept(Letters);
        return length > 0 && (rest[length] == ' ' || rest[length..].StartsWith(", ")) && !PtbRules.IsSplitWord(rest[..length]) ? length : 0;
    }

    /// <summary>The rule that matches most, what must follow the token included; the first of those that match as much.</summary>
    private static (PtbRule Rule, Match Match)? Best(string text, int at)
    {
        (PtbRule, Match Match)? best = null;
        foreach (PtbRule rule in PtbRules.All)
        {
            Match match = rule.Pattern.Match(text, at);
            if (match.Success && match.Length > (best?.Match.Length ?? 0))
            {
                best = (rule, match);
            }
        }
        return best;
    }

    private static string DropPunctuation(string line) =>
        string.Join(' ', line.Split(' ').Where(token => token.Length > 0 && !Dropped.Contains(token)));
}
