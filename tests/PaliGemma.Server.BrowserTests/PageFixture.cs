using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace PaliGemma.Server.BrowserTests;

/// <summary>A browser and a server for all tests of the page; where there is no browser, they are skipped.</summary>
public sealed class PageFixture : IAsyncLifetime
{
    /// <summary>How long a test waits for anything: the machine may be busy with much else.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    // Without a sandbox, because containers run as root; the rest keeps the browser from looking for anything outside of this machine.
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal ScriptedServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout((float)Patience.TotalMilliseconds);
        Server = await ScriptedServer.StartAsync();
        if (FindBrowser() is string path)
        {
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = path,
                Args = Arguments,
                Timeout = (float)Patience.TotalMilliseconds,
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
        _playwright?.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>
    /// Opens the page as somebody does who was never there. Fails if the page is against its own security policy, writes an error or a warning to the
    /// console, wants a file that is not there, or asks another server for anything.
    /// </summary>
    internal async Task VisitAsync(Func<IPage, Task> visit, BrowserNewContextOptions? options = null, string? address = null)
    {
        Assert.SkipWhen(_browser is null, "There is no Chromium on this machine; Debian has it as 'chromium'.");
        address ??= Server.Address;
        options = new BrowserNewContextOptions(options ?? new()) { BaseURL = address, ReducedMotion = ReducedMotion.Reduce };
        await using IBrowserContext context = await _browser.NewContextAsync(options);
        context.SetDefaultTimeout((float)Patience.TotalMilliseconds);
        IPage page = await context.NewPageAsync();
        // They are told of on other threads than the test's.
        ConcurrentQueue<string> problems = [];
        page.PageError += (_, error) => problems.Enqueue(error);
        page.Console += (_, message) =>
        {
            // What the server refuses is told there too.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                problems.Enqueue(message.Text);
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address, StringComparison.Ordinal) && new Uri(request.Url).Scheme is not ("blob" or "data"))
            {
                problems.Enqueue("A request to " + request.Url);
            }
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400 && !response.Url.StartsWith(address + "/v1/", StringComparison.Ordinal))
            {
                problems.Enqueue($"Status {response.Status} from {response.Url}");
            }
        };
        await page.GotoAsync("/");
        await visit(page);
        Assert.Empty(problems);
    }

    private static string? FindBrowser() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);
}

/// <summary>One after the other: they share the server, and a machine has few cores.</summary>
[CollectionDefinition(Name)]
public sealed class SharedPage : ICollectionFixture<PageFixture>
{
    public const string Name = "Page";
}
