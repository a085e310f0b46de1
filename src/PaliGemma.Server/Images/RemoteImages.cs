using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server.Images;

/// <summary>
/// Fetches pictures from hosts that the server's owner allows. It follows no redirect, and connects to no address of a private network, so that
/// nobody can have the server fetch what only the server can see.
/// </summary>
internal sealed class RemoteImages : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly ServerOptions _options;
    private readonly HttpClient _client;

    public RemoteImages(ServerOptions options)
        : this(options, PublicAddresses.ConnectAsync)
    {
    }

    /// <param name="options">Which hosts, and how many bytes.</param>
    /// <param name="connect">Opens connections.</param>
    internal RemoteImages(ServerOptions options, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect)
    {
        _options = options;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = connect,
        })
        {
            Timeout = Longest,
            MaxResponseContentBufferSize = options.MaxImageBytes,
        };
    }

    /// <exception cref="RequestException">The host is not allowed, or gives no picture of an allowed size.</exception>
    public async Task<byte[]> FetchAsync(string url, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
        {
            throw Refused("A picture is a data URL, 'data:image/png;base64,…', or an address that begins 'https://'.");
        }
        if (!_options.ImageHosts.Contains(address.Host, StringComparer.OrdinalIgnoreCase))
        {
            throw Refused("This server fetches no pictures from that host; send the picture as a data URL, 'data:image/png;base64,…'.");
        }
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(address, cancellation).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK
                ? await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false)
                : throw Refused($"The picture's host answered {(int)response.StatusCode}; expected 200.");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException)
        {
            throw Refused($"The picture cannot be fetched, or has more than {_options.MaxImageBytes} bytes.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Refused($"The picture's host took longer than {Longest.TotalSeconds} seconds.");
        }
    }

    public void Dispose() => _client.Dispose();

    private static RequestException Refused(string sentence) => new(StatusCodes.Status400BadRequest, sentence, "image");
}
