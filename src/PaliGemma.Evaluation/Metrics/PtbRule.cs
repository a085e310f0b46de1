using System.Text.RegularExpressions;

namespace PaliGemma.Evaluation.Metrics;

/// <summary>One kind of token.</summary>
/// <param name="Pattern">Matches at the place where a search begins; the group t is the token where more must follow it.</param>
/// <param name="Write">How the token is written.</param>
/// <param name="PutBack">Characters at the token's end that are read again.</param>
internal sealed record PtbRule(Regex Pattern, Func<string, string> Write, int PutBack = 0);
