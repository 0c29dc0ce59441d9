using SmartCity.City;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Fire;

/// <summary>
/// Fire zones without a server: every reading of a fire device goes through the city's own rules here, on the thread that measured it
/// and before it is logged, and the zone's sirens follow. The rules are those of <c>city/</c>, unchanged; what is added is what
/// a siren needs to know: who silenced it, whether it is being tested, and what was going on before a restart.
/// </summary>
internal sealed partial class FireDesk : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly Action<string>? _notice;
    private readonly FireStore? _store;
    private readonly FireClock _clock;
    private readonly Lock _gate = new();
    private readonly ChangeSink _changes = new();
    private readonly ChangeSink _zoneChanges = new();
    private readonly Dictionary<string, FireDevice> _devices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FireZone> _zones = new(StringComparer.Ordinal);
    private readonly List<(Siren Siren, List<FireZone> Zones)> _sirens = [];
    private readonly Dictionary<FireZone, SirenGroup> _groups = [];
    private readonly Func<bool> _knowsTime;
    private readonly Func<long, long?> _timeOfDay;
    private readonly long _proveBy;
    private bool _timeWasKnown;

    /// <summary>The desk of a gateway.</summary>
    /// <param name="config">Its devices, zones and sirens.</param>
    /// <param name="kinds">Kinds of device.</param>
    /// <param name="output">Makes the output of a siren.</param>
    /// <param name="store">What is remembered over a restart; null remembers nothing.</param>
    /// <param name="time">Clock.</param>
    /// <param name="notice">Told of stages, sirens and faults, as sentences.</param>
    /// <param name="knowsTime">Whether the time of day is known; null = always.</param>
    /// <param name="timeOfDay">A stamp of the clock as the lines sent are stamped, Unix ns; null when nobody knows. Null = by <paramref name="time"/>.</param>
    public FireDesk(
        EdgeConfig config,
        KindCatalog kinds,
        Func<PartConfig, OutputDriver> output,
        FireStore? store,
        TimeProvider time,
        Action<string>? notice,
        Func<bool>? knowsTime = null,
        Func<long, long?>? timeOfDay = null)
    {
        _time = time;
        _knowsTime = knowsTime ?? (static () => true);
        _timeOfDay = timeOfDay ?? (stamp => Nanoseconds(time.GetUtcNow() - time.GetElapsedTime(stamp)));
        _notice = notice is null ? null : Told;
        _store = store;
        foreach (var device in config.Devices)
        {
            if (kinds.Find(device.Kind) is { } kind && IsFire(kind))
            {
                AddDevice(config, device, kind);
            }
        }

        foreach (var siren in config.Sirens)
        {
            AddSiren(siren, output);
        }

        var memory = store?.Load();
        _clock = new FireClock(time, memory?.At ?? 0);
        _proveBy = _clock.Now + FireClock.Ns(ProofPatience);
        Restore(memory);
        Decide(_clock.Now);

        void Told(string text)
        {
            try
            {
                notice!(text);
            }
            catch (Exception)
            {
                // Words that cannot be written must not keep a siren still.
            }
        }
    }

    /// <summary>Stage of each zone; a fire device without a zone is a zone of its own, <c>device/ID</c>.</summary>
    public IReadOnlyDictionary<string, ZoneStage> Zones
    {
        get
        {
            lock (_gate)
            {
                return _zones.ToDictionary(z => z.Key, z => z.Value.Stage, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>Sirens and whether each sounds, as its output says itself; null when it does not say.</summary>
    public IReadOnlyDictionary<string, bool?> Sirens => _sirens.ToDictionary(s => s.Siren.Id, s => s.Siren.Sounds, StringComparer.Ordinal);

    /// <summary>The part that reports the sirens of a device's zone; null for what is no fire device, or has no siren.</summary>
    public Driver? PartOf(string device)
    {
        if (!_devices.TryGetValue(device, out var found) || found.Kind.IndexOf("siren_on") < 0 || !_groups.TryGetValue(found.Zone, out var group))
        {
            return null;
        }

        var part = new SirenPart(found.Zone.Name, group.Sirens);
        lock (_gate)
        {
            group.Parts.Add(part);
        }

        return part;
    }

    /// <summary>Drives the sirens for the first time. After every part was made.</summary>
    public void Start()
    {
        foreach (var (siren, _) in _sirens)
        {
            siren.Drive();
        }
    }

    /// <summary>Is shown a measurement before it is logged; true when the server must hear it now. The sirens have been told when this returns.</summary>
    public bool Measured(string device, DeviceKind kind, ReadOnlySpan<double> values, long timestamp)
    {
        if (!_devices.TryGetValue(device, out var found) || !ReferenceEquals(kind, found.Kind) || !found.HasDetection(values))
        {
            return false;
        }

        bool said;
        bool drive;
        string? words;
        lock (_gate)
        {
            var now = _clock.Now;
            var at = Math.Max(_clock.Of(timestamp), found.LastAt + 100);
            found.LastAt = at;
            _changes.Clear();
            found.Logic.Apply(found.Context, found.State, new ReadingView(at, Math.Max(at, now), values), _changes);
            said = !_changes.IsEmpty;
            var zone = found.Zone;
            var stage = zone.Stage;
            foreach (var signal in _changes.Signals)
            {
                zone.Apply(signal, timestamp, Cleared(_zoneChanges));
                if (signal.On && zone.Test is { } test)
                {
                    EndTest(zone, test, device, signal.Rule);
                }
            }

            if (zone.Unproven && zone.HasActive(device))
            {
                zone.Prove();
                said = true;
            }

            drive = said && Decide(now);
            words = stage != zone.Stage
                ? $"zone {zone.Name}: {Word(zone.Stage)}{(zone.Active.Count > 0 ? $" ({string.Join(", ", zone.Active)})" : "")}{(now < zone.MaintenanceUntil ? "; it is under test, its sirens keep still" : "")}"
                : null;
        }

        if (drive)
        {
            Drive();
        }

        if (said)
        {
            Remember();
        }

        if (words is not null)
        {
            _notice?.Invoke(words);
        }

        return said;
    }

    /// <summary>Each second: what time decides in the zones, ends of maintenance and tests, sirens that have to be tried again.</summary>
    public void Tick()
    {
        List<string>? words = null;
        if (!_timeWasKnown && _knowsTime())
        {
            _timeWasKnown = true;
            FollowAgain();
        }

        lock (_gate)
        {
            var now = _clock.Now;
            foreach (var zone in _zones.Values)
            {
                if (zone.Test is { } test && now >= test.Until)
                {
                    test.Ended.TrySetResult((null, $"nothing was seen within {TestWindow.TotalSeconds:0} s; look at its wiring and whether the right detector was tripped"));
                    zone.EndTest(now, Cleared(_zoneChanges));
                }

                if (now >= _proveBy && zone is { Unproven: true, Active.Count: > 0 })
                {
                    zone.Prove();
                    (words ??= []).Add($"zone {zone.Name}: {Word(zone.Stage)}, as before the restart: {string.Join(", ", zone.Active)} and no answer since");
                }

                if (zone.MaintenanceUntil != 0 && now >= zone.MaintenanceUntil)
                {
                    zone.MaintenanceUntil = 0;
                    (words ??= []).Add($"zone {zone.Name}: no longer under test, its sirens sound again");
                }

                if (zone.Tick(now, Cleared(_zoneChanges)))
                {
                    (words ??= []).Add($"zone {zone.Name}: {Word(zone.Stage)}{(zone.Stage == ZoneStage.Fire ? " (nobody acknowledged the pre-alarm)" : "")}");
                }
            }

            Decide(now);
        }

        foreach (var siren in InOrder())
        {
            siren.Tick();
        }

        if (words is null)
        {
            return;
        }

        Remember();
        foreach (var word in words)
        {
            _notice?.Invoke(word);
        }
    }

    /// <summary>Writes what is to be remembered and gives the outputs back as they stand.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.FlushAsync();
        }

        foreach (var (siren, _) in _sirens)
        {
            siren.Changed = null;
            try
            {
                await siren.DisposeAsync();
            }
            catch (Exception e)
            {
                // A reload goes on to make the next desk: without one there would be no siren at all.
                _notice?.Invoke($"{siren.Id}: {e.Message}");
            }
        }
    }

    /// <summary>What alarmed before a restart has this long to be measured again; after that its silence is no good news (fire.md).</summary>
    private static readonly TimeSpan ProofPatience = TimeSpan.FromSeconds(10);

    /// <summary>A kind whose rules have something to tell a zone.</summary>
    public static bool IsFire(DeviceKind kind) => kind.Name is "fire_detector" or "manual_call_point";

    /// <summary>A stage in one word.</summary>
    public static string Word(ZoneStage stage) => stage switch
    {
        ZoneStage.Quiet => "quiet",
        ZoneStage.PreAlarm => "pre-alarm",
        _ => "fire",
    };

    private static ChangeSink Cleared(ChangeSink sink)
    {
        sink.Clear();
        return sink;
    }

    private void AddDevice(EdgeConfig config, DeviceConfig device, DeviceKind kind)
    {
        var context = device.Zone is { } name ? ZoneContext.OfZone(name) : ZoneContext.OfDevice(device.Id);
        var key = context.Zone ?? context.Subject;
        if (!_zones.TryGetValue(key, out var zone))
        {
            if (config.Zones.TryGetValue(key, out var times))
            {
                context = context with
                {
                    AcknowledgeWithin = times.AcknowledgeWithin ?? context.AcknowledgeWithin,
                    Coincidence = times.Coincidence ?? context.Coincidence,
                };
            }

            _zones[key] = zone = new FireZone(context);
        }

        _devices[device.Id] = new FireDevice(device, kind, zone);
    }

    private void AddSiren(SirenConfig config, Func<PartConfig, OutputDriver> output)
    {
        var siren = new Siren(config.Id, output(config.Output), config.AtPreAlarm, _time) { Changed = OnSiren };
        var zones = _zones.Values.Where(z => config.Zones.Count == 0 || config.Zones.Contains(z.Name, StringComparer.Ordinal)).ToList();
        _sirens.Add((siren, zones));
        foreach (var zone in zones)
        {
            if (!_groups.TryGetValue(zone, out var group))
            {
                _groups[zone] = group = new SirenGroup([], []);
            }

            group.Sirens.Add(siren);
        }
    }

    /// <summary>Tells each siren what it should do; true when one should do something else than before. Under the lock, calls nobody.</summary>
    private bool Decide(long now)
    {
        var changed = false;
        foreach (var (siren, zones) in _sirens)
        {
            changed |= siren.Want(zones.Exists(z => z.Wants(siren, now)), zones.Exists(z => z.MayWant(siren, now)));
        }

        return changed;
    }

    private void Drive()
    {
        foreach (var siren in InOrder())
        {
            siren.Drive();
        }
    }

    /// <summary>Those that answer first: a call into a wedged bus takes a second, and the others must not wait for it.</summary>
    private IEnumerable<Siren> InOrder() => _sirens.Select(static s => s.Siren).OrderBy(static s => s.Fault.Fault != DeviceFault.None);

    /// <summary>A siren sounds, falls silent or fails: the fire devices of its zones report it.</summary>
    private void OnSiren(Siren siren)
    {
        List<SirenPart> parts;
        lock (_gate)
        {
            parts = [.. _groups.Values.Where(g => g.Sirens.Contains(siren)).SelectMany(g => g.Parts)];
        }

        var now = _time.GetTimestamp();
        foreach (var part in parts)
        {
            part.Attention?.Invoke(now);
        }

        var (_, words) = siren.Fault;
        _notice?.Invoke(words ?? $"{siren.Id}: {(siren.Sounds switch { true => "sounds", false => "is silent", _ => "cannot say what it does" })}");
    }

    private sealed record SirenGroup(List<Siren> Sirens, List<SirenPart> Parts);
}
