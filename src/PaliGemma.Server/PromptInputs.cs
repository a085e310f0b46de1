using Microsoft.AspNetCore.Http;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server;

/// <summary>Turns pictures and a prompt into a model's inputs, within the limits of the server.</summary>
internal sealed class PromptInputs(ServerOptions options)
{
    /// <exception cref="RequestException">The prompt, or the answer that is asked for, is longer than it may be.</exception>
    public Task<PaliGemmaInputs> CreateAsync(
        ServedModel model, IReadOnlyList<RgbImage> images, string prompt, int maxTokens, CancellationToken cancellation)
    {
        if (maxTokens > options.MaxTokens)
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest, $"An answer has at most {options.MaxTokens} tokens here, not {maxTokens}.", "max_tokens");
        }
        // A token is at least a byte: what is far too long need not be cut into tokens to be refused.
        if (prompt.Length > options.MaxPromptTokens * LongestPiece)
        {
            throw TooLong(null);
        }
        return Task.Run(
            () =>
            {
                int[] tokens = model.Pipeline.Processor.EncodePrompt(prompt, images.Count);
                int text = tokens.Length - (images.Count * model.Pipeline.Model.Config.Vision.PatchCount);
                return text <= options.MaxPromptTokens
                    ? new PaliGemmaInputs([.. images.Select(model.Pipeline.Processor.ProcessImage)], tokens)
                    : throw TooLong(text);
            },
            cancellation);
    }

    /// <summary>Characters of the vocabulary's longest pieces, which stand for runs of spaces.</summary>
    private const int LongestPiece = 32;

    private RequestException TooLong(int? tokens) => new(
        StatusCodes.Status400BadRequest,
        $"The prompt's text has at most {options.MaxPromptTokens} tokens here{(tokens is int count ? $", not {count}" : "")}.",
        "prompt");
}
