namespace PaliGemma.Generation;

/// <summary>A <see cref="BatchScheduler"/> has as many requests waiting as it may have; the same request may be made again later.</summary>
public sealed class QueueFullException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="waiting">How many requests are waiting.</param>
    /// <param name="recentWait">How long the request that was begun last had waited.</param>
    public QueueFullException(int waiting, TimeSpan recentWait)
        : base($"{waiting} requests are waiting already, which is as many as may; try again later.") => RecentWait = recentWait;

    /// <summary>Creates the exception with a sentence.</summary>
    public QueueFullException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a sentence and its cause.</summary>
    public QueueFullException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a sentence.</summary>
    public QueueFullException()
    {
    }

    /// <summary>How long the request that was begun last had waited: what another one may expect.</summary>
    public TimeSpan RecentWait { get; }
}
