using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.History;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Stores;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Disk;

/// <summary>No room: telemetry waits, alarms pass, nothing acknowledged is lost, and it goes on by itself.</summary>
public sealed class DiskTests(ITestOutputHelper output)
{
    private const int Gateways = 2;
    private const int DevicesEach = 50;
    private const string Bell = "bell";

    // Promised is a second; cores that build beside the tests are given more.
    private static readonly TimeSpan _alarmLimit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Telemetry_waits_and_alarms_pass_while_the_disk_is_nearly_full()
    {
        using var disk = SmallDisk.Mount(160);
        await using var influx = new InfluxProcess();
        await influx.StartAsync();
        var database = await influx.CreateDatabaseAsync();
        await using var town = await Town.StartAsync(
            Registry(), tls: false, Path.Combine(disk.Path, "data"), "--influx", influx.Url.ToString(), "--influx-db", database,
            "--set", "log.minimum-free-mib=24", "--set", "log.reserve-mib=4", "--set", "log.segment-mib=8", "--set", "log.memory-mib=4");
        await using var events = new EventStream(town.Server.Http);
        await using var load = await StoreLoad.ConnectAsync(town, Gateways, DevicesEach);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(long.MaxValue, TimeSpan.FromMilliseconds(2), stop.Token);
        await Until.TrueAsync(() => Task.FromResult(load.Acknowledged > 5_000), () => "5,000 readings");

        disk.Fill(leave: 20 << 20);
        await PausedAsync(town, load, "nearly full");
        var nearly = await AlarmAsync(town, events, "call-near");

        // To the last byte: what the alarm's log and the book need now is what was reserved for them.
        disk.Fill(leave: 0);
        List<TimeSpan> full = [];
        for (var n = 0; n < 4; n++)
        {
            full.Add(await AlarmAsync(town, events, Call(n)));
        }

        full.Add(await AlarmAsync(town, events, "call-of-a-stranger"));

        var left = disk.Free;
        var waiting = load.Published - load.Acknowledged;
        disk.Clear();
        await GoesOnAsync(town, load);
        await stop.CancelAsync();
        await running;
        await load.FlushAsync();
        await town.Server.CaughtUpAsync();
        await influx.HoldsAsync(database, load.Accounts);
        var after = await AlarmAsync(town, events, "call-after");
        output.WriteLine($"disk nearly full: alarm acknowledged and in the event stream after {nearly.TotalMilliseconds:0} ms");
        output.WriteLine($"disk full ({left >> 10} KiB free): after {string.Join(", ", full.Select(f => FormattableString.Invariant($"{f.TotalMilliseconds:0}")))} ms; {waiting:N0} readings waited unacknowledged");
        output.WriteLine($"space again: telemetry went on by itself; {load.Acknowledged:N0} readings stored, count and checksums exact; alarm after {after.TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task Telemetry_waits_and_alarms_pass_when_a_stopped_store_has_used_up_the_budget()
    {
        await using var influx = new InfluxProcess();
        await influx.StartAsync();
        var database = await influx.CreateDatabaseAsync();
        await using var town = await Town.StartAsync(
            Registry(), tls: false, null, "--influx", influx.Url.ToString(), "--influx-db", database,
            "--set", "log.budget-mib=8", "--set", "log.segment-mib=8", "--set", "log.memory-mib=4");
        await using var events = new EventStream(town.Server.Http);
        await using var load = await StoreLoad.ConnectAsync(town, Gateways, DevicesEach);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(long.MaxValue, TimeSpan.Zero, stop.Token);
        await Until.TrueAsync(() => Task.FromResult(load.Acknowledged > 5_000), () => "5,000 readings");
        await influx.KillAsync();
        await PausedAsync(town, load, "waits");
        var (backlog, waiting) = (await town.Server.FigureAsync("smartcity_log_backlog_bytes", "lane=\"telemetry\""), load.Published - load.Acknowledged);
        var alarm = await AlarmAsync(town, events, Call(0));

        // Not even a death in this state changes anything.
        town.Server.KillHard();
        await town.Server.RestartAsync();
        var again = await AlarmAsync(town, events, Call(1));
        await influx.StartAsync();
        await GoesOnAsync(town, load);
        await stop.CancelAsync();
        await running;
        await load.FlushAsync();
        await town.Server.CaughtUpAsync();
        await influx.HoldsAsync(database, load.Accounts);
        output.WriteLine($"budget of 8 MiB reached at {backlog / (1 << 20):0.00} MiB with {waiting:N0} readings waiting unacknowledged");
        output.WriteLine($"alarm acknowledged and in the event stream after {alarm.TotalMilliseconds:0} ms, after a kill and restart in this state {again.TotalMilliseconds:0} ms");
        output.WriteLine($"store back: went on by itself; {load.Acknowledged:N0} readings stored, count and checksums exact");
    }

    /// <summary>A paused server answers no ping, so gateways give up and come again. What they leave behind must go, or it piles up for as long as the pause lasts.</summary>
    [Fact]
    public async Task Gateways_that_come_again_while_telemetry_waits_leave_nothing_behind()
    {
        const int Rounds = 8;
        await using var influx = new InfluxProcess();
        await influx.StartAsync();
        var database = await influx.CreateDatabaseAsync();
        await using var town = await Town.StartAsync(
            Registry(), tls: false, null, "--influx", influx.Url.ToString(), "--influx-db", database,
            "--set", "log.budget-mib=8", "--set", "log.segment-mib=8", "--set", "log.memory-mib=4");
        await influx.KillAsync();
        await using var load = await StoreLoad.ConnectAsync(town, Gateways, DevicesEach);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(long.MaxValue, TimeSpan.Zero, stop.Token);
        await PausedAsync(town, load, "waits");
        var memory = town.Server.ResidentBytes;
        for (var n = 0; n < Rounds; n++)
        {
            // The same gateway with its hands full, time and again; nothing of this was acknowledged, and nobody sends it again.
            await using var impatient = new LoadGateway(town.Client("again"), "again", LoadGateway.Devices("again", DevicesEach));
            await impatient.ConnectAsync();
            await impatient.RunAsync(60, TimeSpan.Zero, TestContext.Current.CancellationToken);
            Assert.Equal(0, impatient.Acknowledged);
        }

        await Until.TrueAsync(
            async () => await town.Server.FigureAsync("smartcity_mqtt_connections_open") <= Gateways + 1
                && await town.Server.FigureAsync("smartcity_mqtt_publishes_waiting") <= Gateways + 1,
            () => "connections and waits of those who left are gone");
        var after = town.Server.ResidentBytes;
        await influx.StartAsync();
        await GoesOnAsync(town, load);
        await stop.CancelAsync();
        await running;
        await load.FlushAsync();
        await town.Server.CaughtUpAsync();
        output.WriteLine($"{Rounds} times a gateway came, sent until it was held, and left: resident {memory >> 20} MiB before, {after >> 20} MiB after");
    }

    private static string Call(int n) => FormattableString.Invariant($"call-{n}");

    private static RegistryEdits Registry()
    {
        var load = StoreLoad.Registry(Gateways, DevicesEach);
        return load with
        {
            Gateways = [.. load.Gateways, new GatewayEdit { Id = Bell }],
            Devices = [.. load.Devices, .. Enumerable.Range(0, 4).Select(n => new DeviceEdit { Id = Call(n), Kind = "manual_call_point", Gateway = Bell })],
        };
    }

    // It says why, and acknowledges nothing more: two looks, some readings' time apart, see the same.
    private static async Task PausedAsync(Town town, StoreLoad load, string word)
    {
        var words = "";
        await Until.TrueAsync(
            async () => (await town.Server.ReadyAsync()) is { Status: HttpStatusCode.ServiceUnavailable } answer
                && (words = answer.Words).Contains("log-telemetry", StringComparison.Ordinal) && words.Contains(word, StringComparison.Ordinal),
            () => $"telemetry pauses ({words})");
        long seen = -1;
        await Until.TrueAsync(
            async () =>
            {
                var was = seen;
                seen = load.Acknowledged;
                await Task.Delay(1000);
                return seen == was;
            },
            () => $"acknowledgements stop ({load.Acknowledged} of {load.Published})");
        Assert.True(load.Published > load.Acknowledged, "publishers have something in hand");
    }

    private static async Task GoesOnAsync(Town town, StoreLoad load)
    {
        var before = load.Acknowledged;
        await Until.TrueAsync(() => Task.FromResult(load.Acknowledged > before + 5_000), () => $"telemetry goes on\n{town.Server.Log}");
        var words = "";
        await Until.TrueAsync(
            async () =>
            {
                var answer = await town.Server.ReadyAsync();
                words = answer.Words;
                return answer.Status == HttpStatusCode.OK;
            },
            () => "/readyz is well again: " + words);
    }

    // From the publish until both its PUBACK and its event are here. An alarm of a device that nobody registered is heard as well.
    private static async Task<TimeSpan> AlarmAsync(Town town, EventStream events, string device)
    {
        await using var client = new MqttClient(town.Client(Bell, alarm: true));
        await client.ConnectAsync();
        var stamp = Stamps.Now();
        var line = string.Create(CultureInfo.InvariantCulture, $"manual_call_point,device={device} pressed=true,loop_state=0i {stamp}\n");
        var watch = Stopwatch.StartNew();
        var acknowledged = client.PublishAsync($"city/v1/{Bell}/alarm", Encoding.ASCII.GetBytes(line), QualityOfService.AtLeastOnce);
        await events.FirstAsync(e => e.Kind == "fire" && e.Subject == device && e.What == "raised" && e.When == stamp, $"fire of {device}\n{town.Server.Log}");
        Assert.Equal(ReasonCode.Success, await acknowledged.WaitAsync(Until.Patience));
        Assert.True(watch.Elapsed < _alarmLimit, $"the alarm took {watch.Elapsed}\n{town.Server.Log}");
        return watch.Elapsed;
    }
}
