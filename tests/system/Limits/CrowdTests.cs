using System.Diagnostics;
using System.Net;
using System.Text;
using SmartCity.SystemTests.Identity;
using SmartCity.SystemTests.Strangers;

namespace SmartCity.SystemTests.Limits;

/// <summary>Crowds that never speak, that dribble, that announce the world. A normal client works all the while.</summary>
[Collection(Crowds.Name)]
public sealed class CrowdTests(OpenCity city) : IClassFixture<OpenCity>
{
    private const int Each = 1_000;

    [Fact]
    public async Task Slow_http_takes_its_own_bound_and_nothing_of_the_gateways()
    {
        const int bound = 4_096;
        await using var worker = await Worker.StartAsync(city.Server.MqttPort);
        var refusedBefore = await FigureAsync("http_connections_refused_total");
        var half = Encoding.ASCII.GetBytes("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        var start = Stopwatch.GetTimestamp();
        using var crowd = await Crowd.OpenAsync(city.Server.Http.Port, bound + 200, async (socket, _) => await socket.SendAsync(half), refusable: true);
        var ends = await crowd.EndsAsync(start, Wire.Patience);

        // Those within the bound are told that they were too slow; those beyond it nothing. Then the port is everybody's again.
        Assert.InRange(ends.Count(e => e.Last.Length == 0), 200 - 5, bound);
        using var answer = await city.Server.Client.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.InRange(await FigureAsync("http_connections_refused_total") - refusedBefore, 200 - 5, bound);
        var (count, worst) = await worker.DoneAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{bound + 200} half requests gone after {ends.Max(e => e.Closed).TotalSeconds:F1} s; the normal client had {count} publishes acknowledged, the slowest in {worst.TotalMilliseconds:F0} ms");
    }

    [Fact]
    public async Task Clients_that_never_speak_dribble_or_announce_the_world_are_shrugged_off()
    {
        var port = city.Server.MqttPort;
        await using var worker = await Worker.StartAsync(port);
        await Until.TrueAsync(() => worker.Count > 10, "the normal client does not get going");
        var before = city.Server.ResidentBytes;
        var (noConnect, noEnd) = (await FigureAsync("mqtt_connect_timeouts_total"), await FigureAsync("mqtt_packet_timeouts_total"));
        var start = Stopwatch.GetTimestamp();

        using var silent = await Crowd.OpenAsync(port, Each);
        using var slowConnect = await Crowd.OpenAsync(port, Each);
        using var slowPublish = await Crowd.OpenAsync(port, Each, Crowd.Connected("slow"));
        using var stop = new CancellationTokenSource();
        var dribbling = Task.WhenAll(
            DribbleAsync(slowConnect, Crowd.Connect(new string('x', 200)), stop.Token),
            DribbleAsync(slowPublish, [0x32, 0xE0, 0xD4, 0x03, 0x00, 0x05, .. "topic"u8, 0x00, 0x01, .. new byte[200]], stop.Token));

        // 256 MB: announced as a first packet, and by a client that was let in. The answer comes before the first byte of it.
        var huge = new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0x7F, 0x00, 0x01, 0x61 };
        using var announced = await Crowd.OpenAsync(port, 100, async (socket, i) =>
        {
            await Crowd.Connected("huge")(socket, i);
            await socket.SendAsync(huge);
        });
        using var announcedFirst = await Crowd.OpenAsync(port, 100, async (socket, _) => await socket.SendAsync((byte[])[0x10, 0xFF, 0xFF, 0xFF, 0x7F, 0x00, 0x04]));
        var told = await announced.EndsAsync(start, Wire.Patience);
        Assert.All(told, end => Assert.True(end.Last is [0xE0, _, 0x95, ..], $"256 MB were answered with {Convert.ToHexString(end.Last)}"));
        await announcedFirst.EndsAsync(start, Wire.Patience);

        var unspoken = await silent.EndsAsync(start, Wire.Patience);
        var unfinished = await slowConnect.EndsAsync(start, Wire.Patience);
        Assert.Equal(noConnect + 2 * Each, await FigureAsync("mqtt_connect_timeouts_total"));
        Assert.All(unspoken.Concat(unfinished), end => Assert.InRange(end.Closed, TimeSpan.FromSeconds(9.9), TimeSpan.MaxValue));
        var during = city.Server.ResidentBytes;

        // A packet may take a minute from its first byte to its last, and no longer.
        var endless = await slowPublish.EndsAsync(start, TimeSpan.FromMinutes(5));
        await stop.CancelAsync();
        await dribbling;
        Assert.Equal(noEnd + Each, await FigureAsync("mqtt_packet_timeouts_total"));
        Assert.All(endless, end => Assert.InRange(end.Closed, TimeSpan.FromSeconds(59), TimeSpan.MaxValue));
        var after = city.Server.ResidentBytes;
        var (count, worst) = await worker.DoneAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Each} silent closed after {unspoken.Min(e => e.Closed).TotalSeconds:F1}-{unspoken.Max(e => e.Closed).TotalSeconds:F1} s, {Each} slow CONNECTs after " +
            $"{unfinished.Min(e => e.Closed).TotalSeconds:F1}-{unfinished.Max(e => e.Closed).TotalSeconds:F1} s, {Each} slow PUBLISHes after " +
            $"{endless.Min(e => e.Closed).TotalSeconds:F1}-{endless.Max(e => e.Closed).TotalSeconds:F1} s; 200 announcements of 256 MB refused; resident " +
            $"{before / 1e6:F0} MB before, {during / 1e6:F0} MB during, {after / 1e6:F0} MB after; the normal client had {count} publishes acknowledged, the slowest in {worst.TotalMilliseconds:F0} ms");
        Assert.InRange(Math.Max(during, after) - before, long.MinValue, 150L << 20);
    }

    private Task<double> FigureAsync(string name) => Until.FigureAsync(city.Server.Client, name);

    // One byte a second on every socket: a long time for a packet, and never silence.
    private static async Task DribbleAsync(Crowd crowd, byte[] bytes, CancellationToken stop)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var i = 0; i < bytes.Length && !stop.IsCancellationRequested; i++)
        {
            foreach (var socket in crowd.Sockets)
            {
                try
                {
                    socket.Send(bytes.AsSpan(i, 1));
                }
                catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
                {
                    // closed by the server, which is what is waited for elsewhere
                }
            }

            try
            {
                await second.WaitForNextTickAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
