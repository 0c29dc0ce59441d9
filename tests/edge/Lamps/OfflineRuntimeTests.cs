using System.Text;
using SmartCity.City;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Commands;
using SmartCity.Edge.Config;
using SmartCity.Edge.Lamps;
using SmartCity.Edge.Runtime;
using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Chips.I2c;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

/// <summary>The whole gateway program over a simulated dimmer chip, with no server to be reached: what the pin does through nights, restarts and absences.</summary>
public sealed class OfflineRuntimeTests : IAsyncDisposable
{
    private const string Programmes = """
        "programmes":{"night":{"points":[{"at":"sunset-10","level":100,"rampSeconds":120},{"at":"22:30","level":60,"rampSeconds":300},{"at":"04:45","level":90},{"at":"sunrise+5","level":0}]}},
        "calendars":{"default":{"default":"night"}}
        """;

    private const string RelayLamp = """
          - { id: lamp-2, kind: streetlight, output: { driver: relay, line: 7 } }

        """;

    // Saturday's match: 20:00 to 23:15 in Thanh Hóa.
    private const string Match = """{"id":"match","level":10,"priority":5,"start":"2026-11-21T20:00:00+07:00","expires":"2026-11-21T23:15:00+07:00"}""";

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("edge-offline");
    private readonly SimPca9685 _chip = new();
    private readonly FakeTime _time = new(At("2026-11-20 12:00"));
    private SimBoard? _board;
    private EdgeRuntime? _runtime;

    private double Pin => Math.Round(100 * _chip.Level(3), 1);

    private string Data => Path.Combine(_home.FullName, "data");

    private LampStatus Lamp => _runtime!.Lamps!.Status[0];

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _home.Delete(recursive: true);
    }

    [Fact]
    public async Task The_pin_is_right_through_three_nights_and_a_restart_in_the_middle_of_an_order()
    {
        Give(5, Match);
        var plan = DesiredDocument.Read(Encoding.UTF8.GetBytes(Document(5, Match))).Plan("lamp-1", 19.807, 105.776);
        Start();
        var seen = new HashSet<(LightReason, double)>();
        var restart = At("2026-11-21 21:00");
        for (var at = At("2026-11-20 12:00").AddSeconds(30); at < At("2026-11-23 12:00"); at = at.AddMinutes(10))
        {
            if (at > restart)
            {
                restart = DateTimeOffset.MaxValue;
                var before = Pin;
                await StopAsync();
                Assert.Equal(before, Pin); // a lamp does not go dark because a program ends
                Start();
            }

            LightLevel Expected() => Lighting.Level(plan, _time.GetUtcNow());
            await ToAsync(at, () => Expected() is var now && Math.Abs(Pin - now.Percent) <= 1.1 && Lamp.Target == now.Percent && Lamp.Reason == now.Reason, "what the document says");
            seen.Add((Lamp.Reason, Lamp.Target));
        }

        Assert.Superset(new HashSet<(LightReason, double)> { (LightReason.Override, 25), (LightReason.Programme, 0), (LightReason.Programme, 60), (LightReason.Programme, 90), (LightReason.Programme, 100) }, seen);
    }

    [Fact]
    public async Task An_order_that_ends_while_the_gateway_is_off_is_over_when_it_starts()
    {
        Give(5, Match);
        _time.Advance(At("2026-11-21 21:00") - _time.GetUtcNow());
        Start();
        await ToAsync(At("2026-11-21 21:01"), () => Pin is 25 && Lamp.Reason == LightReason.Override, "the match, at the street's minimum");
        await StopAsync();
        _time.Advance(At("2026-11-21 23:30") - _time.GetUtcNow());
        Assert.Equal(25, Pin);
        Start();
        await ToAsync(At("2026-11-21 23:31"), () => Pin is 60 && Lamp is { Reason: LightReason.Programme, Target: 60 }, "the programme's level of that moment");
    }

    [Fact]
    public async Task After_a_week_away_only_the_last_word_counts_and_what_ended_meanwhile_never_was()
    {
        Give(5, Match);
        Start();
        await ToAsync(At("2026-11-28 21:00"), () => Pin is 100 && Lamp.Reason == LightReason.Programme, "the programme goes on by itself for a week");
        var levels = new HashSet<double>();
        _runtime!.DesiredChanged += _ => levels.Add(Pin);

        // What the server says now: an order of Thursday that ended an hour ago, and one that goes on.
        const string over = """{"id":"over","level":3,"priority":1000,"start":"2026-11-26T18:00:00+07:00","expires":"2026-11-28T20:00:00+07:00"}""";
        const string on = """{"id":"on","level":80,"priority":5,"start":"2026-11-27T18:00:00+07:00"}""";
        _runtime.Gateway.Desired.Take(Encoding.UTF8.GetBytes(Document(60, over + "," + on)));
        for (var second = 1; second <= 20; second++)
        {
            await ToAsync(At("2026-11-28 21:00").AddSeconds(second), () => true, "");
            levels.Add(Pin);
        }

        await ToAsync(At("2026-11-28 21:01"), () => Pin is 80 && Lamp is { Reason: LightReason.Override, Target: 80 }, "the order that goes on");
        Assert.Equal(60, _runtime.Gateway.Desired.Version);
        Assert.Subset(new HashSet<double> { 100, 80 }, levels);
    }

    [Fact]
    public async Task While_nobody_knows_the_time_it_burns_and_then_follows_what_is_in_force_then()
    {
        Give(5, Match);
        _time.Advance(At("2026-11-21 23:20") - _time.GetUtcNow());
        var evidence = new FakeEvidence();
        Start(ClockMode.Auto, evidence);
        await ToAsync(At("2026-11-21 23:21"), () => Pin is 100 && Lamp.Reason == LightReason.Default, "it burns");
        evidence.Synchronised = true;
        await ToAsync(At("2026-11-21 23:22"), () => Pin is 60 && Lamp.Reason == LightReason.Programme, "the programme: the match has been over for five minutes");
    }

    [Fact]
    public async Task Outputs_lamps_and_the_lighting_section_change_while_it_runs_and_no_lamp_goes_dark()
    {
        _time.Advance(At("2026-11-21 20:00") - _time.GetUtcNow());
        Start(with: RelayLamp + """
            lighting: { programmes: { p: { points: [ { at: sunset, level: 70 } ] } }, calendars: { default: { default: p } } }
            """);
        var relay = _board!.Line("gpiochip0", 7);
        await ToAsync(At("2026-11-21 20:01"), () => Pin is 70 && relay.Level, "the section's programme");
        var dark = 0;
        relay.Changed += on => dark += on ? 0 : 1;
        var seen = new HashSet<double>();

        Write(with: RelayLamp + """
            lighting: { programmes: { p: { points: [ { at: sunset, level: 85 } ] } }, calendars: { default: { default: p } } }
            """);
        var (done, detail) = await ReloadAsync();
        Assert.Equal((true, "2 devices restarted, 0 new, 0 removed, lamps set up again"), (done, detail));
        seen.Add(Pin);
        await ToAsync(At("2026-11-21 20:02"), () => Pin is 85 && relay.Level, "the new programme");

        // The same again touches nothing.
        Assert.Equal((true, "0 devices restarted, 0 new, 0 removed"), await ReloadAsync());

        // The lamp hangs on another channel, and one more is there; the server's document holds for them too.
        _runtime!.Gateway.Desired.Take(Encoding.UTF8.GetBytes(Document(5, """{"id":"o","level":40,"start":"2026-01-01T00:00:00Z"}""")));
        await ToAsync(At("2026-11-21 20:03"), () => Pin is 40, "the order");
        Write(channel: 4, with: RelayLamp + """
              - { id: lamp-3, kind: streetlight, output: { driver: pca9685, bus: 1, address: 0x40, channel: 5 } }
            """);
        (done, detail) = await ReloadAsync();
        Assert.Equal((true, "2 devices restarted, 1 new, 0 removed, lamps set up again"), (done, detail));
        seen.Add(Pin);
        await ToAsync(
            At("2026-11-21 20:04"),
            () => Math.Round(100 * _chip.Level(4), 1) is 40 && _chip.Level(5) == 1 && relay.Level && _runtime.Lamps!.Status is [{ Target: 40 }, { Target: 100 }, { Target: 100 }],
            "three lamps, each at its output");
        Assert.Equal(0, dark);
        Assert.Subset(new HashSet<double> { 70, 85, 40 }, seen);

        // None is left.
        Write(lamp: false);
        Assert.Equal((true, "0 devices restarted, 1 new, 3 removed, lamps set up again"), await ReloadAsync());
        Assert.Null(_runtime.Lamps);
        Assert.True(relay.Level);
    }

    [Fact]
    public async Task A_relay_lamp_does_not_go_dark_while_it_waits_for_its_place_after_a_restart()
    {
        _time.Advance(At("2026-11-21 20:00") - _time.GetUtcNow());
        Start(with: RelayLamp);
        var relay = _board!.Line("gpiochip0", 7);
        await ToAsync(At("2026-11-21 20:01"), () => relay.Level, "it burns");
        var dark = 0;
        relay.Changed += on => dark += on ? 0 : 1;
        await StopAsync();
        Start(with: RelayLamp);
        await ToAsync(At("2026-11-21 20:02"), () => _runtime!.Lamps!.Status[1].Feedback is 100, "it burns");
        Assert.Equal(0, dark);
    }

    private static DateTimeOffset At(string local) =>
        new(DateTime.ParseExact(local, "yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture), TimeSpan.FromHours(7));

    private static string Document(int version, string overrides) =>
        $$"""{"version":{{version}},"timeZone":"Asia/Ho_Chi_Minh",{{Programmes}},"lamps":{"lamp-1":{"minimum":25,"overrides":[{{overrides}}] } } }""";

    // As a server gave it before it was out of reach.
    private void Give(int version, string overrides)
    {
        var desk = new DesiredDesk(Data, notice: null);
        desk.Take(Encoding.UTF8.GetBytes(Document(version, overrides)));
        Assert.Null(desk.Refused);
    }

    // The clock goes on in seconds; what the threads of the program still do then is waited for, some seconds later at most: a device's turn comes on a thread of its own.
    private async Task ToAsync(DateTimeOffset at, Func<bool> holds, string what)
    {
        _time.Advance(at - _time.GetUtcNow());
        for (var second = 0; second < 15; second++)
        {
            // The longer it takes the more it may: a busy machine is no fault of the gateway's.
            for (var wait = 0; wait < 10 << (second / 2) && !holds(); wait++)
            {
                await Task.Delay(1);
            }

            if (holds())
            {
                return;
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // A busy machine gives those threads their turn late; the clock stands still for them.
        for (var wait = 0; wait < 1_000 && !holds(); wait++)
        {
            await Wait.AMomentAsync(CancellationToken.None);
        }

        Assert.True(holds(), $"{at:O}: not {what}, but {Pin} at the pin and {Lamp.Target} {Lamp.Reason} ({Lamp.Words})");
    }

    private string Write(int channel = 3, string with = "", bool lamp = true)
    {
        var file = Path.Combine(_home.FullName, "gateway.yaml");
        File.WriteAllText(
            file,
            $$"""
            gateway: gw-lamps
            data: data
            servers: [ "mqtt://127.0.0.1:1" ]
            location: { lat: 19.807, lon: 105.776 }
            devices:
              - { id: {{(lamp ? "lamp-1" : "bin-1")}}, kind: {{(lamp ? "streetlight" : "waste_bin")}}{{(lamp ? $", output: {{ driver: pca9685, bus: 1, address: 0x40, channel: {channel} }}" : "")}} }
            """ + "\n" + with,
            Encoding.UTF8);
        return file;
    }

    private void Start(ClockMode clock = ClockMode.Trusted, FakeEvidence? evidence = null, string with = "")
    {
        var file = Write(with: with);
        EdgeConfig Load()
        {
            var config = EdgeConfigFile.Load(file);
            return config with { Options = config.Options with { Clock = clock, MinimumFreeBytes = 0, ReserveBytes = 0, StopPatience = TimeSpan.Zero } };
        }

        _runtime = EdgeRuntime.Start(
            Load(),
            new RuntimeHooks { Evidence = evidence, Reload = Load },
            _board ??= new SimBoard(_time).Add(1, 0x40, _chip),
            _time);
    }

    private Task<(bool Done, string Detail)> ReloadAsync() =>
        Wait.ForAsync(_runtime!.ActAsync("reload", null, CancellationToken.None).AsTask(), "the configuration was loaded again", seconds: 60);

    private async Task StopAsync()
    {
        if (_runtime is { } runtime)
        {
            _runtime = null;
            await Wait.ForAsync(runtime.DisposeAsync().AsTask(), "the gateway stopped", seconds: 60);
        }
    }
}
