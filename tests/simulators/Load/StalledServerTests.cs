using System.Net;
using System.Net.Sockets;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Tests.Load;

/// <summary>Over real sockets: a server that stands still for a second is seen by every publish that was due meanwhile.</summary>
public sealed class StalledServerTests
{
    [Fact]
    public async Task Its_second_is_in_p99_and_nothing_is_lost()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var over = new CancellationTokenSource();
        var serving = ServeAsync(listener, over.Token);
        var report = await LoadRun.ExecuteAsync(
            new LoadOptions
            {
                Server = new("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, Tls: false),
                Connections = 1,
                PublishesPerSecond = 500,
                ReadingsPerPublish = 1,
                Duration = TimeSpan.FromSeconds(2),
                ConnectFirst = true,
            },
            TimeProvider.System,
            CancellationToken.None);
        await over.CancelAsync();
        await Task.WhenAny(serving); // it may be in the middle of a read

        Assert.Equal((1_000, 0), (report.Publishes, report.Failures + report.Duplicates));
        Assert.True(report.P99 >= 900_000, $"p99 {report.P99} µs: the stall is hidden");
    }

    /// <summary>Acknowledges each publish at once, but the 200th after a second.</summary>
    private static async Task ServeAsync(TcpListener listener, CancellationToken stop)
    {
        using var client = await listener.AcceptTcpClientAsync(stop);
        client.NoDelay = true;
        var stream = client.GetStream();
        var buffer = new byte[256 * 1024];
        var (filled, publishes) = (0, 0);
        while (await stream.ReadAsync(buffer.AsMemory(filled), stop) is var read and > 0)
        {
            filled += read;
            var from = 0;
            while (Frames.TryRead(buffer.AsSpan(from, filled - from), out var first, out var body, out var used))
            {
                byte[] answer = (first >> 4) switch
                {
                    1 => [0x20, 2, 0, 0],
                    3 => [0x40, 2, .. body.Slice(2 + body[1], 2)],
                    _ => [],
                };
                from += used;
                if (first >> 4 == 3 && ++publishes == 200)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), stop);
                }

                await stream.WriteAsync(answer, stop);
            }

            buffer.AsSpan(from, filled - from).CopyTo(buffer);
            filled -= from;
        }
    }
}
