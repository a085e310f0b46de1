using System.Net;
using System.Net.Sockets;

namespace PaliGemma.Server.Images;

/// <summary>Connections to addresses of the public internet alone.</summary>
internal static class PublicAddresses
{
    /// <summary>Networks that are not the public internet (IANA's special-purpose address registries).</summary>
    private static readonly IPNetwork[] Private =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>The addresses that are routed in IPv6, less those that stand for addresses of IPv4 or are for examples.</summary>
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] NotGlobal =
        [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    public static bool IsPublic(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? !Array.Exists(Private, network => network.Contains(plain))
            : Global.Contains(plain) && !Array.Exists(NotGlobal, network => network.Contains(plain));
    }

    /// <summary>Connects to the host's addresses as they are resolved here: resolving again later could give others.</summary>
    /// <exception cref="SocketException">The host has no public address, or does not answer.</exception>
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        IPAddress[] all = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation).ConfigureAwait(false);
        IPAddress[] allowed = Array.FindAll(all, IsPublic);
        if (allowed.Length == 0)
        {
            throw new SocketException((int)SocketError.HostUnreachable);
        }
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
