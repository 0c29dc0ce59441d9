using System.Net;
using System.Net.Sockets;

namespace SmartCity.Ingest.Delivery;

/// <summary>The receiver's name leads to an address that a webhook may not reach.</summary>
internal sealed class AddressRefusedException(string message) : IOException(message);

/// <summary>
/// HTTP to a place that somebody typed in: no redirect is followed, no proxy of the environment is asked, no cookie is kept, and every
/// connection is made to an address that was judged, not to a name that may mean something else a moment later.
/// </summary>
internal static class GuardedHttp
{
    private const int MaximumAddresses = 8;

    /// <summary>How a name becomes addresses; the system's resolver.</summary>
    public static Func<string, CancellationToken, Task<IPAddress[]>> Resolver { get; } = Dns.GetHostAddressesAsync;

    /// <summary>A client of its own for one receiver: nobody waits for another's connections.</summary>
    /// <param name="policy">Which addresses may be reached.</param>
    /// <param name="resolve">How a name becomes addresses.</param>
    /// <param name="timeout">Longest making of a connection.</param>
    public static HttpMessageInvoker Create(AddressPolicy policy, Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeSpan timeout) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        Credentials = null,
        PreAuthenticate = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        MaxConnectionsPerServer = 2,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,
        ConnectTimeout = timeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        ConnectCallback = async (context, cancel) => await ConnectAsync(policy, resolve, context.DnsEndPoint, timeout, cancel),
    });

    private static async ValueTask<Stream> ConnectAsync(
        AddressPolicy policy, Func<string, CancellationToken, Task<IPAddress[]>> resolve, DnsEndPoint end, TimeSpan timeout, CancellationToken cancel)
    {
        var found = IPAddress.TryParse(end.Host, out var literal) ? [literal] : await resolve(end.Host, cancel).WaitAsync(cancel);
        var allowed = found.Where(a => policy.Allows(a, end.Host)).Take(MaximumAddresses).ToList();
        if (allowed.Count == 0)
        {
            throw new AddressRefusedException(found.Length == 0
                ? $"{end.Host} has no address."
                : $"{end.Host} leads to {found[0]}, which is not a public address. The setting webhooks.private allows hosts and networks.");
        }

        Exception? last = null;
        foreach (var address in allowed)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                // One address that swallows packets leaves time for the next.
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                patience.CancelAfter(timeout / allowed.Count);
                await socket.ConnectAsync(new IPEndPoint(address, end.Port), patience.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                cancel.ThrowIfCancellationRequested();
                last = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last is SocketException refused ? refused : new SocketException((int)SocketError.TimedOut);
    }
}
