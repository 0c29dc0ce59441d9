using SmartCity.City;

namespace SmartCity.Edge.Fire;

/// <content>What the city desires: times, thresholds, tests, and what officers said.</content>
internal sealed partial class FireDesk
{
    /// <summary>Longer than any maintenance; a document that says more is taken to mean this.</summary>
    private static readonly TimeSpan LongestMaintenance = TimeSpan.FromDays(7);

    /// <summary>Follows a desired document: times of zones, zones under test, and thresholds of devices. What it does not say is as configured.</summary>
    public void Use(DesiredDocument document)
    {
        lock (_gate)
        {
            foreach (var zone in _zones.Values)
            {
                zone.Said = zone.Context.Device is { } alone ? document.Alone.GetValueOrDefault(alone) : document.Zones.GetValueOrDefault(zone.Name);
                zone.TestUntil = zone.Said?.TestUntil;
                zone.Retime(zone.Said?.AcknowledgeWithin, zone.Said?.Coincidence);
            }

            foreach (var device in _devices.Values)
            {
                device.Use(document.Thresholds.GetValueOrDefault(device.Context.Id));
            }
        }

        FollowAgain();
    }

    /// <summary>A zone is under test until then (a desired document's word): its sirens keep still. Null or the past ends it.</summary>
    /// <param name="zone">The zone; one that this gateway does not have is ignored.</param>
    /// <param name="until">By the time of day.</param>
    public void SetMaintenance(string zone, DateTimeOffset? until)
    {
        bool drive;
        string? words = null;
        lock (_gate)
        {
            if (!_zones.TryGetValue(zone, out var found))
            {
                return;
            }

            // Nobody knows what has ended while the time is not known: then a siren that sounds in a test is the smaller evil.
            var left = _knowsTime() ? until - _time.GetUtcNow() : null;
            var was = found.MaintenanceUntil != 0;
            found.TestUntil = until;
            found.MaintenanceUntil = left > TimeSpan.Zero ? _clock.Now + FireClock.Ns(left.Value < LongestMaintenance ? left.Value : LongestMaintenance) : 0;
            if (found.MaintenanceUntil != 0 != was)
            {
                words = was
                    ? $"zone {zone}: no longer under test, its sirens sound again"
                    : FormattableString.Invariant($"zone {zone}: the city has it under test, its sirens keep still for {Math.Min(left!.Value.TotalMinutes, LongestMaintenance.TotalMinutes):0} min");
            }

            drive = Decide(_clock.Now);
        }

        if (drive)
        {
            Drive();
        }

        if (words is not null)
        {
            _notice?.Invoke(words);
        }
    }

    /// <summary>A new document, or the time is known now: what the city said of tests and officers counts.</summary>
    private void FollowAgain()
    {
        foreach (var zone in _zones.Values)
        {
            SetMaintenance(zone.Name, zone.TestUntil);
            FollowOfficers(zone);
        }
    }

    /// <summary>Does what officers said of a zone, each act once: it is remembered together with what came of it.</summary>
    private void FollowOfficers(FireZone zone)
    {
        bool drive;
        List<string> words = [];
        lock (_gate)
        {
            // An act is about what had begun by its mark. While nobody knows the time, nobody knows what that is: it waits.
            var marks = new OfficerMarks(Nanoseconds(zone.Said?.Acknowledged), Nanoseconds(zone.Said?.ResetAt));
            var (acknowledged, reset) = (marks.Acknowledged > zone.Followed.Acknowledged, marks.Reset > zone.Followed.Reset);
            if ((!acknowledged && !reset) || !_knowsTime())
            {
                return;
            }

            // Marks grow from act to act, so they also say which came first.
            if (acknowledged && marks.Acknowledged < marks.Reset)
            {
                FollowAcknowledgement(zone, marks.Acknowledged, words);
                acknowledged = false;
            }

            if (reset)
            {
                FollowReset(zone, marks.Reset, words);
            }

            if (acknowledged)
            {
                FollowAcknowledgement(zone, marks.Acknowledged, words);
            }

            zone.Followed = new OfficerMarks(Math.Max(marks.Acknowledged, zone.Followed.Acknowledged), Math.Max(marks.Reset, zone.Followed.Reset));
            drive = Decide(_clock.Now);
        }

        if (drive)
        {
            Drive();
        }

        Remember();
        foreach (var word in words)
        {
            _notice?.Invoke(word);
        }
    }

    private void FollowAcknowledgement(FireZone zone, long mark, List<string> words)
    {
        if (zone.Stage != ZoneStage.PreAlarm)
        {
            return;
        }

        if (zone.BeganAfter(mark, _timeOfDay) is { } later)
        {
            words.Add($"zone {zone.Name}: an officer acknowledged an earlier pre-alarm, not that of {later}; this one still waits for somebody");
            return;
        }

        zone.Acknowledge(_clock.Now, Cleared(_zoneChanges));
        words.Add($"zone {zone.Name}: an officer acknowledged the pre-alarm");
    }

    private void FollowReset(FireZone zone, long mark, List<string> words)
    {
        if (zone.Stage == ZoneStage.Quiet)
        {
            return;
        }

        if (zone.BeganAfter(mark, _timeOfDay) is { } later)
        {
            words.Add($"zone {zone.Name}: an officer reset what was before {later} alarmed; the zone is not reset");
            return;
        }

        zone.Reset(_clock.Now, Cleared(_zoneChanges));
        words.Add(zone.Active.Count == 0
            ? $"zone {zone.Name}: reset by an officer"
            : $"zone {zone.Name}: reset by an officer, and still in alarm: {string.Join(", ", zone.Active)}");
    }

    private static long Nanoseconds(DateTimeOffset? moment) => moment is { } known ? (known - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick : 0;

    /// <summary>Whether the server has this zone under test now.</summary>
    public bool InMaintenance(string zone)
    {
        lock (_gate)
        {
            return _zones.TryGetValue(zone, out var found) && found.MaintenanceUntil > _clock.Now;
        }
    }
}
