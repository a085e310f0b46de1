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

    [Theory]
    [InlineData("ai.example", "https://ai.example", HttpStatusCode.OK)]
    [InlineData("ai.example", "http://ai.example", HttpStatusCode.OK)]
    [InlineData("ai.example:443", "https://AI.example", HttpStatusCode.OK)]
    [InlineData("ai.example:8443", "https://ai.example:8443", HttpStatusCode.OK)]
    [InlineData("ai.example", "https://ai.example:8443", HttpStatusCode.Forbidden)]
    [InlineData("ai.example:8443", "https://ai.example", HttpStatusCode.Forbidden)]
    [InlineData("ai.example", "https://an.example", HttpStatusCode.Forbidden)]
    public async Task The_servers_own_page_may_use_it_behind_a_proxy_and_on_a_schemes_own_port(string host, string origin, HttpStatusCode expected)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { HostNames = ["ai.example"] });
        using HttpRequestMessage request = new(HttpMethod.Get, Models);
        request.Headers.Host = host;
        request.Headers.Add("Origin", origin);
        await server.Client.SendAsync(request).JsonAsync(expected);
    }

    [Fact]
    public async Task What_is_wrong_with_a_key_or_a_method_is_said_in_the_head_as_well()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { ApiKeys = ["key"] });
        using HttpResponseMessage keyless = await server.Client.GetAsync(Models);
        Assert.Equal("Bearer", Assert.Single(keyless.Headers.WwwAuthenticate).Scheme);
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri("/v1/caption", UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "key");
        using HttpResponseMessage other = await server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, other.StatusCode);
        Assert.Equal(["POST"], other.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_server_on_another_address_of_this_machine_answers_to_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere this machine has one such address.");
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { Address = IPAddress.Parse("127.0.0.2") });
        await server.Client.GetAsync(Models).JsonAsync();
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
