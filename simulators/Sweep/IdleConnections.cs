using SmartCity.Edge;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Sweep;

/// <summary>Connections that have their CONNACK and then say nothing: what one costs the server in memory.</summary>
internal static class IdleConnections
{
    private const int Together = 16;
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);

    /// <summary>Makes them, looks at the server's resident memory, ends them. Gives the bytes that each took.</summary>
    public static async Task<(double Bytes, double ResidentMb, double Seconds)> MeasureAsync(
        SweepServer server, int count, bool tls, string? certificates, CancellationToken stop)
    {
        var time = TimeProvider.System;
        await Task.Delay(Calm, stop);
        var before = server.Resident;
        var endpoint = server.Mqtt(tls);
        var open = new IDisposable[count];
        var begun = time.GetTimestamp();
        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = stop }, async (n, cancel) =>
                open[n] = await OpenAsync(endpoint, certificates, FormattableString.Invariant($"idle-{n}"), cancel));
            var took = time.GetElapsedTime(begun).TotalSeconds;
            await Task.Delay(Calm, stop);
            var after = server.Resident;
            return ((after - before) / (double)count, after / 1e6, took);
        }
        finally
        {
            foreach (var one in open)
            {
                one?.Dispose();
            }
        }
    }

    private static async Task<IDisposable> OpenAsync(ServerEndpoint server, string? certificates, string id, CancellationToken cancel)
    {
        var transport = new LoadTransport(server, certificates);
        var receiver = new LoadReceiver(false);
        if (!server.Tls)
        {
            return await Task.Run(() => transport.Connect(id, false, receiver, out _), cancel);
        }

        var stream = await transport.ConnectAsync(id, cancel);
        await stream.WriteAsync(Frames.Connect(id, false, LoadTransport.KeepAliveSeconds), cancel);
        await receiver.ConnectedAsync(stream, cancel);
        return stream;
    }
}
