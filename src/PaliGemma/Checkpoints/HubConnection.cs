using System.Net;
using System.Net.Http.Headers;

namespace PaliGemma.Checkpoints;

/// <summary>Requests to the hub and to the servers that it sends to. The token goes to the hub alone.</summary>
internal sealed class HubConnection : IDisposable
{
    private const int MostRedirections = 10;

    private readonly HubSettings _settings;
    private readonly HttpClient _client;
    private bool _reached;

    /// <exception cref="HubException">The token's file holds something else.</exception>
    public HubConnection(HubSettings settings)
    {
        _settings = settings;
        Token = settings.Token ?? (settings.TokenFile is null ? null : HubToken.FromFile(settings.TokenFile));
        // Redirections are followed here: the handler would drop the token on the way to a renamed repository too, and hide the headers.
        SocketsHttpHandler handler = new() { AllowAutoRedirect = false, UseCookies = false };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        string? version = typeof(HubConnection).Assembly.GetName().Version?.ToString(3);
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("paligemma", version));
        // A compressed answer would have another length and a range of other bytes.
        _client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>The account's token; null where there is none.</summary>
    public HubToken? Token { get; }

    /// <summary>Whether an address is the hub itself, not a server that it sends to.</summary>
    public bool IsHub(Uri address) => IsSameServer(address, _settings.Endpoint);

    /// <summary>Sends a request and follows redirections; the answer may have any status.</summary>
    /// <param name="method">
    /// GET or HEAD. The answer to a HEAD is the redirection itself where that describes the file and leads to another server: an address
    /// signed for GET does not answer it.
    /// </param>
    /// <param name="address">What is asked for.</param>
    /// <param name="from">The first byte that is wanted.</param>
    /// <param name="cancellation">Ends the request.</param>
    /// <exception cref="HubException">There is no answer.</exception>
    public async Task<HubResponse> SendAsync(HttpMethod method, Uri address, long from, CancellationToken cancellation)
    {
        HubHash? hash = null;
        long? size = null;
        for (int count = 0; count <= MostRedirections; count++)
        {
            HttpResponseMessage message = await SendOnceAsync(method, address, from, cancellation).ConfigureAwait(false);
            hash = HubHash.Parse(HubResponse.Header(message, "X-Linked-ETag")) ?? hash;
            size = HubResponse.Length(HubResponse.Header(message, "X-Linked-Size")) ?? size;
            Uri? next = Redirection(message, address);
            bool described = method == HttpMethod.Head && hash is not null && size is not null;
            if (next is null || (described && !IsSameServer(next, address)))
            {
                bool isLast = next is null;
                return new HubResponse(
                    message,
                    address,
                    hash ?? (isLast ? HubHash.Parse(HubResponse.Header(message, "ETag")) : null),
                    size ?? (isLast ? HubResponse.Length(HubResponse.Header(message, "Content-Length")) : null));
            }
            message.Dispose();
            if (next.Scheme != Uri.UriSchemeHttps && next.Scheme != address.Scheme)
            {
                string target = next.GetLeftPart(UriPartial.Authority);
                throw new HubException($"{address.Authority} sends on to {target}, which is no encrypted connection.");
            }
            address = next;
        }
        throw new HubException($"{address.Authority} answers with redirections without end.");
    }

    /// <summary>Reads a part of an answer's body; 0 at its end.</summary>
    /// <exception cref="HubException">The connection breaks or is silent for too long.</exception>
    public async Task<int> ReadAsync(HubResponse response, Stream body, Memory<byte> buffer, CancellationToken cancellation)
    {
        using CancellationTokenSource silence = new(_settings.Patience, _settings.Clock);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        try
        {
            return await body.ReadAsync(buffer, patience.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw new HubException($"The connection to {response.Address.Authority} broke.", error) { IsTransient = true };
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw Silent(response.Address, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static bool IsSameServer(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static Uri? Redirection(HttpResponseMessage message, Uri address)
    {
        bool redirects = message.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        return redirects && Uri.TryCreate(address, HubResponse.Header(message, "Location"), out Uri? next) ? next : null;
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, long from, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(method, address);
        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
        }
        if (Token is not null && IsHub(address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token.Value);
        }
        using CancellationTokenSource silence = new(_settings.Patience, _settings.Clock);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        try
        {
            HttpResponseMessage message =
                await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
            _reached = true;
            return message;
        }
        catch (HttpRequestException error)
        {
            bool isEncryption = error.HttpRequestError == HttpRequestError.SecureConnectionError;
            string reason = isEncryption && error.InnerException is Exception cause ? cause.Message : error.Message;
            // A machine without a network is told so at once; one whose network fails in the middle gets its chances.
            bool isTransient = _reached || !(isEncryption || error.HttpRequestError is HttpRequestError.NameResolutionError
                or HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError);
            throw new HubException($"{address.Authority} cannot be reached: {reason.TrimEnd('.')}.", error) { IsTransient = isTransient };
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw Silent(address, error);
        }
    }

    private HubException Silent(Uri address, Exception error) =>
        new($"{address.Authority} sent nothing for {_settings.Patience.TotalSeconds} seconds.", error) { IsTransient = true };
}
