using System.Text.RegularExpressions;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>The kinds of tokens of the Penn Treebank, as PTBTokenizer of CoreNLP 3.4.1 tells them apart.</summary>
internal static class PtbRules
{
    /// <summary>The group that is the token, where a pattern also looks at what follows.</summary>
    public const string Token = "t";

    private const string SpaceCharacter = @"[ \t\u00A0\u2000-\u200A\u3000]";
    private const string Line = @"(?:\r\n|[\r\n\u2028\u2029\u000B\u000C])";
    private const string Gap = $@"(?:{SpaceCharacter}|{Line}|\u0085)";
    private const string Digits = @"\p{Nd}\u07C0-\u07C9";
    private const string Digit = $"[{Digits}]";

    /// <summary>Marks that count as letters.</summary>
    private const string Marks =
        @"\u00AD\u0237-\u024F\u02C2-\u02C5\u02D2-\u02DF\u02E5-\u02FF\u0300-\u036F\u0370-\u037D\u0384\u0385\u03CF\u03F6\u03FC-\u03FF"
        + @"\u0483-\u0487\u04CF\u04F6-\u04FF\u0510-\u0525\u055A-\u055F\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0615-\u061A"
        + @"\u063B-\u063F\u064B-\u065E\u0670\u06D6-\u06EF\u06FA-\u06FF\u070F\u0711\u0730-\u074F\u0750-\u077F\u07A6-\u07B1\u07CA-\u07F5"
        + @"\u07FA\u0900-\u0903\u093C\u093E-\u094E\u0951-\u0955\u0962\u0963\u0981-\u0983\u09BC-\u09C4\u09C7\u09C8\u09CB-\u09CD\u09D7"
        + @"\u09E2\u09E3\u0A01-\u0A03\u0A3C\u0A3E-\u0A4F\u0A81-\u0A83\u0ABC-\u0ACF\u0B82\u0BBE-\u0BC2\u0BC6-\u0BC8\u0BCA-\u0BCD"
        + @"\u0C01-\u0C03\u0C3E-\u0C56\u0D3E-\u0D44\u0D46-\u0D48\u0E30-\u0E3A\u0E47-\u0E4E\u0EB1-\u0EBC\u0EC8-\u0ECD";

    private const string AccentedEntity = "&(?i:[aeiou](?:acute|grave|uml));";
    private const string Letter = $@"(?:[\p{{L}}{Marks}]|{AccentedEntity})";
    private const string LetterOrDigit = $@"(?:[\p{{L}}{Marks}{Digits}]|{AccentedEntity})";
    private const string PlainLetterOrDigit = $@"[\p{{L}}{Digits}]";

    private const string Apostrophe = @"(?:['\u0092\u2019]|&(?i:apos);)";
    private const string AnyApostrophe = @"(?:['\u0092\u2019`\u0091\u2018\u201B]|&(?i:apos);)";
    private const string Word = $"{Letter}{LetterOrDigit}*(?:[.!?]{Letter}{LetterOrDigit}*)*";
    private const string Auxiliary = $"{Apostrophe}(?:(?i:re|ve|ll)|[msdMSD])";
    private const string Tag =
        """<(?:[!?][A-Za-z-][^>\r\n]*|/?[A-Za-z][A-Za-z0-9:.-]*(?: +[A-Za-z][A-Za-z0-9_:.-]*(?: *= *(?:'[^']*'|"[^"]*"))?)* */?) *>""";

    private const string Hyphen = @"[-_\u058A\u2010\u2011]";
    private const string Elided = $"(?:[dDoOlL]{AnyApostrophe}{PlainLetterOrDigit})?{PlainLetterOrDigit}+";
    private const string Compound = $"{Elided}(?:{Hyphen}{Elided})*";
    private const string Number = $@"(?:{Digit}*(?:[.:,\u00AD\u066B\u066C]{Digit}+)+|{Digit}+)";
    private const string Initials = "[A-Z]+(?:(?:[+&]|&(?i:amp);)[A-Z]+)+";
    private const string InnerPunctuation = @"[,;:\u3001]";

    private const string Acronym =
        @"(?:(?i:Canada|Sino|Korean|EU|Japan|non)-(?i:U\.S)|(?i:U\.S\.)-(?i:U\.K|U\.S\.S\.R)|[A-Za-z](?:\.[A-Za-z])+)";

    /// <summary>Abbreviations that may end a sentence; letters in brackets stand for capitals only.</summary>
    private const string EndingAbbreviation =
        "(?i:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tues?|Wed|Thurs?|Fri"
        + "|Ala|Ariz|(?-i:A)z|(?-i:A)rk|Calif|Colo|Conn|Ct|Dak|(?-i:D)el|Fla|Ga|(?-i:I)ll|Ind|Kans?|Ky|(?-i:L)a|(?-i:M)ass|Md|Mich|Minn"
        + "|(?-i:M)iss|Mo|Mont|Neb|Nev|Okla|(?-i:O)re|(?-i:P)a|Penn|Tenn|(?-i:T)ex|Va|Vt|(?-i:W)ash|Wisc?|Wyo"
        + "|Inc|Cos?|Corp|Pp?t[ye]s?|Ltd|Plc|Rt|Bancorp|Dept|Bhd|Assn|Univ|Intl|Sys|Bldg|Jr|Sr|Bros|Blvd|Rd|Esq|etc|al|seq)[.]";

    /// <summary>Abbreviations that stand before something.</summary>
    private const string LeadingAbbreviation =
        "(?i:(?:Ed|Ph)[.]D|cf|sq|Mr|Mrs|Ms|(?-i:M)iss|Drs?|Profs?|Sens?|Reps?|Attys?|Lts?|Col|Gen|Messrs|Govs?|Adm|Rev|Maj|Sgt|Cpl|Pvt|Capt"
        + "|Ste?|Ave|Pres|Lieut|Hon|Brig|Co?mdr|Pfc|Spc|Supts?|Det|Mme|Ft|Mt|Wm|Alex|Cie|Elec|Natl|M[ft]g|Treas|Invt|vs|Mlle|Dist|Ph)[.]";

    /// <summary>Words that begin a sentence after an acronym.</summary>
    private const string Opener =
        "(?:The|He|They|She|It|A|An|This|That|In|On|At|But|And|When|Where|We|You|I|Then|These|Those|There|If|For|Yesterday|Today|Tomorrow"
        + "|Some|Many|Most|Several|One|Two|However|Mr|Mrs|Ms|According|After|Another|As|Both|By|Her|His|Its|Last|Meanwhile|My|Nevertheless"
        + "|No|Nor|Not|Our|Such|Their|To|What|While|With|Your)";

    private const string UrlCharacter = """[^ \t\n\f\r"<>|()\u00A0]""";
    private const string UrlEnd = """[^ \t\n\f\r"<>|.!?(){},\-\u00A0]""";
    private const string Quotes = @"\u0091-\u0094\u2018\u2019\u201B-\u201D\u00AB\u00BB\u2039\u203A";

    private static readonly string[] SplitWords = ["cannot", "gonna", "gotta", "lemme", "gimme", "wanna"];

    /// <summary>White space between tokens.</summary>
    public static PtbRule Space { get; } = Rule($"{SpaceCharacter}+|&(?i:nbsp);");

    /// <summary>The end of a line.</summary>
    public static PtbRule LineEnd { get; } = Rule(Line);

    /// <summary>All rules; of two that match as much, the first counts.</summary>
    public static IReadOnlyList<PtbRule> All { get; } =
    [
        .. SplitsAndMarkup(), .. Words(), .. Addresses(), .. Numbers(), .. Abbreviations(), .. QuotesAndFaces(), .. CompoundsAndMarks(),
        LineEnd, Space,
    ];

    /// <summary>Whether a word is written as two.</summary>
    public static bool IsSplitWord(ReadOnlySpan<char> word)
    {
        foreach (string split in SplitWords)
        {
            if (word.Equals(split, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }

    private static PtbRule[] SplitsAndMarkup() =>
    [
        Split("(?<t>(?i:cannot))", 3),
        Split("(?<t>(?i:gonna|gotta|lemme|gimme|wanna))", 2),
        Split("(?<t>'(?i:tis))", 2),
        Split("(?<t>'(?i:twas))", 3),
        Rule(Tag),
        Rule(@"&(?i:MD|mdash|ndash);|[\u0096\u0097\u2013-\u2015]", "--"),
        Rule("&(?i:amp);", "&"),
        Rule("&(?:(?i:HT|TL|UR|LR|QC|QL|QR|odq|cdq)|#[0-9]+);"),
    ];

    private static PtbRule[] Words() =>
    [
        Rule($"(?<t>{Word}){Auxiliary}"),
        Rule($@"(?<t>[A-Za-z\u00AD]*[A-MO-Za-mo-z]\u00AD*)[nN]{AnyApostrophe}[tT]"),
        Rule(Word),
        Rule($"{Apostrophe}[nN]{Apostrophe}?"),
        Rule($"(?i:Dunkin|somethin|ol){Apostrophe}"),
        Rule($"{Apostrophe}(?i:em|till?|cause|[2-9]0s)"),
        Rule($@"\p{{L}}+[aeiouyAEIOUY]{AnyApostrophe}[aeiouA-Z]\p{{L}}*"),
        Rule("(?i:cont'd[.]|nor'easter|c'mon|e'er|s'mores|ev'ry|li'l|nat'l|o'o)"),
        Rule($"[A-HJ-XZn]{AnyApostrophe}{Letter}{Letter}{LetterOrDigit}*"),
        Rule($@"(?<t>[yY]{Apostrophe})\p{{L}}"),
    ];

    private static PtbRule[] Addresses() =>
    [
        Rule($"(?i:https?)://{UrlCharacter}+{UrlEnd}"),

        // The range from comma to underscore leaves out capitals, digits and slashes too, as in the reference.
        Rule(
            """(?:(?i:www)\.(?:[^ \t\n\f\r"<>|.!?(){},]+\.)+[a-zA-Z]{2,4}|(?:[^ \t\n\f\r"`'<>|.!?(){},-_$]+\.)+(?i:com|net|org|edu))"""
            + $"(?:/{UrlCharacter}+{UrlEnd})?"),
        Rule("""<?[a-zA-Z0-9][^ \t\n\f\r"<>|()\u00A0]*@(?:[^ \t\n\f\r"<>|().\u00A0]+\.)*[^ \t\n\f\r"<>|().{}\u00A0]+>?"""),
        Rule(@"[@\uFF20][a-zA-Z_][a-zA-Z_0-9]*"),
        Rule($@"[#\uFF03]{Letter}+"),
    ];

    private static PtbRule[] Numbers() =>
    [
        Rule($"(?<t>{Auxiliary})[^A-Za-z]", WriteQuotes),
        Rule($"[nN]{AnyApostrophe}[tT]", WriteQuotes),
        Rule($"{Apostrophe}[msdMSD]", WriteQuotes),
        Rule($"{Digit}{{1,2}}[-/]{Digit}{{1,2}}[-/]{Digit}{{2,4}}"),
        Rule($"[-+]?{Number}"),
        Rule(@"[\u207A\u207B\u208A\u208B]?(?:[\u2070\u00B9\u00B2\u00B3\u2074-\u2079]+|[\u2080-\u2089]+)"),
        Rule($@"(?:{Digit}{{1,4}}[- \u00A0])?{Digit}{{1,4}}(?:\\?/|\u2044){Digit}{{1,4}}"),
        Rule(@"[\u00BC-\u00BE\u2153-\u215E]", WriteFraction),
        Rule(
            "-(?i:RRB|LRB|RCB|LCB|RSB|LSB)-|(?i:C[.]D[.]s|pro-|anti-|S(?:&|&amp;)P-500|S(?:&|&amp;)Ls)"
            + $@"|(?i:Cap{Apostrophe}n|c{Apostrophe}est|C\+\+|[CF]#)",
            WriteAmpersands),
        Rule($"(?<t>{Apostrophe}[0-9][0-9]){Gap}"),
        Rule(@"[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:\\?/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}"),
        Rule(@"[A-Z]*\$|#"),
        Rule(@"[\u00A2-\u00A5\u0080\u20A0\u20AC\u060B\u0E3F\u20A4\uFFE0\uFFE1\uFFE5\uFFE6]", WriteCurrency),
    ];

    private static PtbRule[] Abbreviations() =>
    [
        Double($@"(?<t>{EndingAbbreviation}){Gap}(?:{Gap}|\p{{Lu}}|{Tag})"),
        Rule($@"(?<t>{EndingAbbreviation})[\s\S][\s\S]"),
        Rule($"(?<t>{EndingAbbreviation}){SpaceCharacter}(?i:Ltd)"),
        Double(EndingAbbreviation),
        Double($"(?<t>{Acronym}[.])(?:{Gap}+{Opener}{Gap}|{Gap}{Tag})"),
        Split($"(?<t>[A-Za-z][.]){Gap}+{Opener}{Gap}", 1),
        Rule($"(?:{Acronym}|[A-Za-z])[.]"),
        Rule(LeadingAbbreviation),
        Rule($"(?<t>(?i:nos?|figs?|pp?|ca|op|arts?|prop|tel|est|ext|sq|ft)[.]){Gap}?{Digit}"),
        Rule(
            $"(?<t>{LetterOrDigit}+(?:[-.]{LetterOrDigit}+)*[.](?i:bat|bmp|c|class|cgi|cpp|dll|docx?|exe|gif|gz|h|html?|jar|java|jpe?g"
            + $"|mov|mp3|pdf|php|pl|png|ppt|ps|py|sql|tar|txt|wav|x|xml|zip))(?:{Gap}|[.?!,])"),
        Rule($"(?<t>{Word}[.]){InnerPunctuation}"),
        Rule(
            @"(?:\([0-9]{2,3}\)[ \u00A0]?|(?:\+\+?)?(?:[0-9]{2,4}[- \u00A0])?[0-9]{2,4}[- \u00A0])[0-9]{3,4}[- \u00A0]?[0-9]{3,5}"
            + "|(?:(?:\\+\\+?)?[0-9]{2,4}[.])?[0-9]{2,4}[.][0-9]{3,4}[.][0-9]{3,5}",
            WriteRoundBrackets),
    ];

    private static PtbRule[] QuotesAndFaces() =>
    [
        Rule("(?<t>\"|&(?i:quot);)[A-Za-z0-9$]", "``"),
        Rule("\"|&(?i:quot);", "''"),
        Rule(@"(?<t>['`\u0091\u2018\u201B])[A-Za-z][^ \t\n\r\u00A0]", "`"),
        Rule($"''|``|[{Quotes}]{{1,2}}|['`]|&(?i:apos);", WriteQuotes),
        Rule(@"(?<t>[<>]?[:;=][-o*']?[()DPdpO\\{@|\[\]])[^A-Za-z0-9]", WriteRoundBrackets),

        // The second bracket of the first is escaped in the reference, so that it only knows itself.
        Rule(
            @"[\^x=~<>]\.\[\^x=~<>\]|[-^x=~<>']_[-^x=~<>']|\([-^x=~<>'][_.]?[-^x=~<>']\)|\([\^x=~<>']-[\^x=~<>'`]\)",
            WriteRoundBrackets),
    ];

    private static PtbRule[] CompoundsAndMarks() =>
    [
        Rule(Compound),
        Rule($"(?<t>{Compound}[.]){InnerPunctuation}"),
        Rule($@"[A-Za-z0-9][A-Za-z0-9.,\u00AD]*(?:-(?:{Acronym}[.]|[A-Za-z0-9\u00AD]+))+"),
        Rule($@"(?<t>[A-Za-z0-9][A-Za-z0-9.,\u00AD]*(?:-(?:{Acronym}|[A-Za-z0-9\u00AD]+))+)[^a-zA-Z0-9.+]"),
        Rule(Initials, WriteAmpersands),
        Rule($"(?<t>{Initials}[.]){InnerPunctuation}", WriteAmpersands),
        Rule(@"\.{3,5}|(?:\.[ \u00A0]){2,4}\.|[\u0085\u2026]", "..."),
        Rule("[?!]+"),
        Rule(@"[(){}\[\]]", WriteBracket),
        Rule("-{5,}"),
        Rule("-{2,4}", "--"),
        Rule(@"\\?\*+|@+|_+|#+|>>|<<|[-.,;:=/<>]"),
        Rule("&(?i:lt);", "<"),
        Rule("&(?i:gt);", ">"),
        Rule(
            @"[+%&~^|\\\u00A6-\u00A9\u00AC\u00AE-\u00BA\u00D7\u00F7\u0387\u05BE\u05C0\u05C3\u05C6\u05F3\u05F4\u0600-\u0603\u0606-\u060A"
            + @"\u060C\u0614\u061B\u061E\u066A\u066D\u0703-\u070D\u07F6-\u07F8\u0964\u0965\u0E4F\u1FBD\u2016\u2017\u201A\u201E-\u2023"
            + @"\u2030-\u2038\u203B\u203E-\u2042\u2044\u207A-\u207F\u208A-\u208E\u2100-\u214F\u2190-\u2BFF\u3001\u3012\u30FB"
            + @"\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65\u00A1\u00BF\u037E\u0589\u061F\u06D4\u0700-\u0702\u07FA\u3002]"),
    ];

    private static PtbRule Rule(string pattern, Func<string, string> write) =>
        new(new Regex($@"\G(?:{pattern})", RegexOptions.CultureInvariant), write);

    private static PtbRule Rule(string pattern) => Rule(pattern, WriteWord);

    private static PtbRule Rule(string pattern, string token) => Rule(pattern, _ => token);

    /// <summary>A token of which the last characters are read again, and are not part of it.</summary>
    private static PtbRule Split(string pattern, int length) => Rule(pattern, token => token[..^length]) with { PutBack = length };

    /// <summary>An abbreviation whose period also ends the sentence.</summary>
    private static PtbRule Double(string pattern) => Rule(pattern) with { PutBack = 1 };

    private static string WriteWord(string token)
    {
        string visible = token.Replace("\u00AD", "", StringComparison.Ordinal);
        return visible.Length == 0 ? "-" : visible.Replace("&apos;", "'", StringComparison.Ordinal);
    }

    private static string WriteAmpersands(string token) => token.Replace("&amp;", "&", StringComparison.OrdinalIgnoreCase);

    private static string WriteRoundBrackets(string token) =>
        token.Replace("(", WriteBracket("("), StringComparison.Ordinal).Replace(")", WriteBracket(")"), StringComparison.Ordinal);

    private static string WriteBracket(string bracket) => bracket switch
    {
        "(" => "-LRB-",
        ")" => "-RRB-",
        "[" => "-LSB-",
        "]" => "-RSB-",
        "{" => "-LCB-",
        _ => "-RCB-",
    };

    private static string WriteQuotes(string token) => string.Concat(
        token.Replace("&apos;", "'", StringComparison.OrdinalIgnoreCase).Select(letter => letter switch
        {
            '\u0091' or '\u2018' or '\u201B' or '\u2039' => "`",
            '\u0092' or '\u2019' or '\u203A' => "'",
            '\u0093' or '\u201C' or '\u00AB' => "``",
            '\u0094' or '\u201D' or '\u00BB' => "''",
            _ => letter.ToString(),
        }));

    private static string WriteFraction(string token) => token switch
    {
        "½" => "1/2",
        "¼" => "1/4",
        "¾" => "3/4",
        "⅓" => "1/3",
        "⅔" => "2/3",
        _ => token,
    };

    private static string WriteCurrency(string token) => token switch
    {
        "£" or "\u20A4" => "#",
        "¢" => "cents",
        "€" or "\u0080" or "\u20A0" or "¤" => "$",
        _ => token,
    };
}
