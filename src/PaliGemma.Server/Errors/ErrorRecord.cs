namespace PaliGemma.Server.Errors;

/// <summary>Why a request is not answered, in the form of OpenAI's API.</summary>
internal sealed record ErrorRecord(ErrorDetail Error);

/// <param name="Message">A sentence.</param>
/// <param name="Type">Whose fault it is.</param>
/// <param name="Param">The field of the request that is at fault, if one is.</param>
/// <param name="Code">A word for programs, if there is one.</param>
internal sealed record ErrorDetail(string Message, string Type, string? Param, string? Code);
