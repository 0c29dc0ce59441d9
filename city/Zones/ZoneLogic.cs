using System.Globalization;

namespace SmartCity.City;

/// <summary>
/// The two stages of fire.md. One detector makes a pre-alarm. It becomes a fire with a second detector while the first is in alarm
/// or within the coincidence time after, with smoke and heat together (even of one device), or when nobody acknowledges it in time;
/// a call point makes a fire at once. A fire never resolves itself: when all is quiet again for the coincidence time its
/// <see cref="AlertChangeKind.Cleared"/> is a suggestion, and so is a pre-alarm's.
/// <para>
/// Coincidence is judged by measured times, the acknowledgement by the times of arrival, because nobody can acknowledge what has
/// not arrived. The zone's clock is the time of arrival of what it hears, and ticks; a step first does what was due before it, so
/// the outcome does not depend on when a tick came.
/// </para>
/// </summary>
public static partial class ZoneLogic
{
    /// <summary>The name of the pre-alarm's rule and kind.</summary>
    public const string PreAlarm = "fire-prealarm";

    /// <summary>The name of the fire's rule and kind.</summary>
    public const string Fire = "fire";

    /// <summary>The alert a zone in pre-alarm has open, or null.</summary>
    public static string? OpenPreAlarm(ZoneContext zone, ZoneState state) =>
        Checked(zone, state).Phase == ZonePhase.PreAlarm ? AlertIds.Make(zone.Subject, PreAlarm, state.PreAlarmOnset) : null;

    /// <summary>The alert a zone on fire has open, or null.</summary>
    public static string? OpenFire(ZoneContext zone, ZoneState state) =>
        Checked(zone, state).Phase == ZonePhase.Fire ? AlertIds.Make(zone.Subject, Fire, state.FireOnset) : null;

    /// <summary>Takes one signal.</summary>
    public static void Apply(ZoneContext zone, ZoneState state, in ZoneSignal signal, ChangeSink changes)
    {
        Checked(zone, state);
        ArgumentNullException.ThrowIfNull(changes);
        Advance(zone, state, signal.ReceivedAt, changes);
        switch (signal.Kind)
        {
            case ZoneSignalKind.Acknowledged:
                state.Acknowledged |= state.Phase == ZonePhase.PreAlarm;
                break;
            case ZoneSignalKind.Reset:
                Reset(zone, state, signal, changes);
                break;
            default:
                if (signal.On)
                {
                    Began(zone, state, signal, changes);
                }
                else if (Find(state, signal) is var place and >= 0 && state.Seen[place].Until == 0)
                {
                    Ended(zone, state, ref state.Seen[place], signal);
                }

                break;
        }
    }

    /// <summary>Would <see cref="Tick"/> change anything? Reads only.</summary>
    public static bool IsDue(ZoneContext zone, ZoneState state, long now)
    {
        Checked(zone, state);
        return state.Phase != ZonePhase.Quiet && (TimedOut(state, now, QuietAt(zone, state)) || QuietAt(zone, state) < now);
    }

    /// <summary>Time passed.</summary>
    /// <param name="zone">The zone.</param>
    /// <param name="state">Its state.</param>
    /// <param name="now">Unix ns; while a reader has a backlog, the time of arrival of the last frame it has read.</param>
    /// <param name="changes">What follows.</param>
    public static void Tick(ZoneContext zone, ZoneState state, long now, ChangeSink changes)
    {
        Checked(zone, state);
        ArgumentNullException.ThrowIfNull(changes);
        Advance(zone, state, now, changes);
    }

    private static void Advance(ZoneContext zone, ZoneState state, long now, ChangeSink changes)
    {
        if (state.Phase == ZonePhase.Quiet)
        {
            return;
        }

        var quietAt = QuietAt(zone, state);
        if (TimedOut(state, now, quietAt))
        {
            var onset = state.PreAlarmOnset + Ns(zone.AcknowledgeWithin);
            Confirm(zone, state, onset, "nobody acknowledged the pre-alarm in time", default, state.Deadline, changes);
        }

        if (quietAt < now)
        {
            var ended = quietAt - Ns(zone.Coincidence);
            var fire = state.Phase == ZonePhase.Fire;
            var onset = fire ? state.FireOnset : state.PreAlarmOnset;
            changes.Add(Change(zone, fire, onset) with
            {
                What = AlertChangeKind.Cleared,
                Cause = Causes.Cleared(ended),
                MeasuredAt = ended,
                ReceivedAt = now,
                Historical = state.HeardAt > ended,
                Detail = "everything seen has ended",
            });
            state.Quieten();
        }
    }

    private static bool TimedOut(ZoneState state, long now, long quietAt) =>
        state.Phase == ZonePhase.PreAlarm && !state.Acknowledged && state.Deadline <= now && state.Deadline <= quietAt;

    /// <summary>When the zone may go quiet: the coincidence time after the last thing ended; never while one goes on.</summary>
    private static long QuietAt(ZoneContext zone, ZoneState state)
    {
        long ended = 0;
        foreach (var one in state.Seen)
        {
            if (one.Device is not null)
            {
                if (one.Until == 0)
                {
                    return long.MaxValue;
                }

                ended = Math.Max(ended, one.Until);
            }
        }

        return ended + Ns(zone.Coincidence);
    }

    private static void Began(ZoneContext zone, ZoneState state, in ZoneSignal signal, ChangeSink changes)
    {
        var known = Find(state, signal) is var place and >= 0 && IsOfEpisode(zone, state, state.Seen[place]);
        var partner = Partner(zone, state, signal);
        Remember(state, signal);
        if (state.Phase == ZonePhase.Fire)
        {
            if (!known)
            {
                Seen(zone, state, signal, changes);
            }

            return;
        }

        if (signal.Kind == ZoneSignalKind.CallPoint)
        {
            Confirm(zone, state, signal.MeasuredAt, "manual call point", signal, signal.ReceivedAt, changes);
        }
        else if (partner is { } other)
        {
            var why = string.Equals(other.Device, signal.Device, StringComparison.Ordinal) ? "smoke and heat together" : "second detector in the zone";
            Confirm(zone, state, Math.Max(signal.MeasuredAt, other.Since), why, signal, signal.ReceivedAt, changes);
        }
        else if (state.Phase == ZonePhase.Quiet)
        {
            state.Phase = ZonePhase.PreAlarm;
            state.PreAlarmOnset = signal.MeasuredAt;
            state.HeardAt = HeardAt(signal, signal.ReceivedAt);
            state.Deadline = Math.Max(signal.MeasuredAt, signal.ReceivedAt) + Ns(zone.AcknowledgeWithin);
            changes.Add(About(Change(zone, fire: false, signal.MeasuredAt), signal));
        }
        else if (!known)
        {
            Seen(zone, state, signal, changes);
        }
    }

    /// <summary>Another detector, or smoke for heat and heat for smoke, near enough in time.</summary>
    private static (string Device, long Since, bool Current)? Partner(ZoneContext zone, ZoneState state, in ZoneSignal signal)
    {
        var within = Ns(zone.Coincidence);
        (string Device, long Since, bool Current)? best = null;
        foreach (var one in state.Seen)
        {
            if (one.Device is null || (string.Equals(one.Device, signal.Device, StringComparison.Ordinal) && one.Kind == signal.Kind))
            {
                continue;
            }

            // A stamp of a clock that was set back says nothing about what is going on now, and that is near enough. What has ended is judged by the stamps.
            var current = IsOfEpisode(zone, state, one);
            var otherUntil = one.Until == 0 ? long.MaxValue - within : one.Until;
            var until = signal.Late && !current ? signal.MeasuredAt : long.MaxValue - within;
            if (signal.MeasuredAt <= otherUntil + within && one.Since <= until + within)
            {
                // What belongs to the alert that stands is a better partner than something of the past.
                if (best is null || (current && !best.Value.Current))
                {
                    best = (one.Device, one.Since, current);
                }
            }
        }

        return best;
    }

    private static void Confirm(ZoneContext zone, ZoneState state, long onset, string why, in ZoneSignal signal, long receivedAt, ChangeSink changes)
    {
        var fire = Change(zone, fire: true, onset);
        if (state.PreAlarmOnset != 0)
        {
            changes.Add(Change(zone, fire: false, state.PreAlarmOnset) with
            {
                What = AlertChangeKind.Cleared,
                Cause = string.Create(CultureInfo.InvariantCulture, $"confirmed@{onset}"),
                Device = signal.Device ?? zone.Device,
                MeasuredAt = onset,
                ReceivedAt = receivedAt,
                AutoResolve = true, // its fire stands in its place
                Detail = $"became fire {fire.AlertId}: {why}",
            });
        }
        else
        {
            state.HeardAt = HeardAt(signal, receivedAt);
        }

        state.Phase = ZonePhase.Fire;
        state.FireOnset = onset;
        changes.Add(fire with
        {
            Device = signal.Device ?? zone.Device,
            Value = signal.Device is null ? null : Causes.Known(signal.Value),
            Threshold = signal.Device is null ? null : Causes.Known(signal.Threshold),
            ReceivedAt = receivedAt,
            Detail = Causes.Detail(why, Witnesses(zone, state), Causes.Words(signal.Faults)),
        });
    }

    private static void Seen(ZoneContext zone, ZoneState state, in ZoneSignal signal, ChangeSink changes)
    {
        var fire = state.Phase == ZonePhase.Fire;
        changes.Add(About(Change(zone, fire, fire ? state.FireOnset : state.PreAlarmOnset), signal) with
        {
            What = AlertChangeKind.Updated,
            Cause = string.Create(CultureInfo.InvariantCulture, $"seen:{signal.Device}/{signal.Rule}@{signal.MeasuredAt}"),
        });
    }

    /// <summary>What it ends is history when it was over before the zone heard of it, and nobody else saw anything.</summary>
    private static void Ended(ZoneContext zone, ZoneState state, ref Evidence one, in ZoneSignal signal)
    {
        var (device, rule) = (signal.Device, signal.Rule);
        var alone = state.HeardAt == one.Since && !Array.Exists(
            state.Seen,
            e => IsOfEpisode(zone, state, e) && !(string.Equals(e.Device, device, StringComparison.Ordinal) && string.Equals(e.Rule, rule, StringComparison.Ordinal)));
        one.Until = Math.Max(signal.MeasuredAt, one.Since);
        if (signal.Late && alone)
        {
            state.HeardAt = Math.Max(signal.ReceivedAt, one.Until + 1);
        }
    }

    /// <summary>When the zone heard of it, by the clock that stamps its end: one that was set back would make every end an old story.</summary>
    private static long HeardAt(in ZoneSignal signal, long receivedAt) => signal.Late ? signal.MeasuredAt : receivedAt;

    private static AlertChange About(AlertChange change, in ZoneSignal signal) => change with
    {
        Device = signal.Device,
        Value = Causes.Known(signal.Value),
        Threshold = Causes.Known(signal.Threshold),
        MeasuredAt = signal.MeasuredAt,
        ReceivedAt = signal.ReceivedAt,
        Detail = Causes.Detail(Words(signal.Device, signal.Rule, signal.MeasuredAt), Causes.Words(signal.Faults)),
    };

    private static AlertChange Change(ZoneContext zone, bool fire, long onset)
    {
        var name = fire ? Fire : PreAlarm;
        return new AlertChange
        {
            AlertId = AlertIds.Make(zone.Subject, name, onset),
            What = AlertChangeKind.Raised,
            Cause = "raised",
            Kind = name,
            Severity = fire ? Severity.Critical : Severity.Major,
            Device = zone.Device,
            Zone = zone.Zone,
            Rule = name,
            MeasuredAt = onset,
            ReceivedAt = onset,
            AutoResolve = false,
        };
    }

    private static void Remember(ZoneState state, in ZoneSignal signal)
    {
        var place = Find(state, signal);
        if (place < 0)
        {
            place = Room(state);
        }
        state.Seen[place] = new Evidence
        {
            Device = signal.Device,
            Rule = signal.Rule,
            Kind = signal.Kind,
            Since = signal.MeasuredAt,
        };
    }

    private static int Find(ZoneState state, in ZoneSignal signal)
    {
        for (var i = 0; i < state.Seen.Length; i++)
        {
            ref readonly var one = ref state.Seen[i];
            if (one.Device is not null && string.Equals(one.Device, signal.Device, StringComparison.Ordinal)
                && string.Equals(one.Rule, signal.Rule, StringComparison.Ordinal) && one.Kind == signal.Kind)
            {
                return i;
            }
        }

        return -1;
    }

    private static int Room(ZoneState state)
    {
        var best = 0;
        for (var i = 0; i < state.Seen.Length; i++)
        {
            if (state.Seen[i].Device is null)
            {
                return i;
            }

            var (candidate, chosen) = (state.Seen[i], state.Seen[best]);
            if ((candidate.Until != 0, -candidate.Since).CompareTo((chosen.Until != 0, -chosen.Since)) > 0)
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>Does it belong to the alert that stands? What ended longer ago is kept only for news that arrive late.</summary>
    private static bool IsOfEpisode(ZoneContext zone, ZoneState state, in Evidence one)
    {
        var start = state.PreAlarmOnset != 0 ? state.PreAlarmOnset : state.FireOnset;
        return state.Phase != ZonePhase.Quiet && one.Device is not null && (one.Until == 0 || one.Until >= start - Ns(zone.Coincidence));
    }

    private static string? Witnesses(ZoneContext zone, ZoneState state) =>
        Causes.Detail([.. state.Seen
            .Where(e => IsOfEpisode(zone, state, e))
            .OrderBy(e => e.Since)
            .Select(e => Words(e.Device!, e.Rule, e.Since))]);

    private static string Words(string device, string rule, long at) =>
        string.Create(CultureInfo.InvariantCulture, $"{device} {rule} at {DateTimeOffset.UnixEpoch.AddTicks(at / 100):yyyy-MM-ddTHH:mm:ss.fffZ}");

    private static long Ns(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    private static ZoneState Checked(ZoneContext zone, ZoneState state)
    {
        ArgumentNullException.ThrowIfNull(zone);
        ArgumentNullException.ThrowIfNull(state);
        return state;
    }
}
