using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.TestSupport;

/// <summary>
/// Ports below the range that the kernel gives to outgoing connections and to whoever asks for any (32768 up): between finding one and
/// a program's listening on it, and while a killed program is away, no client of anybody can be sitting on it. Each is given once, so no
/// other test of this process takes it meanwhile either.
/// </summary>
internal static class Ports
{
    private static readonly ConcurrentDictionary<int, bool> _given = new();

    /// <summary>A port that is free now.</summary>
    public static int Free()
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var port = Random.Shared.Next(15_000, 32_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                if (_given.TryAdd(port, true))
                {
                    return port;
                }
            }
            catch (SocketException)
            {
                // somebody has it
            }
        }

        throw new InvalidOperationException("No free port between 15000 and 32000.");
    }
}
