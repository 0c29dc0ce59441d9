using System.Text;
using System.Text.Json;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Config;
using SmartCity.Edge.Runtime;
using SmartCity.Edge.Tests;
using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Chips.I2c;

namespace SmartCity.Simulators.Tests.Lamps;

/// <summary>From the desired document to the pin of the chip and back to the report, through the real gateway and a real broker.</summary>
public sealed class LampChainTests : IAsyncDisposable
{
    private const string Desired = "city/v1/gw-lamps/desired";
    private const string Reported = "city/v1/gw-lamps/reported";

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("edge-lamps");
    private readonly SimPca9685 _chip = new();
    private EdgeRuntime? _runtime;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _home.Delete(recursive: true);
    }

    [Fact]
    public async Task A_desired_document_reaches_the_pin_is_reported_and_outlives_the_server()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        Start(broker.Port);
        await Wait.UntilAsync(() => Reports(collector).Exists(r => Version(r) == 0), "it reports that it has no document");
        await Wait.UntilAsync(() => _chip.Level(0) == 1, "without a programme it burns");

        await collector.PublishAsync(Desired, Document(3, 40));
        await Wait.UntilAsync(() => Reports(collector).Exists(r => Version(r) == 3 && Lamp(r) is { Reason: "override", Target: 40, Feedback: > 39.9 and < 40.1 }), "version 3 is in force");
        Assert.InRange(_chip.Level(0), 0.399, 0.401);

        // What cannot be read is refused and changes nothing.
        await collector.PublishAsync(Desired, """{"version":4,"lamps":{"lamp-1":{"calendar":"nowhere"}}}""");
        await Wait.UntilAsync(() => Reports(collector).Exists(r => r.TryGetProperty("refused", out var refused) && refused.GetProperty("version").GetInt64() == 4), "version 4 is refused");
        Assert.Equal(3, Version(Reports(collector)[^1]));
        Assert.InRange(_chip.Level(0), 0.399, 0.401);

        // No server, a power cut: the chip comes back dark, and the gateway with the last document.
        await StopAsync();
        _chip.BrownOut();
        Assert.Equal(0, _chip.Level(0));
        Start(port: 1);
        await Wait.UntilAsync(() => _chip.Level(0) is > 0.399 and < 0.401, "the override is in force again");
        Assert.Equal(3, _runtime!.Gateway.Desired.Version);
        await StopAsync();

        // After a week away only the last word counts.
        var changes = new List<long>();
        Start(broker.Port, r => r.DesiredChanged += d => changes.Add(d.Version));
        var before = Reports(collector).Count;
        await Wait.UntilAsync(() => Reports(collector).Count > before, "it is back");
        for (var version = 5; version <= 60; version++)
        {
            await collector.PublishAsync(Desired, Document(version, version));
        }

        await Wait.UntilAsync(() => Reports(collector).Exists(r => Version(r) == 60 && Lamp(r).Feedback is > 59.9 and < 60.1), "version 60 is in force");
        Assert.Equal(60, changes[^1]);
        Assert.Equal(changes.Order(), changes);

        // Constant light output is the output's business: 60 % of the light is 48 % of a new driver's power, and everybody goes on speaking of 60 %.
        await collector.PublishAsync(Desired, Document(61, 60, "\"clo\":[[0,80],[50000,100]],"));
        await Wait.UntilAsync(
            () => Reports(collector).Exists(r => Version(r) == 61 && Lamp(r) is { Target: 60, Feedback: > 59.8 and < 60.2 } && r.GetProperty("lamps").GetProperty("lamp-1").TryGetProperty("clo", out var clo) && clo.GetDouble() == 80)
                && _chip.Level(0) is > 0.479 and < 0.481,
            "the driver has its share");
    }

    private static string Document(int version, double level, string more = "") => FormattableString.Invariant(
        $$"""{"version":{{version}},"lamps":{"lamp-1":{{{more}}"overrides":[{"id":"o","level":{{level}},"priority":5,"start":"2026-01-01T00:00:00Z"}]} } }""");

    private static List<JsonElement> Reports(Collector collector) => collector.On(Reported).ConvertAll(m => JsonElement.Parse(m.Payload.Span));

    private static long Version(JsonElement report) => report.GetProperty("version").GetInt64();

    private static (string? Reason, double? Target, double? Feedback) Lamp(JsonElement report)
    {
        var lamp = report.GetProperty("lamps").GetProperty("lamp-1");
        return (
            lamp.GetProperty("reason").GetString(),
            lamp.GetProperty("target").GetDouble(),
            lamp.TryGetProperty("feedback", out var feedback) ? feedback.GetDouble() : null);
    }

    private void Start(int port, Action<EdgeRuntime>? with = null)
    {
        var file = Path.Combine(_home.FullName, "gateway.yaml");
        File.WriteAllText(file, $$"""
            gateway: gw-lamps
            data: data
            servers: [ "mqtt://127.0.0.1:{{port}}" ]
            clock: trusted
            devices:
              - id: lamp-1
                kind: streetlight
                output: { driver: pca9685, bus: 1, address: 0x40, channel: 0 }
            """, Encoding.UTF8);
        var config = EdgeConfigFile.Load(file);
        Assert.Equal(ClockMode.Trusted, config.Options.Clock);
        _runtime = EdgeRuntime.Start(
            config with { Options = config.Options with { MinimumFreeBytes = 0, ReserveBytes = 0, StopPatience = TimeSpan.Zero } },
            new RuntimeHooks(), new SimBoard(TimeProvider.System).Add(1, 0x40, _chip), TimeProvider.System);
        with?.Invoke(_runtime);
    }

    private async Task StopAsync()
    {
        if (_runtime is { } runtime)
        {
            _runtime = null;
            await runtime.DisposeAsync();
        }
    }
}
