using System.Globalization;

namespace SmartCity.City;

/// <summary>
/// Does the lamp's meter lie? Four contradictions, each of which says what of the power cannot be believed, so that a lying meter is not
/// reported as a dead or burning lamp (docs/decisions/lamp-truth.md):
/// <list type="bullet">
/// <item>power is not voltage × current × power factor;</item>
/// <item>power summed over time is not what the energy counter says;</item>
/// <item>the meter stands still, to the last digit, while the level changed greatly;</item>
/// <item>the cabinet's meter finds the power that the lamps' meters miss.</item>
/// </list>
/// </summary>
public sealed class LampMeterRule : ConditionRule
{
    private const int RatedIndex = 1;
    private const int AskedOnIndex = 2;
    private const int DarkIndex = 3;
    private const int ToleranceIndex = 4;

    // What was found. Low: the lamp may take more than the meter says; high: less.
    private const long Low = 1;
    private const long High = 2;
    private const long Product = 4;
    private const long Energy = 8;
    private const long Still = 16;
    private const long Cabinet = 32;
    private const long Found = Product | Energy | Still | Cabinet;

    private const int FindSlot = 0;
    private const int EnergyFindSlot = 1;
    private const int AgreedSlot = 2; // beginning of the last window in which power and energy agreed
    private const int FineSlot = 3;   // the voltage has been seen with a fraction
    private const int Window = 4;     // start, counter at start, Ws so far, time and power of the last sample
    private const int Run = 9;        // readings that are the same to the last digit: count, power, voltage, current, least and greatest level
    private const int Last = 15;      // of a lamp that takes nothing: the counter then (NaN bits: it burnt), and when the counter moved all the same
    private const int Standing = 17;  // what an alert that stands was raised for, until the same test acquits it
    private const int MissedSlot = 18; // since when the cabinet finds what the lamp's meter misses
    private const int OwnCount = 19;

    /// <summary>Equal readings after which a burning lamp's meter stands still: in the last digit a real one is never at rest.</summary>
    private const int StillBurning = 6;

    /// <summary>The same of a lamp that takes nothing, where only the voltage moves.</summary>
    private const int StillDark = 30;

    /// <summary>Below this a meter says 0 by right, volts.</summary>
    private const double NoVoltage = 50;

    /// <summary>Percent by which the level must have changed for a standing meter to be a contradiction.</summary>
    private const double GreatStep = 30;

    /// <summary>Intervals for which a counter that moved in the dark is remembered: of 20 W it moves once in three.</summary>
    private const int Moves = 4;

    /// <summary>How long the cabinet must find it, ns.</summary>
    private const long MissedFor = 240_000_000_000;

    /// <summary>Wh of a window: twenty counts of a counter that counts single Wh.</summary>
    private const double WindowWh = 20;

    private readonly int _dim;
    private readonly int _power;
    private readonly int _voltage;
    private readonly int _current;
    private readonly int _factor;
    private readonly int _energy;
    private readonly long _gap;

    private LampMeterRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head, map, kind)
    {
        _dim = kind.Metric(map, "dim");
        _power = kind.Metric(map, "power");
        _voltage = kind.Metric(map, "voltage");
        _current = kind.Metric(map, "current");
        _factor = kind.Metric(map, "power_factor");
        _energy = kind.Metric(map, "energy");
        _gap = kind.Interval.Ticks * TimeSpan.NanosecondsPerTick * 5 / 2;
        Parameters =
        [
            Hold,
            kind.Level("rated_w", map.Number("rated_w", required: true), _power),
            new RuleParameter("asked_on_percent", map.Number("asked_on_percent", 5)) { Maximum = 100, Unit = "%" },
            new RuleParameter("dark_share", map.Number("dark_share", 0.05)) { Maximum = 1 },
            new RuleParameter("disagreement", map.Number("disagreement", 0.3)) { Minimum = 0.05, Maximum = 1 },
        ];
        Shape = new RuleShape("lamp-meter", [_power, _voltage, _current, _energy]);
    }

    internal override string Type => "lamp-meter";

    private protected override int ExtraSlots => OwnCount;

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new LampMeterRule(head, map, kind);

    /// <summary>May the lamp take more than its meter says?</summary>
    internal static bool MayReadLow(in RuleStep step) => (Finds(step) & Low) != 0;

    /// <summary>May it take less?</summary>
    internal static bool MayReadHigh(in RuleStep step) => (Finds(step) & High) != 0;

    /// <summary>Did power and energy agree in a window that began at or after a moment?</summary>
    internal static bool AgreedSince(in RuleStep step, long at)
    {
        var kind = step.Device.Kind;
        return kind.MeterRule < 0 || Slice(step, kind)[AgreedSlot] >= at;
    }

    private protected override string? Evidence(in RuleStep step)
    {
        var state = step.State;
        var find = Own(step)[FindSlot];
        return Causes.Detail(
            (find & Product) == 0 ? null : string.Create(
                CultureInfo.InvariantCulture, $"power {state.Values[_power]:0.#} W, but {state.Values[_voltage]:0} V × {state.Values[_current]:0.###} A × {Factor(state):0.##} = {Apparent(state):0.#} W"),
            (find & Energy) == 0 ? null : "power and energy counter do not agree",
            (find & Still) == 0 ? null : "the meter stands still while the level changes",
            (find & Cabinet) == 0 ? null : "the cabinet measures the power that the lamp's meter does not");
    }

    private protected override Verdict Judge(in RuleStep step, bool on, out double value, out double threshold)
    {
        value = threshold = double.NaN;
        if (!step.IsFresh(_power))
        {
            return Verdict.None;
        }

        var own = Own(step);
        var rated = step.Parameters[RatedIndex];
        var (power, dim) = (step.Values[_power], step.State.Values[_dim]);
        var dark = power <= rated * step.Parameters[DarkIndex];
        var product = ByProduct(step, power, rated);
        own[EnergyFindSlot] = ByEnergy(step, own, power);
        var energy = own[EnergyFindSlot];
        if (product >= 0)
        {
            energy &= ~(Low | High); // where the product confirms or refutes the power, it is the counter that is wrong, or the product says it already
        }

        var find = Math.Max(product, 0) | energy | ByStanding(step, own, dark) | CounterMoves(step, own, dark);
        own[MissedSlot] = find == 0 && dark && dim >= step.Parameters[AskedOnIndex] && ByCabinet(step, rated, dim)
            ? own[MissedSlot] == 0 ? step.MeasuredAt : own[MissedSlot]
            : 0;
        if (own[MissedSlot] != 0)
        {
            // The sum moves with every other lamp: for a while it is a suspicion.
            find = step.MeasuredAt - own[MissedSlot] >= MissedFor ? Cabinet | Low : Low;
        }

        value = power;
        threshold = product >= 0 ? Apparent(step.State) : double.NaN;
        own[Standing] = IsRaised(step.Memory) ? (own[Standing] & ~Acquitted(step, own, product, rated, dark)) | (find & Found) : find & Found;
        own[FindSlot] = find | ((own[Standing] & Cabinet) != 0 ? Cabinet | Low : 0);
        return (find & Found) != 0 ? Verdict.On : own[Standing] != 0 ? Verdict.Keep : Verdict.Off;
    }

    // At nothing everything agrees: each test acquits only where it could have found.
    private long Acquitted(in RuleStep step, ReadOnlySpan<long> own, long product, double rated, bool dark)
    {
        var acquitted = own[EnergyFindSlot] == 0 ? Energy | Still : Still;
        if (product == 0 && Math.Max(step.Values[_power], Apparent(step.State)) >= 0.25 * rated)
        {
            acquitted |= Product;
        }

        return dark ? acquitted : acquitted | Cabinet;
    }

    /// <summary>Is the lamp's meter under any doubt, but for what its cabinet says of it?</summary>
    internal static bool IsDoubted(ICircuitMember member)
    {
        var kind = member.Context.Kind;
        if (kind.MeterRule < 0)
        {
            return false;
        }

        var own = member.Newest.Memory.Slice(kind.MemoryOffset(kind.MeterRule), kind.RuleSpan[kind.MeterRule].Slots)[^OwnCount..];
        return own[MissedSlot] == 0 && own[FindSlot] is not 0 and not (Cabinet | Low);
    }

    private static long Finds(in RuleStep step)
    {
        var kind = step.Device.Kind;
        return kind.MeterRule < 0 ? 0 : Slice(step, kind)[FindSlot];
    }

    private static ReadOnlySpan<long> Slice(in RuleStep step, DeviceKind kind) =>
        step.State.Memory.Slice(kind.MemoryOffset(kind.MeterRule), kind.RuleSpan[kind.MeterRule].Slots)[^OwnCount..];

    private double Factor(DeviceState state) => _factor < 0 || state.Times[_factor] != state.Times[_power] ? 1 : Math.Abs(state.Values[_factor]);

    private double Apparent(DeviceState state) => state.Values[_voltage] * state.Values[_current] * Factor(state);

    /// <summary>−1: the reading has no voltage and current to compare with.</summary>
    private long ByProduct(in RuleStep step, double power, double rated)
    {
        if (_voltage < 0 || _current < 0 || !step.IsFresh(_voltage) || !step.IsFresh(_current))
        {
            return -1;
        }

        var product = Apparent(step.State);
        var differs = Math.Abs(power - product) > Math.Max(step.Parameters[ToleranceIndex] * Math.Max(power, product), 0.1 * rated);
        return !differs ? 0
            : power > product ? Product | High
            : step.IsFresh(_factor) ? Product | Low
            : 0; // without the power factor a product is only the most that the lamp may take
    }

    private long ByEnergy(in RuleStep step, Span<long> own, double power)
    {
        if (_energy < 0 || !step.IsFresh(_energy))
        {
            return own[EnergyFindSlot];
        }

        var window = own.Slice(Window, 5);
        var at = step.MeasuredAt;
        var counter = step.Values[_energy] * 1000;
        var begun = BitConverter.Int64BitsToDouble(window[1]);
        if (window[0] == 0 || at - window[3] > _gap || counter < begun)
        {
            Begin(window, at, counter, power);
            return own[EnergyFindSlot];
        }

        // By trapezes; in Wh.
        var sum = BitConverter.Int64BitsToDouble(window[2]) + ((power + BitConverter.Int64BitsToDouble(window[4])) / 2 * ((at - window[3]) / 3.6e12));
        (window[2], window[3], window[4]) = (BitConverter.DoubleToInt64Bits(sum), at, BitConverter.DoubleToInt64Bits(power));
        var counted = counter - begun;
        if (Math.Max(sum, counted) < WindowWh)
        {
            return own[EnergyFindSlot];
        }

        var differs = Math.Abs(sum - counted) > step.Parameters[ToleranceIndex] * Math.Max(sum, counted);
        if (!differs)
        {
            own[AgreedSlot] = window[0];
        }

        Begin(window, at, counter, power);
        return !differs ? 0 : Energy | (counted > sum ? Low : High);
    }

    /// <summary>The counter runs on while the meter says that nothing is taken: a suspicion, until a window is full.</summary>
    private long CounterMoves(in RuleStep step, Span<long> own, bool dark)
    {
        if (_energy < 0 || !step.IsFresh(_energy))
        {
            return 0;
        }

        var last = own.Slice(Last, 2);
        var counter = step.Values[_energy];
        if (dark && last[0] != 0 && counter > BitConverter.Int64BitsToDouble(last[0]))
        {
            last[1] = step.MeasuredAt;
        }

        last[0] = dark ? BitConverter.DoubleToInt64Bits(counter) : 0;
        return dark && step.State.Values[_dim] >= step.Parameters[AskedOnIndex] && step.MeasuredAt - last[1] <= Moves * _gap / 5 * 2 ? Low : 0;
    }

    private static void Begin(Span<long> window, long at, double counter, double power)
    {
        (window[0], window[3]) = (at, at);
        window[1] = BitConverter.DoubleToInt64Bits(counter);
        window[2] = 0;
        window[4] = BitConverter.DoubleToInt64Bits(power);
    }

    private long ByStanding(in RuleStep step, Span<long> own, bool dark)
    {
        var run = own.Slice(Run, 6);
        var volts = _voltage >= 0 && step.IsFresh(_voltage) ? step.Values[_voltage] : double.NaN;
        var amperes = _current >= 0 && step.IsFresh(_current) ? step.Values[_current] : double.NaN;
        if (volts != Math.Round(volts) && !double.IsNaN(volts))
        {
            own[FineSlot] = 1;
        }

        var (p, v, i) = (BitConverter.DoubleToInt64Bits(step.Values[_power]), BitConverter.DoubleToInt64Bits(volts), BitConverter.DoubleToInt64Bits(amperes));
        var level = step.State.Values[_dim];
        level = double.IsNaN(level) ? 0 : level;
        if (run[0] == 0 || run[1] != p || run[2] != v || run[3] != i)
        {
            (run[0], run[1], run[2], run[3]) = (1, p, v, i);
            run[4] = run[5] = BitConverter.DoubleToInt64Bits(level);
            return 0;
        }

        run[0] = Math.Min(run[0] + 1, int.MaxValue);
        var least = Math.Min(BitConverter.Int64BitsToDouble(run[4]), level);
        var greatest = Math.Max(BitConverter.Int64BitsToDouble(run[5]), level);
        (run[4], run[5]) = (BitConverter.DoubleToInt64Bits(least), BitConverter.DoubleToInt64Bits(greatest));

        // A lamp that takes nothing has a power that stands still by right: then only a voltage that is read finely enough can tell.
        if (greatest - least < GreatStep || volts < NoVoltage || (dark && (double.IsNaN(volts) || own[FineSlot] == 0)))
        {
            return 0;
        }

        // Until enough readings are the same it is a suspicion: nothing is said of the lamp, and nothing of the meter.
        return Low | High | (run[0] >= (dark ? StillDark : StillBurning) ? Still : 0);
    }

    // What stands as a dead lamp is counted as one.
    private static bool ByCabinet(in RuleStep step, double rated, double dim) => step.Circuit is { } circuit && !CircuitLogic.HasOwnAlert(step.Device.Kind, step.State)
        && CabinetBalanceRule.Finds(circuit, step.MeasuredAt, 0.9 * rated * Math.Min(dim, 100) / 100);
}
