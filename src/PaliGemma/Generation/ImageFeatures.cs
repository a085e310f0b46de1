namespace PaliGemma.Generation;

/// <summary>
/// An encoded picture: <see cref="TokenCount"/> vectors in the decoder's width, wherever the model that made them keeps them. Can be used for any
/// number of prompts of that model.
/// </summary>
public abstract class ImageFeatures : IDisposable
{
    /// <summary>Image tokens: 256, 1,024 or 4,096 for pictures of 224, 448 or 896 pixels.</summary>
    public abstract int TokenCount { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the features hold.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
