using System.ComponentModel;
using PaliGemma.Tasks;

namespace PaliGemma.Server.Tasks;

/// <summary>The answer to a task.</summary>
internal sealed record TaskAnswer
{
    [Description("The model that answered.")]
    public required string Model { get; init; }

    [Description("The prompt in the words that the model was trained on.")]
    public required string Prompt { get; init; }

    [Description("Width of the picture, upright, in pixels.")]
    public required int Width { get; init; }

    [Description("Height of the picture, upright, in pixels.")]
    public required int Height { get; init; }

    [Description("The answer as the model gave it, location and segmentation tokens spelled out.")]
    public required string Text { get; init; }

    [Description("What was found, in the order of the answer.")]
    public required IReadOnlyList<ObjectRecord> Objects { get; init; }

    [Description("What in the answer is not as objects are written.")]
    public required IReadOnlyList<ProblemRecord> Problems { get; init; }

    [Description("'stop' where the model said that the answer is complete, 'length' where it was cut off.")]
    public required string FinishReason { get; init; }

    [Description("Tokens read and generated.")]
    public required TokenUsage Usage { get; init; }

    [Description("Where the time went.")]
    public required TaskTimings Timings { get; init; }
}

/// <summary>How an answer begins that is sent while it is made.</summary>
/// <param name="Model">The model that answers.</param>
/// <param name="Prompt">The prompt in the words that the model was trained on.</param>
/// <param name="Width">Width of the picture, upright, in pixels.</param>
/// <param name="Height">Height of the picture, upright, in pixels.</param>
internal sealed record TaskStart(string Model, string Prompt, int Width, int Height);

/// <summary>More of an answer's text.</summary>
internal sealed record TextPiece(string Text);

/// <param name="FirstTokenMs">From the picture's decoding to the first token, the queue included, in milliseconds.</param>
/// <param name="TotalMs">From the picture's decoding to the last token, in milliseconds.</param>
internal sealed record TaskTimings(double FirstTokenMs, double TotalMs);

/// <param name="PromptTokens">Tokens read, those of pictures included.</param>
/// <param name="CompletionTokens">Tokens generated.</param>
internal sealed record TokenUsage(int PromptTokens, int CompletionTokens)
{
    public int TotalTokens => PromptTokens + CompletionTokens;
}
