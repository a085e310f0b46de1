using System.Net;
using System.Net.Sockets;
using System.Text;
using PaliGemma.Server.Errors;
using PaliGemma.Server.Images;

namespace PaliGemma.Server.Tests.Images;

public class RemoteImagesTests
{
    private static readonly ServerOptions Options = new() { ImageHosts = ["pictures.example", "localhost"], MaxImageBytes = 1000 };

    [Theory]
    [InlineData("https://other.example/cat.png")]
    [InlineData("https://pictures.example.evil.example/cat.png")]
    [InlineData("https://pictures.example@evil.example/cat.png")]
    [InlineData("ftp://pictures.example/cat.png")]
    [InlineData("file:///etc/passwd")]
    [InlineData("cat.png")]
    [InlineData("")]
    public async Task Only_addresses_of_allowed_hosts_are_fetched(string url)
    {
        using RemoteImages remote = new(Options, (_, _) => throw new InvalidOperationException("There was a connection."));
        await Assert.ThrowsAsync<RequestException>(() => remote.FetchAsync(url, CancellationToken.None));
    }

    [Fact]
    public async Task An_allowed_name_with_an_address_of_a_private_network_is_not_connected_to()
    {
        using RemoteImages remote = new(Options);
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        string url = $"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/cat.png";
        await Assert.ThrowsAsync<RequestException>(() => remote.FetchAsync(url, CancellationToken.None));
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task A_picture_is_fetched()
    {
        using RemoteImages remote = Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes");
        Assert.Equal("bytes", Encoding.ASCII.GetString(await remote.FetchAsync("http://Pictures.example/cat.png", CancellationToken.None)));
    }

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://pictures.example/other.png\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut short")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task Redirects_errors_and_what_is_too_long_or_cut_short_are_refused(string response)
    {
        using RemoteImages remote = Answering(response);
        RequestException error =
            await Assert.ThrowsAsync<RequestException>(() => remote.FetchAsync("http://pictures.example/cat.png", CancellationToken.None));
        Assert.Equal("image", error.Field);
    }

    [Fact]
    public async Task A_body_without_end_is_refused()
    {
        using RemoteImages remote = Answering("HTTP/1.1 200 OK\r\n\r\n" + new string('x', 5000));
        await Assert.ThrowsAsync<RequestException>(() => remote.FetchAsync("http://pictures.example/cat.png", CancellationToken.None));
    }

    /// <summary>Whatever is asked, <paramref name="response"/> comes and the connection ends.</summary>
    private static RemoteImages Answering(string response) => new(Options, (_, _) => ValueTask.FromResult<Stream>(new Connection(response)));

    private sealed class Connection(string response) : MemoryStream(Encoding.ASCII.GetBytes(response))
    {
        public override bool CanWrite => true;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
