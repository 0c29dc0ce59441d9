using System.Buffers;
using SmartCity.City;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Fire;

/// <summary>
/// Fire zones without a server: every reading of a fire device goes through the city's own rules here, on the thread that measured it
/// and before it is logged, and the zone's sirens follow. The rules are those of <c>city/</c>, unchanged; what is added is what
/// a siren needs to know: who silenced it, whether it is being tested, and what was going on before a restart.
/// </summary>
internal sealed class FireDesk : IAsyncDisposable
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

    /// <summary>The desk of a gateway.</summary>
    /// <param name="config">Its devices, zones and sirens.</param>
    /// <param name="kinds">Kinds of device.</param>
    /// <param name="output">Makes the output of a siren.</param>
    /// <param name="store">What is remembered over a restart; null remembers nothing.</param>
    /// <param name="time">Clock.</param>
    /// <param name="notice">Told of stages, sirens and faults, as sentences.</param>
    public FireDesk(EdgeConfig config, KindCatalog kinds, Func<PartConfig, OutputDriver> output, FireStore? store, TimeProvider time, Action<string>? notice)
    {
        _time = time;
        _notice = notice;
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
        Restore(memory);
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
        group.Parts.Add(part);
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
                zone.Apply(signal, Cleared(_zoneChanges));
                if (signal.On && zone.Test is { } test && string.Equals(test.Device, device, StringComparison.Ordinal))
                {
                    test.Seen.TrySetResult(signal.Rule);
                }
            }

            if (zone.Unproven && zone.HasActive(device))
            {
                zone.Prove();
                said = true;
            }

            drive = said && Decide(now);
            words = stage != zone.Stage ? $"zone {zone.Name}: {Word(zone.Stage)}{(zone.Active.Count > 0 ? $" ({string.Join(", ", zone.Active)})" : "")}" : null;
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

    /// <summary>Follows a desired document: times of zones, zones under test, and thresholds of devices. What it does not say is as configured.</summary>
    public void Use(DesiredDocument document)
    {
        lock (_gate)
        {
            foreach (var zone in _zones.Values)
            {
                var said = document.Zones.GetValueOrDefault(zone.Name);
                zone.Retime(said?.AcknowledgeWithin, said?.Coincidence);
            }

            foreach (var device in _devices.Values)
            {
                device.Use(document.Thresholds.GetValueOrDefault(device.Context.Id));
            }
        }

        foreach (var zone in _zones.Keys)
        {
            SetMaintenance(zone, document.Zones.GetValueOrDefault(zone)?.TestUntil);
        }
    }

    /// <summary>A zone is under test until then (a desired document's word): its sirens keep still. Null or the past ends it.</summary>
    /// <param name="zone">The zone; one that this gateway does not have is ignored.</param>
    /// <param name="until">By the time of day.</param>
    public void SetMaintenance(string zone, DateTimeOffset? until)
    {
        bool drive;
        lock (_gate)
        {
            if (!_zones.TryGetValue(zone, out var found))
            {
                return;
            }

            var left = until - _time.GetUtcNow();
            found.MaintenanceUntil = left > TimeSpan.Zero ? _clock.Now + FireClock.Ns(left.Value < LongestMaintenance ? left.Value : LongestMaintenance) : 0;
            drive = Decide(_clock.Now);
        }

        if (drive)
        {
            Drive();
        }
    }

    /// <summary>Whether the server has this zone under test now.</summary>
    public bool InMaintenance(string zone)
    {
        lock (_gate)
        {
            return _zones.TryGetValue(zone, out var found) && found.MaintenanceUntil > _clock.Now;
        }
    }

    /// <summary>Somebody looks after a zone's pre-alarm: it no longer becomes a fire by itself.</summary>
    public void Acknowledge(string zone)
    {
        lock (_gate)
        {
            if (_zones.TryGetValue(zone, out var found) && found.Stage == ZoneStage.PreAlarm)
            {
                found.Acknowledge(_clock.Now, Cleared(_zoneChanges));
            }
        }

        Remember();
    }

    /// <summary>Silences the sirens of a zone until a new detector alarms there or it gets worse; the alarm itself stands.</summary>
    /// <param name="what">A zone, a device in it, or a siren; null for all zones.</param>
    public (bool Done, string Detail) Silence(string? what)
    {
        List<string> silenced = [];
        lock (_gate)
        {
            var zones = ZonesOf(what);
            if (zones is null)
            {
                return (false, $"there is no zone, fire device or siren '{what}'");
            }

            var now = _clock.Now;
            foreach (var zone in zones.Where(z => z.Stage != ZoneStage.Quiet))
            {
                zone.Silence(now, Cleared(_zoneChanges));
                silenced.Add(zone.Name);
            }

            Decide(now);
        }

        if (silenced.Count == 0)
        {
            return (true, "nothing was sounding");
        }

        Drive();
        Remember();
        var detail = $"silenced until a new detector alarms: {string.Join(", ", silenced)}; the alarm stands";
        _notice?.Invoke(detail);
        return (true, detail);
    }

    /// <summary>Each second: what time decides in the zones, ends of maintenance and tests, sirens that have to be tried again.</summary>
    public void Tick()
    {
        List<string>? words = null;
        lock (_gate)
        {
            var now = _clock.Now;
            foreach (var zone in _zones.Values)
            {
                if (zone.Test is { } test && now >= test.Until)
                {
                    test.Seen.TrySetResult("");
                    zone.EndTest(now, Cleared(_zoneChanges));
                }

                if (zone.Tick(now, Cleared(_zoneChanges)))
                {
                    (words ??= []).Add($"zone {zone.Name}: {Word(zone.Stage)}{(zone.Stage == ZoneStage.Fire ? " (nobody acknowledged the pre-alarm)" : "")}");
                }
            }

            Decide(now);
        }

        foreach (var (siren, _) in _sirens)
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

    /// <summary>Sounds sirens for a moment.</summary>
    /// <param name="what">A siren, a fire device or a zone; null for all sirens.</param>
    /// <param name="length">How long, at most 5 s.</param>
    /// <param name="cancel">Ends it early.</param>
    public async Task<(bool Done, string Detail)> TestSirenAsync(string? what, TimeSpan length, CancellationToken cancel)
    {
        length = length < LongestPulse ? length : LongestPulse;
        List<Siren> sirens;
        lock (_gate)
        {
            var one = _sirens.Where(s => s.Siren.Id == what).Select(s => s.Siren).ToList();
            var zones = one.Count == 0 ? ZonesOf(what) : [];
            sirens = one.Count > 0 ? one : [.. _sirens.Where(s => what is null || zones?.Exists(s.Zones.Contains) == true).Select(s => s.Siren)];
        }

        if (sirens.Count == 0)
        {
            return (false, what is null ? "this gateway has no siren" : $"there is no siren '{what}', nor one for a zone or device of that name");
        }

        var results = await Task.WhenAll(sirens.Select(async s => (s.Id, Result: await s.PulseAsync(length, cancel))));
        return (
            Array.TrueForAll(results, r => r.Result.Fault is null && r.Result.Sounded != false),
            string.Join("; ", results.Select(r => r.Result.Fault ?? $"{r.Id} was on for {length.TotalSeconds:0.#} s{(r.Result.Sounded is null ? " (its output cannot be read back)" : ", read back")}; did you hear it?")));
    }

    /// <summary>Opens a test window of a fire device's zone: a short pulse, then the technician trips the detector.</summary>
    public async Task<(bool Done, string Detail)> TestFireAsync(string? device, CancellationToken cancel)
    {
        FireTest test;
        FireDevice? found;
        List<Siren> sirens;
        var begun = _time.GetTimestamp();
        lock (_gate)
        {
            if (device is null || !_devices.TryGetValue(device, out found))
            {
                return (false, $"there is no fire device '{device}'; known are {string.Join(", ", _devices.Keys)}");
            }

            if (found.Zone.Test is not null || found.Zone.Stage != ZoneStage.Quiet)
            {
                return (false, $"zone {found.Zone.Name} is not quiet ({Word(found.Zone.Stage)}{(found.Zone.Test is null ? "" : ", a test is under way")}); a test begins when it is");
            }

            test = new FireTest(device, _clock.Now + FireClock.Ns(TestWindow));
            found.Zone.Test = test;
            sirens = _groups.TryGetValue(found.Zone, out var group) ? [.. group.Sirens] : [];
        }

        _notice?.Invoke($"zone {found.Zone.Name}: fire test of {device}, {TestWindow.TotalSeconds:0} s");
        await PulseAsync(sirens, Pulse, cancel);
        var rule = await test.Seen.Task.WaitAsync(cancel);
        if (rule.Length == 0)
        {
            return (false, $"{device}: nothing was seen within {TestWindow.TotalSeconds:0} s; look at its wiring and whether the right detector was tripped");
        }

        var after = _time.GetElapsedTime(begun);
        var pulses = await PulseAsync(sirens, Pulse * 2, cancel);
        var marked = found.Zone.Context.Zone is { } zone && InMaintenance(zone)
            ? "the city has this zone under test"
            : "the city was not told of a test: it sees this as an alarm";
        return (
            pulses.TrueForAll(p => p.Fault is null && p.Sounded != false),
            $"{device}: {rule} seen after {after.TotalSeconds:0.0} s; {(pulses.Count == 0 ? "this zone has no siren" : string.Join(", ", pulses.Select(p => p.Fault ?? "siren pulsed")))}; {marked}");
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
            await siren.DisposeAsync();
        }
    }

    /// <summary>Longer than any maintenance; a document that says more is taken to mean this.</summary>
    private static readonly TimeSpan LongestMaintenance = TimeSpan.FromDays(7);

    private static readonly TimeSpan LongestPulse = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TestWindow = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pulse = TimeSpan.FromMilliseconds(500);

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

    private static async Task<List<(bool? Sounded, string? Fault)>> PulseAsync(List<Siren> sirens, TimeSpan length, CancellationToken cancel) =>
        [.. await Task.WhenAll(sirens.Select(s => s.PulseAsync(length, cancel)))];

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

    private List<FireZone>? ZonesOf(string? what)
    {
        if (what is null)
        {
            return [.. _zones.Values];
        }

        if (_zones.TryGetValue(what, out var zone))
        {
            return [zone];
        }

        return _devices.TryGetValue(what, out var device) ? [device.Zone] : _sirens.Find(s => s.Siren.Id == what).Zones;
    }

    /// <summary>Tells each siren what it should do; true when one should do something else than before. Under the lock, calls nobody.</summary>
    private bool Decide(long now)
    {
        var changed = false;
        foreach (var (siren, zones) in _sirens)
        {
            changed |= siren.Want(zones.Exists(z => z.Wants(siren, now)));
        }

        return changed;
    }

    private void Drive()
    {
        foreach (var (siren, _) in _sirens)
        {
            siren.Drive();
        }
    }

    /// <summary>A siren sounds, falls silent or fails: the fire devices of its zones report it.</summary>
    private void OnSiren(Siren siren)
    {
        var (_, words) = siren.Fault;
        _notice?.Invoke(words ?? $"{siren.Id}: {(siren.Sounds switch { true => "sounds", false => "is silent", _ => "cannot say what it does" })}");
        var now = _time.GetTimestamp();
        foreach (var group in _groups.Values.Where(g => g.Sirens.Contains(siren)))
        {
            foreach (var part in group.Parts)
            {
                part.Attention?.Invoke(now);
            }
        }
    }

    private void Remember() => _store?.Save(Memory);

    private FireMemory Memory()
    {
        lock (_gate)
        {
            var zones = _zones.Values.Where(z => !z.IsAtRest).ToDictionary(
                z => z.Name,
                z => new ZoneMemory(Base64(z.State.Write), [.. z.Active], [.. z.Heard], z.SilencedAt),
                StringComparer.Ordinal);
            var devices = _devices.Values.Where(d => d.Zone.HasActive(d.Context.Id)).ToDictionary(
                d => d.Context.Id, d => Base64(d.State.Write), StringComparer.Ordinal);
            return new FireMemory(_clock.Now, zones, devices);
        }
    }

    private void Restore(FireMemory? memory)
    {
        foreach (var (name, remembered) in memory?.Zones ?? new Dictionary<string, ZoneMemory>(StringComparer.Ordinal))
        {
            if (_zones.TryGetValue(name, out var zone) && Bytes(remembered.State) is { } bytes && ZoneState.TryRead(bytes) is { } state)
            {
                zone.Restore(state, remembered.Active ?? [], remembered.Heard ?? [], remembered.SilencedAt);
            }
        }

        foreach (var (id, snapshot) in memory?.Devices ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (_devices.TryGetValue(id, out var device) && Bytes(snapshot) is { } bytes && DeviceState.TryRead(bytes, device.Kind) is { } state)
            {
                device.State = state;
                device.LastAt = state.LastMeasured;
            }
        }
    }

    private static string Base64(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return Convert.ToBase64String(buffer.WrittenSpan);
    }

    private static byte[]? Bytes(string? base64)
    {
        var bytes = new byte[(base64?.Length ?? 0)];
        return base64 is not null && Convert.TryFromBase64String(base64, bytes, out var count) ? bytes[..count] : null;
    }

    private sealed record SirenGroup(List<Siren> Sirens, List<SirenPart> Parts);
}
