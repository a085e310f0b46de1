using PaliGemma.Configuration;

namespace PaliGemma.Generation;

/// <summary>
/// The seam where devices plug in: everything above it deals in pictures, tokens and logits, everything below in tensors.
/// </summary>
public interface IPaliGemmaModel : IDisposable
{
    /// <summary>Sizes and token ids.</summary>
    PaliGemmaConfig Config { get; }

    /// <summary>Runs the image tower and the projector.</summary>
    /// <param name="pixels">[3, size, size], normalised to -1 … 1, size being <c>Config.Vision.ImageSize</c>.</param>
    /// <param name="cancellation">Stops between layers.</param>
    /// <exception cref="ArgumentException">The number of pixels is not the model's.</exception>
    ImageFeatures EncodeImage(ReadOnlyMemory<float> pixels, CancellationToken cancellation = default);

    /// <summary>Reads a prompt: every token of it sees every other.</summary>
    /// <param name="images">Features that take the places of the image tokens, in order.</param>
    /// <param name="tokens">Image tokens, then bos, prompt and newline.</param>
    /// <param name="cancellation">Stops between layers.</param>
    /// <exception cref="ArgumentException">A token is outside the vocabulary, there is none, or image tokens and features differ in number.</exception>
    IDecodingState Prefill(IReadOnlyList<ImageFeatures> images, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default);

    /// <summary>Appends one token to each of several sequences in one pass.</summary>
    /// <param name="states">Sequences of this model, each at most once.</param>
    /// <param name="tokens">One token per sequence.</param>
    /// <param name="cancellation">Stops between layers; the sequences are then as before.</param>
    void Append(IReadOnlyList<IDecodingState> states, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default);

    /// <summary>Computes the next token's logits of several sequences in one pass over the head.</summary>
    /// <param name="states">Sequences of this model.</param>
    /// <param name="logits">[states, vocabulary].</param>
    void ComputeLogits(IReadOnlyList<IDecodingState> states, Span<float> logits);

    /// <summary>Computes the next token's logits for some tokens only, at a cost proportional to their number.</summary>
    /// <param name="state">A sequence of this model.</param>
    /// <param name="tokens">Vocabulary entries.</param>
    /// <param name="logits">One per entry of <paramref name="tokens"/>.</param>
    void ComputeLogits(IDecodingState state, ReadOnlySpan<int> tokens, Span<float> logits);
}
