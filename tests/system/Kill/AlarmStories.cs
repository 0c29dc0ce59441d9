using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using SmartCity.Ingest.Book;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Kill;

/// <summary>
/// What gateways say on their alarm connections, told so that every transition it has to lead to, with its time, is known beforehand
/// whatever happens to the server meanwhile. Each story has devices and a zone of its own.
/// </summary>
internal sealed class AlarmStories(EventStream events)
{
    private const long Hold = 120 * Stamps.Second;                          // battery's, of fire_detector.yaml

    /// <summary>Until a hold or a pre-alarm of these stories ends by time, from the story's beginning.</summary>
    public static readonly TimeSpan ShortestTime = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<(string Kind, string Subject), List<(string What, long When)>> _expected = new();
    private readonly ConcurrentDictionary<(string Kind, string Device), long> _lines = new();
    private long _published;

    /// <summary>By alert kind and zone (else device): what has to happen, in order.</summary>
    public IReadOnlyDictionary<(string Kind, string Subject), List<(string What, long When)>> Expected => _expected;

    /// <summary>Lines published, by kind and device.</summary>
    public IReadOnlyDictionary<(string Kind, string Device), long> Lines => _lines;

    /// <summary>Acknowledged alarm publishes.</summary>
    public long Published => Volatile.Read(ref _published);

    /// <summary>Registry for a gateway with so many stories.</summary>
    public static RegistryEdits Register(string gateway, int stories)
    {
        var ids = Enumerable.Range(0, stories).Select(n => Id(gateway, n)).ToList();
        return new RegistryEdits
        {
            Gateways = [new GatewayEdit { Id = gateway }],
            Zones =
            [
                .. ids.Select(id => new ZoneEdit { Id = id, Settings = Times(300) }),
                .. ids.Select(id => new ZoneEdit { Id = id + "-t", Settings = Times(5) }),
            ],
            Devices =
            [
                .. ids.Select(id => Device(id + "-c", "manual_call_point", id)),
                .. ids.Select(id => Device(id + "-a", "fire_detector", id)),
                .. ids.Select(id => Device(id + "-b", "fire_detector", id)),
                .. ids.Select(id => Device(id + "-t", "fire_detector", id + "-t")),
                .. ids.Select(id => Device(id + "-w", "water_level", null)),
            ],
        };

        DeviceEdit Device(string id, string kind, string? zone) => new()
        {
            Id = id,
            Kind = kind,
            Gateway = gateway,
            Zone = zone,
            Thresholds = kind == "water_level" ? new Dictionary<string, double> { ["I"] = 2, ["II"] = 4, ["III"] = 6 } : null,
        };

        static Dictionary<string, double> Times(double acknowledge) => new() { ["acknowledgeWithinSeconds"] = acknowledge, ["coincidenceSeconds"] = 1 };
    }

    public static string Id(string gateway, int story) => string.Create(CultureInfo.InvariantCulture, $"{gateway}-s{story}");

    /// <summary>A call point is pressed and put back.</summary>
    public async Task CallPointAsync(MqttClient client, string gateway, string id)
    {
        var pressed = await SayAsync(client, gateway, "manual_call_point", id + "-c", "pressed=true,loop_state=0i");
        var released = await SayAsync(client, gateway, "manual_call_point", id + "-c", "pressed=false,loop_state=0i");
        Expect("fire", id, ("raised", pressed), ("cleared", released));
    }

    /// <summary>Two detectors of a zone, one after the other; then both are well again.</summary>
    public async Task TwoDetectorsAsync(MqttClient client, string gateway, string id)
    {
        var first = await SayAsync(client, gateway, "fire_detector", id + "-a", "loop_state=1i");
        var second = await SayAsync(client, gateway, "fire_detector", id + "-b", "loop_state=1i");
        await SayAsync(client, gateway, "fire_detector", id + "-a", "loop_state=0i");
        var end = await SayAsync(client, gateway, "fire_detector", id + "-b", "loop_state=0i");
        Expect("fire-prealarm", id, ("raised", first), ("resolved", second));
        Expect("fire", id, ("raised", second), ("cleared", end));
    }

    /// <summary>A river rises through three stages and falls again.</summary>
    public async Task FloodAsync(MqttClient client, string gateway, string id)
    {
        var device = id + "-w";
        await SayAsync(client, gateway, "water_level", device, "water_level_m=1");
        List<(string, long)> steps = [];
        foreach (var (level, what) in ((double, string)[])[(2.5, "raised"), (4.5, "updated"), (6.5, "updated"), (5.97, ""), (4.5, "updated"), (1, "resolved")])
        {
            var at = await SayAsync(client, gateway, "water_level", device, FormattableString.Invariant($"water_level_m={level}"));
            if (what.Length > 0)
            {
                steps.Add((what, at));
            }
        }

        Expect("flood", device, [.. steps]);
    }

    /// <summary>A battery has been low for almost its hold of two minutes; the kill comes between, and a reading confirms it after.</summary>
    public async Task<Func<Task>> HoldBeforeReadingAsync(MqttClient client, string gateway, string id)
    {
        // The last line of the story is stamped onset + Hold + 2 s: never so far ahead of the server that it would get the time of arrival.
        var onset = Stamps.Now() - Hold + (2 * Stamps.Second);
        await SayAsync(client, gateway, "fire_detector", id + "-a", "battery_volt=10", onset);
        return async () =>
        {
            await SayAsync(client, gateway, "fire_detector", id + "-a", "battery_volt=10", onset + Hold + Stamps.Second);
            var well = await SayAsync(client, gateway, "fire_detector", id + "-a", "battery_volt=12", onset + Hold + (2 * Stamps.Second));
            Expect("battery", id, ("raised", onset), ("resolved", well));
        };
    }

    /// <summary>The same, but nothing is read after: the server's own tick has to end the hold, from what it remembers.</summary>
    public async Task<Func<Task>> HoldBeforeTickAsync(MqttClient client, string gateway, string id)
    {
        var onset = Stamps.Now() - Hold + (4 * Stamps.Second);
        await SayAsync(client, gateway, "fire_detector", id + "-b", "battery_volt=10", onset);
        await SayAsync(client, gateway, "fire_detector", id + "-b", "battery_volt=10", onset + (Hold / 2));
        return async () =>
        {
            await events.FirstAsync(e => e.Kind == "battery" && e.Subject == id && e.What == "raised" && e.When == onset, $"battery of {id}-b by tick");
            var well = await SayAsync(client, gateway, "fire_detector", id + "-b", "battery_volt=12");
            Expect("battery", id, ("raised", onset), ("resolved", well));
        };
    }

    /// <summary>One detector, and nobody acknowledges: five seconds later it is a fire, by the zone's own time.</summary>
    public async Task<Func<Task>> PreAlarmAsync(MqttClient client, string gateway, string id)
    {
        var zone = id + "-t";
        var alarm = await SayAsync(client, gateway, "fire_detector", id + "-t", "loop_state=1i");
        return async () =>
        {
            var fire = alarm + (5 * Stamps.Second);
            await events.FirstAsync(e => e.Kind == "fire" && e.Subject == zone && e.What == "raised", $"fire of {zone} by time");
            var end = await SayAsync(client, gateway, "fire_detector", id + "-t", "loop_state=0i");
            Expect("fire-prealarm", zone, ("raised", alarm), ("resolved", fire));
            Expect("fire", zone, ("raised", fire), ("cleared", end));
        };
    }

    private void Expect(string kind, string subject, params (string What, long When)[] steps)
    {
        var list = _expected.GetOrAdd((kind, subject), _ => []);
        lock (list)
        {
            list.AddRange(steps);
        }
    }

    // Returns the stamp once the server has acknowledged: evaluated, and in the book.
    private async Task<long> SayAsync(MqttClient client, string gateway, string kind, string device, string fields, long? at = null)
    {
        var stamp = at ?? Stamps.Now();
        var line = string.Create(CultureInfo.InvariantCulture, $"{kind},device={device} {fields} {stamp}\n");
        _lines.AddOrUpdate((kind, device), 1, (_, n) => n + 1);
        Assert.Equal(ReasonCode.Success, await client.PublishAsync($"city/v1/{gateway}/alarm", Encoding.ASCII.GetBytes(line), QualityOfService.AtLeastOnce));
        Interlocked.Increment(ref _published);
        return stamp;
    }
}
