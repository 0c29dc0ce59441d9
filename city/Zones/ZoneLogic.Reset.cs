namespace SmartCity.City;

/// <content>A zone begins anew because an officer says so.</content>
public static partial class ZoneLogic
{
    private const string StillInAlarm = "still in alarm after the reset";

    /// <summary>Forgets what devices saw that are no longer in the zone: they will never say that it ended, and no reset would be the last.</summary>
    /// <param name="state">The zone's state.</param>
    /// <param name="isThere">Whether a device is in the zone.</param>
    public static void Forget(ZoneState state, Func<string, bool> isThere)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(isThere);
        foreach (ref var one in state.Seen.AsSpan())
        {
            if (one.Device is not null && !isThere(one.Device))
            {
                one = default;
            }
        }
    }

    /// <summary>What has ended counts no more. What goes on is a new alarm from now on, as a fire panel does it: an officer who was wrong hears of it at once.</summary>
    private static void Reset(ZoneContext zone, ZoneState state, in ZoneSignal signal, ChangeSink changes)
    {
        // Never the moment of the alert that was reset, whatever the clocks say: the same moment would be the same alert.
        var at = Math.Max(signal.MeasuredAt, Math.Max(state.PreAlarmOnset, state.FireOnset) + 1);
        state.Quieten();
        Evidence? first = null;
        var fire = false;
        var pressed = false;
        foreach (ref var one in state.Seen.AsSpan())
        {
            if (one.Device is null || one.Until != 0)
            {
                one = default;
                continue;
            }

            pressed |= one.Kind == ZoneSignalKind.CallPoint;
            fire |= pressed || (first is { } other && (other.Kind != one.Kind || !string.Equals(other.Device, one.Device, StringComparison.Ordinal)));
            if (first is null || (one.Kind == ZoneSignalKind.CallPoint && first.Value.Kind != ZoneSignalKind.CallPoint))
            {
                first = one;
            }

            one.Since = at;
        }

        if (first is not { } going)
        {
            return;
        }

        var again = new ZoneSignal(going.Kind, true, going.Device!, going.Rule!, at, signal.ReceivedAt);
        if (fire)
        {
            Confirm(zone, state, at, pressed ? $"manual call point, {StillInAlarm}" : StillInAlarm, again, signal.ReceivedAt, changes);
            return;
        }

        state.Phase = ZonePhase.PreAlarm;
        state.PreAlarmOnset = at;
        state.HeardAt = signal.ReceivedAt;
        state.Deadline = Math.Max(at, signal.ReceivedAt) + Ns(zone.AcknowledgeWithin);
        var raised = About(Change(zone, fire: false, at), again);
        changes.Add(raised with { Detail = Causes.Detail(StillInAlarm, raised.Detail) });
    }
}
