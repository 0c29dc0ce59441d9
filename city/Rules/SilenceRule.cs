namespace SmartCity.City;

/// <summary>
/// Nothing heard for <c>intervals</c> reporting intervals (three, by fire.md). Judged by ticks alone, and only when the reader has
/// caught up and both the device and the host had that long. The onset is the last measured time plus the limit, so that it is
/// the same whoever notices, and when. Any newer reading ends it. A device that never reported is counted from its registration: a
/// detector that was never connected must not look like a quiet one.
/// <para>With <c>circuit: held</c> the silence of all devices of a gateway is one alert (<see cref="CircuitLogic"/>).</para>
/// </summary>
public sealed class SilenceRule : Rule
{
    private const int OnsetSlot = 0;

    private readonly long _intervalNs;

    private SilenceRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head)
    {
        _intervalNs = kind.Interval.Ticks * TimeSpan.NanosecondsPerTick;
        var intervals = map.Number("intervals", 3);
        if (intervals < 1)
        {
            map.Fault("intervals", "must be at least 1; fire.md asks for 3");
        }

        IsOfCircuit = map.Has("circuit") && map.Choice("circuit", CircuitRole.Held) == CircuitRole.Held;
        Parameters = [new RuleParameter("intervals", intervals) { Minimum = 1, Maximum = 1000 }];
        Shape = new RuleShape("silence", []) { Window = kind.Interval };
    }

    /// <summary>One alert for the gateway when all are silent.</summary>
    internal bool IsOfCircuit { get; }

    internal override int Slots => 1;

    internal override string Type => "silence";

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new SilenceRule(head, map, kind);

    internal override void Apply(in RuleStep step)
    {
        if (IsOfCircuit && step.Circuit is { IsBehind: false, Current.SilentOnset: not 0 } circuit && step.MeasuredAt > step.PreviousMeasured)
        {
            CircuitLogic.Heard(circuit, this, Limit(step), step);
        }

        var onset = step.Memory[OnsetSlot];
        if (step.PreviousMeasured == 0)
        {
            step.Sink.Wake(DueAt(step, default)); // the first reading: from now on its silence counts
        }

        if (onset == 0 || step.MeasuredAt <= step.PreviousMeasured)
        {
            return;
        }

        step.Memory[OnsetSlot] = 0;
        step.Sink.Wake(DueAt(step, default));
        Say(step, AlertChangeKind.Cleared, Causes.Cleared(step.MeasuredAt), onset, step.MeasuredAt, 0);
    }

    internal override bool IsDue(in RuleStep step, in TickView tick)
    {
        if (step.Memory[OnsetSlot] != 0 || Since(step) == 0 || !step.Device.Registered)
        {
            return false; // nobody promised that an unregistered device would go on reporting
        }

        // LastReceived too: a gateway that is just delivering an old backlog is not silent.
        var limit = Limit(step);
        var heard = Math.Max(Math.Max(Since(step), step.State.LastReceived), tick.ListeningSince);
        return tick.Now - heard > limit && !(IsOfCircuit && CircuitLogic.HoldsSilence(step.Circuit, tick.Now, limit));
    }

    internal override long DueAt(in RuleStep step, in TickView tick)
    {
        if (step.Memory[OnsetSlot] != 0 || Since(step) == 0 || !step.Device.Registered)
        {
            return long.MaxValue;
        }

        // Each of these only grows, and a circuit only holds it back, so this is never too late.
        var limit = Limit(step);
        var since = Math.Max(Math.Max(Since(step), step.State.LastReceived), tick.ListeningSince);
        return since > long.MaxValue - limit - 1 ? long.MaxValue : since + limit + 1;
    }

    internal override void Tick(in RuleStep step, in TickView tick)
    {
        if (!IsDue(step, tick))
        {
            return;
        }

        if (IsOfCircuit && CircuitLogic.TakesSilence(step.Circuit, this, Limit(step), step))
        {
            return;
        }

        var onset = Since(step) + Limit(step);
        step.Memory[OnsetSlot] = onset;
        Say(step, AlertChangeKind.Raised, "raised", onset, onset, (tick.Now - Since(step)) / 1e9);
    }

    private static long Since(in RuleStep step) => step.State.LastMeasured != 0 ? step.State.LastMeasured : step.Device.RegisteredAt;

    private long Limit(in RuleStep step) => (long)(step.Parameters[0] * _intervalNs);

    private void Say(in RuleStep step, AlertChangeKind what, string cause, long onset, long at, double seconds) =>
        step.Sink.Add(new AlertChange
        {
            AlertId = AlertIds.Make(step.Device.Subject, Name, onset),
            What = what,
            Cause = cause,
            Kind = Alert,
            Severity = Severity,
            Device = step.Device.Id,
            Zone = step.Device.Zone,
            Rule = Name,
            Value = seconds,
            Threshold = Limit(step) / 1e9,
            MeasuredAt = at,
            ReceivedAt = step.ReceivedAt,
            AutoResolve = true,
            Detail = Causes.Detail(Detail, what == AlertChangeKind.Raised && step.State.LastMeasured == 0 ? "never reported" : null, Causes.Words(step.Faults)),
        });
}
