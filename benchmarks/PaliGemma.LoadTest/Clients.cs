using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;

namespace PaliGemma.LoadTest;

/// <summary>What a client got.</summary>
/// <param name="IsWhole">Whether the answer came to its end.</param>
/// <param name="Tokens">Tokens of the answer.</param>
/// <param name="FirstText">From the request to the first text, in seconds.</param>
/// <param name="Total">From the request to the end, in seconds.</param>
internal sealed record ClientAnswer(bool IsWhole, int Tokens, double FirstText, double Total);

/// <summary>Clients that ask one thing after another, each for a stream.</summary>
internal sealed class Clients(Uri server, byte[] image, int tokens) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server, Timeout = TimeSpan.FromMinutes(10) };

    public void Dispose() => _http.Dispose();

    /// <summary>The smallest value that a fraction of the answers does not exceed.</summary>
    public static double Quantile(IReadOnlyList<ClientAnswer> answers, double fraction, Func<ClientAnswer, double> value)
    {
        double[] sorted = [.. answers.Select(value).Order()];
        return sorted[(int)Math.Ceiling(fraction * sorted.Length) - 1];
    }

    /// <summary>Asks <paramref name="requests"/> times, <paramref name="clients"/> at a time.</summary>
    public async Task<IReadOnlyList<ClientAnswer>> RunAsync(int clients, int requests)
    {
        ConcurrentBag<ClientAnswer> answers = [];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, requests),
            new ParallelOptions { MaxDegreeOfParallelism = clients },
            async (number, _) => answers.Add(await AskAsync(number).ConfigureAwait(false))).ConfigureAwait(false);
        return [.. answers];
    }

    /// <summary>Sends requests that are all refused.</summary>
    public async Task SendBadRequestsAsync(int count)
    {
        string[] bodies = ["", "{", "[]", "{\"image\":1}", "{\"image\":\"data:image/png;base64,AAAA\"}", "{\"a\":" + new string('[', 500)];
        await Parallel.ForEachAsync(Enumerable.Range(0, count), async (number, _) =>
        {
            using StringContent body = new(bodies[number % bodies.Length], Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await _http.PostAsync(new Uri("/v1/caption", UriKind.Relative), body, CancellationToken.None)
                .ConfigureAwait(false);
            if ((int)response.StatusCode is < 400 or >= 500)
            {
                throw new InvalidOperationException($"A bad request was answered {response.StatusCode}.");
            }
        }).ConfigureAwait(false);
    }

    /// <summary>Asks and goes away at the first piece of the answer.</summary>
    public async Task VanishAsync(int count)
    {
        for (int number = 0; number < count; number++)
        {
            using HttpRequestMessage request = Request(number);
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
        }
    }

    private async Task<ClientAnswer> AskAsync(int number)
    {
        long start = Stopwatch.GetTimestamp();
        using HttpRequestMessage request = Request(number);
        using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            return new ClientAnswer(false, 0, 0, 0);
        }
        using Stream stream = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
        double first = 0;
        await foreach (SseItem<string> one in SseParser.Create(stream).EnumerateAsync().ConfigureAwait(false))
        {
            if (one.EventType == "text" && first == 0)
            {
                first = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            if (one.EventType == "done")
            {
                using JsonDocument done = JsonDocument.Parse(one.Data);
                int count = done.RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32();
                return new ClientAnswer(true, count, first, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }
        return new ClientAnswer(false, 0, 0, 0);
    }

    private HttpRequestMessage Request(int number)
    {
        MultipartFormDataContent form = [];
        form.Add(new ByteArrayContent(image), "image", "picture");
        form.Add(new StringContent("what is number " + number.ToString(CultureInfo.InvariantCulture)), "question");
        form.Add(new StringContent(tokens.ToString(CultureInfo.InvariantCulture)), "max_tokens");
        form.Add(new StringContent("true"), "stream");
        return new HttpRequestMessage(HttpMethod.Post, "/v1/answer") { Content = form };
    }
}
