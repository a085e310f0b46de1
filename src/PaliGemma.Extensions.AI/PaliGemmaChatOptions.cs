using PaliGemma.Generation;
using PaliGemma.Tasks;

namespace PaliGemma.Extensions.AI;

/// <summary>How a <see cref="PaliGemmaChatClient"/> serves.</summary>
public sealed record PaliGemmaChatOptions
{
    /// <summary>What the client calls the model.</summary>
    public string ModelId { get; init; } = "paligemma";

    /// <summary>How many requests are decoded together and how many may wait.</summary>
    public BatchOptions Batch { get; init; } = new();

    /// <summary>Decodes the masks of segmented objects; null leaves their codes as they are. The caller disposes it.</summary>
    public MaskDecoder? MaskDecoder { get; init; }
}
