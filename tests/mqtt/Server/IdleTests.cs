using System.Net;
using System.Net.Sockets;

namespace SmartCity.Mqtt.Tests;

/// <summary>What an idle connection costs. Both ends are in this process; the other end is a bare socket.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class IdleTests
{
    [Fact]
    public async Task An_idle_connection_costs_little_memory()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_IDLE"), out var asked) ? asked : 1_000;
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { MaximumConnectionsPerAddress = 20_000 });
        using (await endpoint.ConnectAsync("warm"))
        {
            // pools and code are there now
        }

        var connect = new System.Buffers.ArrayBufferWriter<byte>();
        var connAck = new byte[64];
        var clients = new List<Socket>(count);
        var start = Settled();
        for (var i = 0; i < count; i++)
        {
            var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await one.ConnectAsync(IPAddress.Loopback, endpoint.Port);
            connect.ResetWrittenCount();
            PacketEncoder.WriteConnect(connect, new ConnectPacket(ProtocolVersion.V500, $"gw-{i}", true, 60));
            one.Send(connect.WrittenSpan);
            Assert.True(one.Receive(connAck) > 4);
            clients.Add(one);
        }

        Assert.Equal(count, endpoint.Server.ConnectionCount);
        var each = (Settled() - start) / (double)count;
        TestContext.Current.SendDiagnosticMessage("{0} idle connections: {1:F0} B of managed memory each, the client's own socket included", count, each);
        Assert.InRange(each, 0, 12 * 1024);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        endpoint.Time.Advance(TimeSpan.FromSeconds(10));
        TestContext.Current.SendDiagnosticMessage("a sweep over them: {0:F3} ms", watch.Elapsed.TotalMilliseconds / 40);
        Assert.Equal(count, endpoint.Server.ConnectionCount);
        clients.ForEach(c => c.Dispose());
    }

    // The smallest of several looks: what the last packets left behind is not gone at the first.
    private static long Settled()
    {
        var least = long.MaxValue;
        for (var i = 0; i < 8; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
        }

        return least;
    }
}
