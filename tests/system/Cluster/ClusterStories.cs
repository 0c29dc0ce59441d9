using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using SmartCity.Ingest.Book;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>A step of an alert that has to happen.</summary>
/// <param name="What">As the event says it.</param>
/// <param name="When">Its time, ns since 1970; null: whenever the officer did it.</param>
/// <param name="Due">From when somebody waits for it; null for what nobody's life hangs on.</param>
internal sealed record Step(string What, long? When, long? Due = null);

/// <summary>
/// What gateways say on their alarm connections, so told that every transition it has to lead to is known beforehand, whichever server hears which line of
/// it. Each story has devices and zones of its own, and none rests on a hold: those begin anew with another server, by design.
/// </summary>
internal sealed class ClusterStories(CityEars ears, Officer officer, FaultLog log, CancellationToken stop)
{
    /// <summary>Time within which somebody has to hear of an alarm; what takes much longer is waited for all the same, to be told as it is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(16);

    private readonly ConcurrentDictionary<(string Kind, string Subject), List<Step>> _expected = new();
    private readonly ConcurrentDictionary<(string Kind, string Device), long> _lines = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private int _told;

    /// <summary>By alert kind and zone (else device): what has to happen, in order.</summary>
    public IReadOnlyDictionary<(string Kind, string Subject), List<Step>> Expected => _expected;

    /// <summary>Lines said, by kind and device; each has a stamp of its own.</summary>
    public IReadOnlyDictionary<(string Kind, string Device), long> Lines => _lines;

    /// <summary>Stories that could not be told to their end.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Stories told.</summary>
    public int Told => Volatile.Read(ref _told);

    /// <summary>Registry of so many stories of a pair of gateways.</summary>
    public static RegistryEdits Register(string first, string second, int stories)
    {
        var ids = Enumerable.Range(0, stories).Select(n => Id(first, n)).ToList();
        return new RegistryEdits
        {
            Gateways = [new GatewayEdit { Id = first }, new GatewayEdit { Id = second }],
            Zones =
            [
                .. ids.Select(id => new ZoneEdit { Id = id, Settings = Times(300) }),
                .. ids.Select(id => new ZoneEdit { Id = id + "-t", Settings = Times(5) }),
                .. ids.Select(id => new ZoneEdit { Id = id + "-k", Settings = Times(12) }),
            ],
            Devices =
            [
                .. ids.Select(id => Device(id + "-c", "manual_call_point", id, first)),
                .. ids.Select(id => Device(id + "-a", "fire_detector", id, first)),
                .. ids.Select(id => Device(id + "-b", "fire_detector", id, second)),
                .. ids.Select(id => Device(id + "-t", "fire_detector", id + "-t", first)),
                .. ids.Select(id => Device(id + "-k", "fire_detector", id + "-k", first)),
                .. ids.Select(id => Device(id + "-w", "water_level", null, first)),
            ],
        };

        static DeviceEdit Device(string id, string kind, string? zone, string gateway) => new()
        {
            Id = id,
            Kind = kind,
            Gateway = gateway,
            Zone = zone,
            Thresholds = kind == "water_level" ? new Dictionary<string, double> { ["I"] = 2, ["II"] = 4, ["III"] = 6 } : null,
        };

        static Dictionary<string, double> Times(double acknowledge) => new() { ["acknowledgeWithinSeconds"] = acknowledge, ["coincidenceSeconds"] = 1 };
    }

    /// <summary>Name of a story's zone.</summary>
    public static string Id(string gateway, int story) => string.Create(CultureInfo.InvariantCulture, $"{gateway}-s{story}");

    /// <summary>Tells one, of a kind drawn by whoever tells; between its lines it waits up to so long, and it ends in so long at the latest if nothing happens.</summary>
    public async Task TellAsync(AlarmVoice first, AlarmVoice second, string id, Random random, TimeSpan breath, TimeSpan left)
    {
        var kind = random.Next(6);
        try
        {
            await (kind switch
            {
                0 => CallPointAsync(first, id, Breath),
                1 => TwoDetectorsAsync(first, second, id, Breath),
                2 => FloodAsync(first, id, Breath),
                3 => PreAlarmAsync(first, id),
                4 when left > Longest => AcknowledgedAsync(first, id, random.Next(2)),
                _ => TwoDetectorsAsync(first, second, id, Breath),
            });
            Interlocked.Increment(ref _told);
        }
        catch (TimeoutException e)
        {
            _faults.Enqueue($"{id}: {e.Message}");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _faults.Enqueue($"{id}: given up");
        }

        Task Breath() => Task.Delay(TimeSpan.FromMilliseconds(random.Next(1 + (int)breath.TotalMilliseconds)), stop);
    }

    /// <summary>A call point is pressed and put back.</summary>
    private async Task CallPointAsync(AlarmVoice voice, string id, Func<Task> breath)
    {
        var pressed = Say(voice, "manual_call_point", id + "-c", "pressed=true,loop_state=0i", out var saying);
        Expect("fire", id, new Step("raised", pressed, pressed));
        await saying;
        await breath();
        var released = Say(voice, "manual_call_point", id + "-c", "pressed=false,loop_state=0i", out saying);
        Expect("fire", id, new Step("cleared", released));
        await saying;
    }

    /// <summary>Two detectors of a zone, on two gateways, which may have two servers; then both are well again.</summary>
    private async Task TwoDetectorsAsync(AlarmVoice one, AlarmVoice other, string id, Func<Task> breath)
    {
        var first = Say(one, "fire_detector", id + "-a", "loop_state=1i", out var saying);
        Expect("fire-prealarm", id, new Step("raised", first, first));
        await saying;
        await breath();
        var second = Say(other, "fire_detector", id + "-b", "loop_state=1i", out saying);
        Expect("fire-prealarm", id, new Step("resolved", second));
        Expect("fire", id, new Step("raised", second, second));
        await saying;
        await breath();
        Say(one, "fire_detector", id + "-a", "loop_state=0i", out saying);
        await saying;
        var end = Say(other, "fire_detector", id + "-b", "loop_state=0i", out saying);
        Expect("fire", id, new Step("cleared", end));
        await saying;
    }

    /// <summary>A river rises through three stages and falls again.</summary>
    private async Task FloodAsync(AlarmVoice voice, string id, Func<Task> breath)
    {
        var device = id + "-w";
        Say(voice, "water_level", device, "water_level_m=1", out var saying);
        await saying;
        foreach (var (level, what) in ((double, string)[])[(2.5, "raised"), (4.5, "updated"), (6.5, "updated"), (5.97, ""), (4.5, "updated"), (1, "resolved")])
        {
            await breath();
            var at = Say(voice, "water_level", device, FormattableString.Invariant($"water_level_m={level}"), out saying);
            if (what.Length > 0)
            {
                Expect("flood", device, new Step(what, at, what == "raised" ? at : null));
            }

            await saying;
        }
    }

    /// <summary>One detector, and nobody acknowledges: five seconds after it has come in it is a fire, by the zone's own time, whoever serves then.</summary>
    private async Task PreAlarmAsync(AlarmVoice voice, string id)
    {
        var zone = id + "-t";
        var alarm = Say(voice, "fire_detector", id + "-t", "loop_state=1i", out var saying);
        Expect("fire-prealarm", zone, new Step("raised", alarm, alarm));
        await saying;
        var (_, heard) = await ears.FirstAsync(e => e.Kind == "fire-prealarm" && e.Subject == zone, $"pre-alarm of {zone}", Patience);
        var fire = alarm + (5 * Stamps.Second);
        Expect("fire-prealarm", zone, new Step("resolved", fire));
        Expect("fire", zone, new Step("raised", fire, heard + (5 * Stamps.Second)));
        await ears.FirstAsync(e => e.Kind == "fire" && e.Subject == zone && e.What == "raised", $"fire of {zone} by time", Patience);
        var end = Say(voice, "fire_detector", id + "-t", "loop_state=0i", out saying);
        Expect("fire", zone, new Step("cleared", end));
        await saying;
    }

    /// <summary>One detector, and an officer at one of the servers acknowledges in time: it never becomes a fire.</summary>
    private async Task AcknowledgedAsync(AlarmVoice voice, string id, int at)
    {
        var zone = id + "-k";
        var alarm = Say(voice, "fire_detector", id + "-k", "loop_state=1i", out var saying);
        Expect("fire-prealarm", zone, new Step("raised", alarm, alarm));
        await saying;
        var (raised, heard) = await ears.FirstAsync(e => e.Kind == "fire-prealarm" && e.Subject == zone, $"pre-alarm of {zone}", Patience);
        if (!await AcknowledgeAsync(raised.Alert, at, heard))
        {
            // The book was away all that time: nobody could say so, and the zone did what it does when nobody does.
            var fire = alarm + (12 * Stamps.Second);
            Expect("fire-prealarm", zone, new Step("resolved", fire));
            Expect("fire", zone, new Step("raised", fire));
            await ears.FirstAsync(e => e.Kind == "fire" && e.Subject == zone && e.What == "raised", $"fire of {zone} by time", Patience);
            Expect("fire", zone, new Step("cleared", Say(voice, "fire_detector", id + "-k", "loop_state=0i", out saying)));
            await saying;
            return;
        }

        Expect("fire-prealarm", zone, new Step("acknowledged", null));

        // Beyond the time in which it would have become one, and a takeover.
        await Task.Delay(TimeSpan.FromSeconds(14), stop);
        var end = Say(voice, "fire_detector", id + "-k", "loop_state=0i", out saying);
        Expect("fire-prealarm", zone, new Step("cleared", end));
        await saying;
    }

    private async Task<bool> AcknowledgeAsync(string alert, int server, long heard)
    {
        for (; ; server = 1 - server)
        {
            var answer = await officer.TryAsync(server, HttpMethod.Get, $"/api/v1/alerts/{alert}");
            if (answer is { Status: HttpStatusCode.OK } found)
            {
                if (found.Body.GetProperty("state").GetString() is var state and not "raised")
                {
                    return state == "acknowledged"; // an earlier try, whose answer was lost; or it is too late
                }

                var done = await officer.TryAsync(server, HttpMethod.Post, $"/api/v1/alerts/{alert}/acknowledge", null, found.Body.GetProperty("revision").GetInt64());
                if (done is { Status: HttpStatusCode.OK })
                {
                    return true;
                }
            }

            var now = Stamps.Now();
            if (now - heard > 11 * Stamps.Second && log.Away(heard, now) == 0)
            {
                throw new TimeoutException($"no server took the acknowledgement of {alert} within 11 s: {answer}");
            }

            await Task.Delay(200, stop);
        }
    }

    private void Expect(string kind, string subject, Step step)
    {
        var list = _expected.GetOrAdd((kind, subject), _ => []);
        lock (list)
        {
            list.Add(step);
        }
    }

    // The stamp, at once: what is expected is written down before anybody can have heard of it.
    private long Say(AlarmVoice voice, string kind, string device, string fields, out Task said)
    {
        var stamp = Stamps.Now();
        _lines.AddOrUpdate((kind, device), 1, (_, n) => n + 1);
        said = voice.SayAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{kind},device={device} {fields} {stamp}\n")), stop);
        return stamp;
    }
}
