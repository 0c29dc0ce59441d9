using System.Globalization;
using System.Text;
using SmartCity.Ingest.Book;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Kill;

/// <summary>A restart forgets no hold and invents no silence.</summary>
public sealed class SilenceTests(ITestOutputHelper output)
{
    private const string Gateway = "g";

    private static readonly int _rounds = Repository.Long ? 10 : 2;

    /// <summary>
    /// Probes report every two seconds; six seconds without a word are silence. The server is dead for longer than that, with a
    /// backlog on its disk and another on the gateway's. One device really fell silent before.
    /// </summary>
    [Fact]
    public async Task Only_who_was_really_silent_is_called_silent_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        var kinds = folder.Path;
        await File.WriteAllTextAsync(Path.Combine(kinds, "probe.yaml"), """
            kind: probe
            title: { vi: Đầu dò, en: Probe }
            lane: telemetry
            interval: 2s
            metrics:
              level_m: { type: float, unit: m, min: 0, max: 100, title: { vi: Mức, en: Level } }
            rules:
              - { name: silence, type: silence, severity: minor }
            """);
        await using var town = await StartAsync(kinds);
        await using var events = new EventStream(town.Server.Http);
        await using var client = new MqttClient(town.Client(Gateway));
        await client.ConnectAsync();

        // Some thousands of old readings, so that the restarted server has something to read before it has caught up.
        var old = Stamps.Now() - (600 * Stamps.Second);
        for (var n = 0; n < 400; n++)
        {
            await SayAsync(client, string.Concat(Enumerable.Range(0, 50).Select(i => Line("lively", old + (((n * 50L) + i) * 10_000_000)))));
        }

        var dead = Stamps.Now();
        await SayAsync(client, Line("dead", dead));
        using var stop = new CancellationTokenSource();
        var lively = LivelyAsync(client, stop.Token);
        var first = await events.FirstAsync(e => e.Kind == "silence", "the silent device");
        Assert.Equal(("dead", "raised", dead + (6 * Stamps.Second)), (first.Subject, first.What, first.When));

        for (var round = 0; round < _rounds; round++)
        {
            town.Server.KillHard();
            await Task.Delay(TimeSpan.FromSeconds(7));                       // longer than silence: this is the state under test
            await town.Server.RestartAsync();

            // The gateway comes again with what it measured meanwhile; the server then listens for longer than the limit.
            var back = Stamps.Now();
            await SayAsync(client, Line("lively", Stamps.Now()));
            await Until.TrueAsync(() => Task.FromResult(Stamps.Now() > back + (9 * Stamps.Second)), () => "nine seconds");
        }

        await stop.CancelAsync();
        await lively;
        Assert.Equal(["dead"], events.Seen.Select(e => e.Subject));

        // Now it really falls silent, and that is noticed; and the dead one comes back.
        var last = await events.FirstAsync(e => e.Subject == "lively", "silence of the other device");
        Assert.Equal(("silence", "raised"), (last.Kind, last.What));
        await SayAsync(client, Line("dead", Stamps.Now()));
        await events.FirstAsync(e => e is { Subject: "dead", What: "resolved" }, "the end of the silence");
        Assert.Equal(3, events.Seen.Count);
        output.WriteLine($"{_rounds} deaths of 7 s each at a silence limit of 6 s: one silence before, none invented, one found after");
    }

    private static async Task<Town> StartAsync(string kinds)
    {
        var registry = new RegistryEdits
        {
            Gateways = [new GatewayEdit { Id = Gateway }],
            Devices = [new DeviceEdit { Id = "lively", Kind = "probe", Gateway = Gateway }, new DeviceEdit { Id = "dead", Kind = "probe", Gateway = Gateway }],
        };
        return await Town.StartAsync(registry, tls: false, null, "--set", "kinds=" + kinds);
    }

    // Measured all the time, also while nobody takes it.
    private static async Task LivelyAsync(MqttClient client, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            _ = SayAsync(client, Line("lively", Stamps.Now()));
            await Task.Delay(300, CancellationToken.None);
        }
    }

    private static async Task SayAsync(MqttClient client, string lines) =>
        Assert.Equal(ReasonCode.Success, await client.PublishAsync($"city/v1/{Gateway}/telemetry", Encoding.ASCII.GetBytes(lines), QualityOfService.AtLeastOnce));

    private static string Line(string device, long stamp) => string.Create(CultureInfo.InvariantCulture, $"probe,device={device} level_m=1 {stamp}\n");
}
