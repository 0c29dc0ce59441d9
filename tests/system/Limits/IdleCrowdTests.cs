using System.Diagnostics;
using SmartCity.SystemTests.Identity;
using SmartCity.SystemTests.Strangers;

namespace SmartCity.SystemTests.Limits;

/// <summary>A crowd that only stands there, and a normal client that works all the while.</summary>
[Collection(Crowds.Name)]
public sealed class IdleCrowdTests(OpenCity city) : IClassFixture<OpenCity>
{
    private const int Idle = 10_000;

    [Fact]
    public async Task Ten_thousand_idle_connections_are_held()
    {
        var port = city.Server.MqttPort;
        await using var worker = await Worker.StartAsync(port);
        await Until.TrueAsync(() => worker.Count > 10, "the normal client does not get going");
        var (before, open) = (city.Server.ResidentBytes, await Until.FigureAsync(city.Server.Client, "mqtt_connections_open"));
        var start = Stopwatch.GetTimestamp();
        using (var crowd = await Crowd.OpenAsync(port, Idle, Crowd.Connected("idle")))
        {
            var opened = Stopwatch.GetElapsedTime(start);
            Assert.Equal(open + Idle, await Until.FigureAsync(city.Server.Client, "mqtt_connections_open"));
            var after = city.Server.ResidentBytes;

            // Held: every one of them is answered.
            var answer = new byte[Idle][];
            await Parallel.ForEachAsync(Enumerable.Range(0, Idle), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, cancel) =>
            {
                await crowd.Sockets[i].SendAsync(new byte[] { 0xC0, 0x00 }, cancel);
                answer[i] = new byte[2];
                Assert.Equal(2, await crowd.Sockets[i].ReceiveAsync(answer[i], cancel).AsTask().WaitAsync(Wire.Patience, cancel));
            });
            Assert.All(answer, a => Assert.Equal([0xD0, 0x00], a));
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{Idle} idle connections opened in {opened.TotalSeconds:F1} s: resident {before / 1e6:F0} MB before, {after / 1e6:F0} MB with them, {(after - before) / Idle} bytes each; all answered a ping");
            Assert.InRange((after - before) / Idle, 0, 48 * 1024);
        }

        await Until.TrueAsync(
            async () => await Until.FigureAsync(city.Server.Client, "mqtt_connections_open") <= open, () => "the server still counts connections that are gone");
        var (count, worst) = await worker.DoneAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"meanwhile the normal client had {count} publishes acknowledged, the slowest in {worst.TotalMilliseconds:F0} ms");
    }
}
