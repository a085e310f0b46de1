using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PaliGemma.Server.Tests.Access;

public sealed partial class AccessTests
{
    private static readonly Uri Models = new("/v1/models", UriKind.Relative);

    [Fact]
    public async Task Where_there_are_keys_the_api_wants_one_and_health_does_not()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { ApiKeys = ["first", "second"] });
        foreach (string? header in new[] { null, "Bearer", "Bearer ", "Bearer third", "Bearer firstsecond", "Basic first", "first" })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, Models);
            Assert.True(header is null || request.Headers.TryAddWithoutValidation("Authorization", header));
            JsonElement error = await server.Client.SendAsync(request).JsonAsync(HttpStatusCode.Unauthorized);
            Assert.Equal("invalid_api_key", error.GetProperty("error").GetProperty("code").GetString());
        }
        foreach (string key in new[] { "first", "second" })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, Models);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            await server.Client.SendAsync(request).JsonAsync();
        }
        Assert.Equal("ok", await server.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
        await server.PostAsync("/v1/caption", "{}").JsonAsync(HttpStatusCode.Unauthorized);
        await server.PostAsync("/V1/caption", "{}").JsonAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Pages_of_other_servers_and_other_names_of_this_machine_are_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string own = server.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        (string Origin, HttpStatusCode Expected)[] origins =
        [
            (own, HttpStatusCode.OK), ("http://evil.example", HttpStatusCode.Forbidden), ("null", HttpStatusCode.Forbidden),
            ("http://127.0.0.1:1", HttpStatusCode.Forbidden),
        ];
        foreach ((string origin, HttpStatusCode expected) in origins)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, Models);
            request.Headers.Add("Origin", origin);
            await server.Client.SendAsync(request).JsonAsync(expected);
        }
        using HttpRequestMessage rebound = new(HttpMethod.Get, Models);
        rebound.Headers.Host = "evil.example";
        using HttpResponseMessage response = await server.Client.SendAsync(rebound);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task The_page_is_served_under_a_policy_that_allows_nothing_from_elsewhere()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        foreach (string path in new[] { "/", "/v1/models", "/nothing" })
        {
            using HttpResponseMessage response = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
            string policy = response.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.False(response.Headers.Contains("Server"));
        }
        foreach (string path in new[] { "/", "/reference/", "/reference/reference.js", "/reference/reference.css" })
        {
            Assert.DoesNotMatch(ElsewhereLink(), await server.Client.GetStringAsync(new Uri(path, UriKind.Relative)));
        }
    }

    [GeneratedRegex("""(src|href)\s*=\s*["']?(https?:)?//""", RegexOptions.IgnoreCase)]
    private static partial Regex ElsewhereLink();
}
