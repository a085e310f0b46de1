namespace PaliGemma.Generation;

/// <summary>Features of an <see cref="ImageFeatureCache"/> in use; disposing gives them back.</summary>
public sealed class ImageFeatureLease : IDisposable
{
    private Action? _return;

    internal ImageFeatureLease(ImageFeatures features, Action giveBack)
    {
        Features = features;
        _return = giveBack;
    }

    /// <summary>The features; not to be disposed, nor used after the lease is.</summary>
    public ImageFeatures Features { get; }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _return, null)?.Invoke();
}
