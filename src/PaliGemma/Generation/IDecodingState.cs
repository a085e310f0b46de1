namespace PaliGemma.Generation;

/// <summary>A sequence that a model is decoding: everything it has read, ready for the next token.</summary>
public interface IDecodingState : IDisposable
{
    /// <summary>Tokens read so far, image tokens included.</summary>
    int Length { get; }

    /// <summary>An independent copy, from which decoding can go on in another direction.</summary>
    IDecodingState Fork();
}
