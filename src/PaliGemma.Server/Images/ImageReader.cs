using Microsoft.AspNetCore.Http;
using PaliGemma.Imaging;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.Images;

/// <summary>Turns what a request says of a picture into pixels, within the limits of the server.</summary>
internal sealed class ImageReader(ServerOptions options, RemoteImages remote) : IDisposable
{
    // Decoding takes seven bytes a pixel for a while: as many at once as there are processors, however many requests there are.
    private readonly SemaphoreSlim _decoding = new(Environment.ProcessorCount);

    /// <summary>A picture by its data URL or, from an allowed host, its address.</summary>
    /// <exception cref="RequestException">The URL is not of that kind, or its host not allowed.</exception>
    /// <exception cref="ModelFileException">The picture is damaged, too large or none.</exception>
    public async Task<RgbImage> ReadAsync(string url, CancellationToken cancellation) => await DecodeAsync(
        DataUrl.Is(url) ? DataUrl.Decode(url) : await remote.FetchAsync(url, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    /// <summary>A picture by its file's content.</summary>
    /// <exception cref="RequestException">There are too many bytes.</exception>
    /// <exception cref="ModelFileException">The picture is damaged, too large or none.</exception>
    public async Task<RgbImage> DecodeAsync(byte[] bytes, CancellationToken cancellation)
    {
        if (bytes.Length > options.MaxImageBytes)
        {
            throw new RequestException(
                StatusCodes.Status413PayloadTooLarge,
                $"The picture has {bytes.Length} bytes; this server takes at most {options.MaxImageBytes}.",
                "image");
        }
        await _decoding.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => ImageFile.Decode(bytes, "The picture", options.MaxImagePixels), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _decoding.Release();
        }
    }

    public void Dispose() => _decoding.Dispose();
}
