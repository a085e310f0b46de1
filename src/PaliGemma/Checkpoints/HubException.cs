namespace PaliGemma.Checkpoints;

/// <summary>
/// A file of the hub cannot be had: the repository is gated or not there, the connection fails, or what arrives is not what was promised.
/// The message is one sentence that is meant to be shown to the user as it is.
/// </summary>
public sealed class HubException : Exception
{
    /// <summary>Creates the exception with the sentence to show.</summary>
    public HubException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with the sentence to show and its cause.</summary>
    public HubException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a sentence.</summary>
    public HubException()
    {
    }

    /// <summary>Whether the same request may well succeed a moment later.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>How long the server asks to be left alone.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
