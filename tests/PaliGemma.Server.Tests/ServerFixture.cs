namespace PaliGemma.Server.Tests;

/// <summary>A server with the default limits and a decoder of masks, for the tests of a class.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    internal RunningServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await RunningServer.StartAsync(masks: true);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
