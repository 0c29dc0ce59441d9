namespace SmartCity.Edge.Fire;

/// <content>What people do at the gateway and by command: silence and tests.</content>
internal sealed partial class FireDesk
{
    private static readonly TimeSpan LongestPulse = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TestWindow = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pulse = TimeSpan.FromMilliseconds(500);

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
        var (rule, failure) = await test.Ended.Task.WaitAsync(cancel);
        if (failure is not null)
        {
            return (false, $"{device}: {failure}");
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

    private static async Task<List<(bool? Sounded, string? Fault)>> PulseAsync(List<Siren> sirens, TimeSpan length, CancellationToken cancel) =>
        [.. await Task.WhenAll(sirens.Select(s => s.PulseAsync(length, cancel)))];

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

    /// <summary>The detector under test alarms, or another one does: that is no test, and its siren sounds.</summary>
    private static void EndTest(FireZone zone, FireTest test, string device, string rule)
    {
        if (string.Equals(test.Device, device, StringComparison.Ordinal))
        {
            test.Ended.TrySetResult((rule, null));
            return;
        }

        zone.Test = null;
        test.Ended.TrySetResult((null, $"{device} alarmed meanwhile ({rule}); the test is over and the alarm counts"));
    }
}
