using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.SystemTests.Support;

/// <summary>
/// Ports below the range that the kernel gives to outgoing connections (32768 up): while a killed server is away, no client of
/// anybody can be sitting on its port when it comes back. Each is given once, so no test takes it meanwhile either.
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
