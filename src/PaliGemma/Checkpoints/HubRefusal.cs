using System.Net;

namespace PaliGemma.Checkpoints;

/// <summary>Says in one sentence why a request was refused and what can be done.</summary>
/// <remarks>
/// The hub's reason is in the header <c>X-Error-Code</c>; private repositories are hidden from strangers behind 401 (huggingface_hub,
/// _http.py).
/// </remarks>
internal sealed class HubRefusal(HubSettings settings, HubConnection connection, HubRepository repository)
{
    private string Server => settings.Endpoint.Authority;

    private string Page => settings.At(repository.Name).AbsoluteUri;

    private string TokenPage => settings.At("settings/tokens").AbsoluteUri;

    /// <summary>The refusal of any server.</summary>
    public static HubException OfServer(HubResponse response)
    {
        string server = response.Address.Authority;
        DateTimeOffset? date = response.Message.Headers.RetryAfter?.Date;
        TimeSpan? wait = response.Message.Headers.RetryAfter?.Delta ?? (date - DateTimeOffset.UtcNow);
        wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
        string sentence = response.Status switch
        {
            HttpStatusCode.TooManyRequests when wait is TimeSpan time =>
                $"{server} has had too many requests (429); try again in {time.TotalSeconds:F0} seconds.",
            HttpStatusCode.TooManyRequests => $"{server} has had too many requests (429); try again later.",
            >= HttpStatusCode.InternalServerError => $"{server} does not work at the moment: it answers {(int)response.Status}.",
            _ => $"{server} answers {(int)response.Status} to the request for {response.Address.AbsolutePath}.",
        };
        return new HubException(sentence)
        {
            IsTransient = response.Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
                or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
            RetryAfter = wait,
        };
    }

    /// <summary>The refusal of the repository's list of files.</summary>
    public HubException OfRepository(HubResponse response) => response.Status switch
    {
        _ when !connection.IsHub(response.Address) => OfServer(response),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when Code(response) == "GatedRepo" => Gated(),
        HttpStatusCode.Unauthorized when connection.Token is HubToken token =>
            new HubException($"{Server} does not accept the token from {token.Source}; make a new one at {TokenPage}."),
        HttpStatusCode.Forbidden when connection.Token is HubToken token =>
            new HubException($"The account of the token from {token.Source} may not read {repository.Name}: see {Page}."),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new HubException(
            $"There is no public repository {repository.Name} at {Server}: check the name or, if it is private or gated, see {Page} and"
            + " give a token in HF_TOKEN."),
        HttpStatusCode.NotFound when Code(response) == "RevisionNotFound" =>
            new HubException($"The repository {repository.Name} has no revision {repository.Revision}; see {Page}/tree/main."),
        HttpStatusCode.NotFound => new HubException($"There is no repository {repository.Name} at {Server}."),
        _ => OfServer(response),
    };

    /// <summary>The refusal of a file that the list has: only gates and failures of a server are left as reasons.</summary>
    public HubException OfFile(HubResponse response)
    {
        bool isGate = connection.IsHub(response.Address) && response.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
        return isGate ? Gated() : OfServer(response);
    }

    private static string? Code(HubResponse response) => HubResponse.Header(response.Message, "X-Error-Code");

    private HubException Gated() => connection.Token is HubToken token
        ? new HubException(
            $"{repository.Name} is gated, and the account of the token from {token.Source} has no access: accept its licence at {Page}"
            + $" (a fine-grained token must be allowed to read gated repositories, see {TokenPage}).")
        : new HubException(
            $"{repository.Name} is gated: accept its licence at {Page}, make a token at {TokenPage}, and give it in HF_TOKEN or with"
            + " 'hf auth login'.");
}
