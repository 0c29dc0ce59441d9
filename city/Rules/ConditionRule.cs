namespace SmartCity.City;

/// <summary>What one reading says about a condition.</summary>
internal enum Verdict : byte
{
    /// <summary>Nothing: the reading has none of the rule's metrics, or only old ones.</summary>
    None,

    /// <summary>The condition holds.</summary>
    On,

    /// <summary>Between the two levels of a hysteresis: as it was.</summary>
    Keep,

    /// <summary>It does not hold.</summary>
    Off,
}

/// <summary>What a rule has to do with the circuit of its device.</summary>
internal enum CircuitRole : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>While the whole circuit is without supply it says nothing of its own.</summary>
    Held,

    /// <summary>It is the supply of the circuit: its alert stands for those of the lamps.</summary>
    Supply,
}

/// <summary>
/// A condition that is on or off, with a hold: the part that threshold, rate, contact and lamp rules share.
/// <para>
/// A hold ends in an alert when the condition is still on at its end. A reading at or after the end that says so is enough. Between
/// two readings a value is taken to last one and a half reporting intervals; when the hold ended within that time, the alert is
/// raised by whatever comes first, the next tick or the next reading (even one that says "off", which then clears it). So the same
/// readings give the same alerts whether or not a tick, or a restart, came between them.
/// </para>
/// <para>
/// A rule that its circuit may hold back asks it at the end of its hold: while the circuit is lost the rule waits without an alert, and when
/// the supply is back and the condition is not over, a new hold begins at that moment.
/// </para>
/// </summary>
public abstract class ConditionRule : Rule
{
    private const int PhaseSlot = 0;
    private const int OnsetSlot = 1;

    /// <summary>Where a slice of memory has the onset.</summary>
    private protected const int OnsetOf = OnsetSlot;

    private const int LastOnSlot = 2;
    private const int HeardSlot = 3; // when the reading of the onset arrived
    private const int ValueSlot = 4;
    private const int ThresholdSlot = 5;

    /// <summary>First slot that belongs to the derived rule.</summary>
    private const int OwnSlots = 6;

    // How far behind the newest reading an "on" may be stamped and still be live. Ten seconds: what an NTP step or a second's rounding makes.
    private const long ClockJitterNs = 10_000_000_000;

    // Two stamps of a device whose clock cannot be trusted tell what was over before it was heard of only when they are this far apart.
    private const long TellingNs = 10_000_000_000;

    private const long Idle = 0;
    private const long Pending = 1;
    private const long Raised = 2;
    private const long Waiting = 3; // held back by its circuit

    private readonly bool _tracksLate;
    private readonly long _persistNs;
    private readonly ZoneSignalKind? _signal;

    private protected ConditionRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head)
    {
        _tracksLate = kind.Lane == Telemetry.Lane.Alarm;
        _persistNs = kind.Interval.Ticks * TimeSpan.NanosecondsPerTick * 3 / 2;
        Hold = new RuleParameter("hold", map.Duration("hold").TotalSeconds) { Maximum = TimeSpan.FromDays(30).TotalSeconds, Unit = "s" };
        Role = map.Has("circuit") ? map.Choice("circuit", CircuitRole.Held) : CircuitRole.None;
        if (map.Has("signal"))
        {
            _signal = map.Choice("signal", SignalName.Detector) switch
            {
                SignalName.Detector => ZoneSignalKind.Detector,
                SignalName.Heat => ZoneSignalKind.Heat,
                _ => ZoneSignalKind.CallPoint,
            };
        }
    }

    private enum SignalName
    {
        Detector,
        Heat,
        CallPoint,
    }

    /// <summary>It raises no alert of its own: its zone hears it, and decides.</summary>
    public bool TellsZone => _signal is not null;

    /// <summary>What it has to do with its circuit.</summary>
    internal CircuitRole Role { get; }

    /// <summary>Seconds; always the first parameter.</summary>
    private protected RuleParameter Hold { get; }

    /// <summary>A reading with none of these metrics says nothing to it: bit i is metric i.</summary>
    private protected ulong Watches { get; init; } = ulong.MaxValue;

    internal sealed override int Slots => OwnSlots + (_tracksLate ? LateEpisodes.Slots : 0) + ExtraSlots;

    private protected virtual int ExtraSlots => 0;

    internal sealed override void Apply(in RuleStep step)
    {
        var memory = step.Memory;
        if (((step.Fresh | step.Late) & Watches) == 0 && memory[PhaseSlot] != Pending)
        {
            return;
        }

        var at = step.MeasuredAt;
        if (memory[PhaseSlot] == Pending && HoldEndedBefore(step, at))
        {
            Raise(step); // as the tick would have done before this reading
        }

        var verdict = Judge(step, memory[PhaseSlot] != Idle, out var value, out var threshold);
        if (verdict == Verdict.None)
        {
            if (_tracksLate)
            {
                ApplyLate(step);
            }

            return;
        }

        if (verdict == Verdict.Off)
        {
            End(step, value, threshold);
            return;
        }

        if (memory[PhaseSlot] == Idle)
        {
            if (verdict == Verdict.Keep)
            {
                return;
            }

            memory[PhaseSlot] = Pending;
            memory[OnsetSlot] = at;
            memory[HeardSlot] = step.ReceivedAt;
        }

        if (memory[PhaseSlot] == Waiting)
        {
            if (verdict == Verdict.Keep || CircuitLogic.IsLost(step.Circuit))
            {
                return;
            }

            memory[PhaseSlot] = Pending;
            memory[OnsetSlot] = Math.Max(memory[OnsetSlot], step.Circuit?.Current.Restored ?? at);
            memory[HeardSlot] = step.ReceivedAt;
        }

        memory[LastOnSlot] = at;
        if (memory[PhaseSlot] == Pending)
        {
            memory[ValueSlot] = BitConverter.DoubleToInt64Bits(value);
            memory[ThresholdSlot] = BitConverter.DoubleToInt64Bits(threshold);
            if (at >= HoldEnd(step))
            {
                Raise(step);
            }
            else
            {
                step.Sink.Wake(DueAt(step));
            }
        }
    }

    internal sealed override long DueAt(in RuleStep step, in TickView tick) => DueAt(step);

    internal sealed override bool IsDue(in RuleStep step, in TickView tick) =>
        step.Memory[PhaseSlot] == Pending && HoldEndedBefore(step, tick.Now);

    internal sealed override void Tick(in RuleStep step, in TickView tick)
    {
        if (IsDue(step, tick))
        {
            Raise(step);
        }
    }

    internal sealed override void Interrupt(Span<long> memory)
    {
        if (memory[PhaseSlot] is Pending or Waiting)
        {
            memory[PhaseSlot] = Idle;
        }
    }

    internal sealed override void Restate(in RuleStep step)
    {
        if (_signal is { } signal && step.Memory[PhaseSlot] == Raised)
        {
            step.Sink.Add(new ZoneSignal(
                signal, On: true, step.Device.Id, Name, step.MeasuredAt, step.ReceivedAt, BitConverter.Int64BitsToDouble(step.Memory[ValueSlot]),
                BitConverter.Int64BitsToDouble(step.Memory[ThresholdSlot]), Late: false, step.Faults));
        }
    }

    /// <summary>What the fresh part of the reading says, given whether the condition was on.</summary>
    private protected abstract Verdict Judge(in RuleStep step, bool on, out double value, out double threshold);

    /// <summary>The same for a reading that is older than what is known. Only rules of one metric can tell.</summary>
    private protected virtual Verdict JudgeLate(in RuleStep step, out double value, out double threshold)
    {
        value = threshold = double.NaN;
        return Verdict.None;
    }

    /// <summary>Memory of the derived rule.</summary>
    private protected Span<long> Own(in RuleStep step) => step.Memory[^ExtraSlots..];

    /// <summary>How long this time, seconds.</summary>
    private protected virtual double HoldOf(in RuleStep step) => step.Parameters[0];

    /// <summary>What else a crew should know when it is raised; null when nothing.</summary>
    private protected virtual string? Evidence(in RuleStep step) => null;

    /// <summary>Does an alert of it stand? Of its slice of memory.</summary>
    internal static bool IsRaised(ReadOnlySpan<long> memory) => memory[PhaseSlot] == Raised;

    /// <summary>Does the condition hold, whether its alert stands yet or not? Of its slice of memory.</summary>
    internal static bool IsOn(ReadOnlySpan<long> memory) => memory[PhaseSlot] != Idle;

    // While its hold runs, just behind the hold's end; not when the last "on" is too long before that.
    private long DueAt(in RuleStep step)
    {
        var end = step.Memory[PhaseSlot] == Pending ? HoldEnd(step) : long.MaxValue;
        return end != long.MaxValue && end - step.Memory[LastOnSlot] <= _persistNs ? end + 1 : long.MaxValue;
    }

    private long HoldEnd(in RuleStep step) => step.Memory[OnsetSlot] + Seconds(HoldOf(step));

    private static long Seconds(double seconds) => (long)(seconds * 1e9);

    private bool HoldEndedBefore(in RuleStep step, long at)
    {
        var end = HoldEnd(step);
        return end < at && end - step.Memory[LastOnSlot] <= _persistNs;
    }

    private void Raise(in RuleStep step, bool late = false)
    {
        var memory = step.Memory;
        if (Role != CircuitRole.None && CircuitLogic.IsLost(step.Circuit))
        {
            memory[PhaseSlot] = Waiting;
            step.Sink.Decide();
            return;
        }

        memory[PhaseSlot] = Raised;
        var value = BitConverter.Int64BitsToDouble(memory[ValueSlot]);
        var threshold = BitConverter.Int64BitsToDouble(memory[ThresholdSlot]);
        if (_signal is { } signal)
        {
            step.Sink.Add(new ZoneSignal(signal, On: true, step.Device.Id, Name, memory[OnsetSlot], step.ReceivedAt, value, threshold, late, step.Faults));
            return;
        }

        Say(step, AlertChangeKind.Raised, "raised", memory[OnsetSlot], memory[OnsetSlot], value, threshold, historical: false);
    }

    /// <param name="step">The reading that ends it.</param>
    /// <param name="value">Its value.</param>
    /// <param name="threshold">What it was compared with.</param>
    /// <param name="over">It was over before anybody heard of it.</param>
    private void End(in RuleStep step, double value, double threshold, bool over = false)
    {
        var memory = step.Memory;
        var (phase, onset, at) = (memory[PhaseSlot], memory[OnsetSlot], step.MeasuredAt);
        if (phase == Idle)
        {
            return;
        }

        memory[PhaseSlot] = Idle;
        if (phase != Raised)
        {
            return;
        }

        if (Role == CircuitRole.Supply && step.Circuit is { } circuit)
        {
            CircuitLogic.CabinetReturned(circuit, at);
        }

        if (_tracksLate)
        {
            Late(step).Remember(onset, at);
        }

        if (_signal is { } signal)
        {
            step.Sink.Add(new ZoneSignal(signal, On: false, step.Device.Id, Name, at, step.ReceivedAt, value, threshold, over, step.Faults));
            return;
        }

        // It was over before the server first heard of it: then it was never live.
        var historical = memory[HeardSlot] > at;
        Say(step, AlertChangeKind.Cleared, Causes.Cleared(at), onset, at, value, threshold, historical);
    }

    private void ApplyLate(in RuleStep step)
    {
        var verdict = JudgeLate(step, out var value, out var threshold);
        if (verdict == Verdict.None)
        {
            return;
        }

        var at = step.MeasuredAt;
        var late = Late(step);
        var memory = step.Memory;
        if (verdict != Verdict.On)
        {
            late.Close(at);
            if (_signal is not null && memory[PhaseSlot] == Raised && verdict == Verdict.Off && at > memory[LastOnSlot])
            {
                // Only what a clock set back began can be ended so. A log of the past tells beginning and end in one breath; what is heard as
                // slowly as it is stamped happens now, and somebody has to look at it.
                var stamped = at - memory[OnsetSlot];
                End(step, value, threshold, over: stamped >= TellingNs && step.ReceivedAt - memory[HeardSlot] < stamped / 2);
            }

            return;
        }

        // While it is on, an alert stands already; and what an ended episode covers has had its alert.
        if (memory[PhaseSlot] == Raised && memory[OnsetSlot] <= at)
        {
            memory[LastOnSlot] = Math.Max(memory[LastOnSlot], at);
        }

        if (memory[PhaseSlot] != Idle || !late.Extend(at, Seconds(step.Parameters[0]), _persistNs, out var onset))
        {
            return;
        }

        var far = step.State.LastMeasured - at > ClockJitterNs;
        if (!far || _signal is not null)
        {
            // Not a tale from the past: a clock that was set back a little, or two values in one second. Nobody may take it for ended.
            // Nor a fire, however far: whether its clock or its news is old cannot be known before its end, and no fire is silent.
            late.Take();
            memory[OnsetSlot] = onset;
            memory[LastOnSlot] = at;
            memory[HeardSlot] = step.ReceivedAt;
            memory[ValueSlot] = BitConverter.DoubleToInt64Bits(value);
            memory[ThresholdSlot] = BitConverter.DoubleToInt64Bits(threshold);
            Raise(step with { Faults = step.Faults | ReadingFaults.Clock }, far);
            return;
        }

        Say(step, AlertChangeKind.Raised, "raised", onset, onset, value, threshold, historical: true);
        Say(step, AlertChangeKind.Cleared, "cleared", onset, at, value, threshold, historical: true);
    }

    private static LateEpisodes Late(in RuleStep step) => new(step.Memory.Slice(OwnSlots, LateEpisodes.Slots));

    /// <summary>Says once more that it goes on, so that somebody who filed it hears of it.</summary>
    private protected void SayAgain(in RuleStep step, double value, double threshold) => step.Sink.Add(
        Make(step, AlertChangeKind.Updated, Causes.Again(step.MeasuredAt), step.Memory[OnsetSlot], step.MeasuredAt, value, threshold, historical: false) with { AutoResolve = false });

    private void Say(
        in RuleStep step, AlertChangeKind what, string cause, long onset, long at, double value, double threshold, bool historical) =>
        step.Sink.Add(Make(step, what, cause, onset, at, value, threshold, historical));

    private AlertChange Make(
        in RuleStep step, AlertChangeKind what, string cause, long onset, long at, double value, double threshold, bool historical) =>
        new()
        {
            AlertId = AlertIds.Make(step.Device.Subject, Name, onset),
            What = what,
            Cause = cause,
            Kind = Alert,
            Severity = Severity,
            Device = step.Device.Id,
            Zone = step.Device.Zone,
            Rule = Name,
            Value = Causes.Known(value),
            Threshold = Causes.Known(threshold),
            MeasuredAt = at,
            ReceivedAt = step.ReceivedAt,
            Historical = historical,
            AutoResolve = true,
            Detail = Causes.Detail(Detail, what == AlertChangeKind.Cleared ? null : Evidence(step), Causes.Words(step.Faults)),
        };
}
