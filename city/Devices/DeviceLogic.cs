namespace SmartCity.City;

/// <summary>The pure step of a device: a reading or a moment in, changes out. Allocates nothing unless it says something.</summary>
public sealed class DeviceLogic
{
    private readonly DeviceKind _kind;

    /// <summary>The step for devices of one kind.</summary>
    public DeviceLogic(DeviceKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        _kind = kind;
    }

    /// <summary>
    /// Takes one reading. A value older than the newest of its metric never overwrites it; one of the same time is a duplicate and
    /// changes nothing.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="state">What its rules remember.</param>
    /// <param name="reading">The reading.</param>
    /// <param name="changes">What follows.</param>
    /// <param name="circuit">The circuit it hangs on, of which this device and this state must be a member; null when it has none.</param>
    public void Apply(DeviceContext device, DeviceState state, in ReadingView reading, ChangeSink changes, Circuit? circuit = null)
    {
        Check(device, state);
        ArgumentNullException.ThrowIfNull(changes);
        if (reading.Values.Length != _kind.Metrics.Count)
        {
            throw new ArgumentException($"a reading of {_kind.Name} has {_kind.Metrics.Count} places, not {reading.Values.Length}", nameof(reading));
        }

        var at = reading.MeasuredAt;
        var values = state.Values;
        var times = state.Times;
        ulong fresh = 0;
        ulong late = 0;
        for (var i = 0; i < reading.Values.Length; i++)
        {
            var value = reading.Values[i];
            if (double.IsNaN(value))
            {
                continue;
            }

            if (at > times[i])
            {
                fresh |= 1UL << i;
                values[i] = value;
                times[i] = at;
            }
            else if (at < times[i] || value != values[i])
            {
                // Another value of the very same time is news as well: a gateway may stamp whole seconds.
                late |= 1UL << i;
            }
        }

        var previous = state.LastMeasured;
        var heardBefore = state.LastReceived;
        state.LastReceived = Math.Max(heardBefore, reading.ReceivedAt);
        if (at > previous)
        {
            state.LastMeasured = at;
        }
        else if (fresh == 0 && late == 0)
        {
            return; // a duplicate
        }

        var step = new RuleStep
        {
            Device = device,
            State = state,
            Sink = changes,
            Circuit = circuit,
            Values = reading.Values,
            PreviousMeasured = previous,
            Fresh = fresh,
            Late = late,
            MeasuredAt = at,
            ReceivedAt = reading.ReceivedAt,
            Faults = device.Registered ? reading.Faults : reading.Faults | ReadingFaults.Unregistered,
        };
        var memory = state.Memory;
        var parameters = device.Parameters;
        foreach (ref readonly var place in _kind.Places)
        {
            step.Memory = memory.Slice(place.Memory, place.Slots);
            step.Parameters = parameters.Slice(place.Parameter, place.Parameters);
            place.Rule.Apply(step);
        }
    }

    /// <summary>Would <see cref="Tick"/> change anything? Reads only, so that a host need not copy the state of a device at rest.</summary>
    public bool IsDue(DeviceContext device, DeviceState state, in TickView tick, Circuit? circuit = null)
    {
        Check(device, state);
        if (!tick.CaughtUp)
        {
            return false;
        }

        var rules = _kind.RuleSpan;
        for (var r = 0; r < rules.Length; r++)
        {
            if (rules[r].IsDue(TickStep(device, state, r, tick, Nothing, circuit), tick))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The earliest moment, Unix ns, from which <see cref="IsDue"/> may be true if nothing but time passes, so that a host need not ask every
    /// device every second: never too late, perhaps too early. What a reading brings forward is in <see cref="ChangeSink.TakeWake"/>; when the
    /// device, its kind or its circuit are others, ask again. <see cref="long.MaxValue"/>: not without another reading.
    /// </summary>
    public long DueAt(DeviceContext device, DeviceState state, in TickView tick, Circuit? circuit = null)
    {
        Check(device, state);
        var at = long.MaxValue;
        for (var r = 0; r < _kind.Rules.Count; r++)
        {
            at = Math.Min(at, _kind.RuleSpan[r].DueAt(TickStep(device, state, r, tick, Nothing, circuit), tick));
        }

        return at;
    }

    /// <summary>Judges what only time can: silence, and holds that end between readings. Only when the reader has caught up.</summary>
    public void Tick(DeviceContext device, DeviceState state, in TickView tick, ChangeSink changes, Circuit? circuit = null)
    {
        Check(device, state);
        ArgumentNullException.ThrowIfNull(changes);
        if (!tick.CaughtUp)
        {
            return;
        }

        var rules = _kind.RuleSpan;
        for (var r = 0; r < rules.Length; r++)
        {
            rules[r].Tick(TickStep(device, state, r, tick, changes, circuit), tick);
        }
    }

    /// <summary>
    /// The state was saved a while ago, and what was read since is not known here: holds that ran begin anew, so that no alert rests on a time in which nobody
    /// looked. Alerts that stand go on standing.
    /// </summary>
    public void Interrupt(DeviceState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        for (var r = 0; r < _kind.Rules.Count; r++)
        {
            _kind.RuleSpan[r].Interrupt(Slice(state, r));
        }
    }

    /// <summary>Says again to the zone what goes on now, as if it had begun at <paramref name="at"/>: for a zone that begins anew, or has not heard of it.</summary>
    public void Restate(DeviceContext device, DeviceState state, long at, ChangeSink changes)
    {
        Check(device, state);
        ArgumentNullException.ThrowIfNull(changes);
        var rules = _kind.RuleSpan;
        for (var r = 0; r < rules.Length; r++)
        {
            rules[r].Restate(TickStep(device, state, r, new TickView(at, CaughtUp: true, 0), changes));
        }
    }

    /// <summary>What the rules have worked out so far: air quality index, flood stage and outlook.</summary>
    public IReadOnlyList<DerivedValue> Describe(DeviceContext device, DeviceState state)
    {
        Check(device, state);
        var values = new List<DerivedValue>();
        for (var r = 0; r < _kind.Rules.Count; r++)
        {
            _kind.Rules[r].Describe(TickStep(device, state, r, default, Nothing), values);
        }

        return values;
    }

    private static readonly ChangeSink Nothing = new();

    private RuleStep TickStep(DeviceContext device, DeviceState state, int rule, in TickView tick, ChangeSink changes, Circuit? circuit = null) => new()
    {
        Device = device,
        State = state,
        Sink = changes,
        Circuit = circuit,
        Memory = Slice(state, rule),
        Parameters = device.ParametersOf(rule),
        PreviousMeasured = state.LastMeasured,
        MeasuredAt = tick.Now,
        ReceivedAt = tick.Now,
        Faults = device.Registered ? ReadingFaults.None : ReadingFaults.Unregistered,
    };

    private Span<long> Slice(DeviceState state, int rule) => state.Memory.Slice(_kind.MemoryOffset(rule), _kind.RuleSpan[rule].Slots);

    private void Check(DeviceContext device, DeviceState state)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(state);
        if (!ReferenceEquals(device.Kind, _kind) || !ReferenceEquals(state.Kind, _kind))
        {
            throw new ArgumentException($"device {device.Id} is laid out for another kind than {_kind.Name}", nameof(device));
        }
    }
}
