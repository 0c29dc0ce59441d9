using System.Globalization;

namespace SmartCity.City;

/// <summary>
/// Does what a lamp measures fit what it was told? Of the three states of lighting.md it compares feedback (<c>dim</c>) with actual
/// (<c>power</c>), in shares of the lamp's rated power (the device's own <c>rated_w</c>).
/// <para>
/// An alert that stands ends only by evidence of the contrary: a dead lamp is not well because the sun rose and nobody asks it to burn.
/// What the lamp's meter cannot be believed about (<see cref="LampMeterRule"/>) is not judged.
/// </para>
/// </summary>
public sealed class LampRule : ConditionRule
{
    private const int RatedIndex = 1;
    private const int AskedOnIndex = 2;
    private const int DarkIndex = 3;
    private const int ToleranceIndex = 4;
    private const int ElevationIndex = 5;
    private const int BurntHoldIndex = 6;

    // Own memory. Of a failure: asked on since, did it burn since then, does the hold that runs need the longer time, when it was said last.
    private const int AskedSlot = 0;
    private const int BurntSlot = 1;
    private const int LongSlot = 2;
    private const int SaidSlot = 3;

    // Of a dimming failure: since when power deviates, what it was when it did last, and what it should have been.
    private const int DeviatesSlot = 0;
    private const int TookSlot = 1;
    private const int ShouldSlot = 2;

    /// <summary>Below this many percent a lamp is told to be dark; from here to "asked on" a driver at its floor may burn or not.</summary>
    private const double AskedOff = 1;

    // Of one that is on unexpectedly: dark since, and was it asked on since the alert.
    private const int CalmSlot = 0;
    private const int AgainSlot = 1;

    /// <summary>Longer than a circuit needs to find out that it is without supply.</summary>
    private const long CalmFor = 300_000_000_000;

    /// <summary>Share of the tolerance within which power must come back.</summary>
    private const double Clear = 0.7;

    private readonly Check _check;
    private readonly int _dim;
    private readonly int _power;
    private readonly int _voltage;
    private readonly int _energy;
    private readonly long _interval;

    private LampRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head, map, kind)
    {
        _check = map.Choice("check", Check.Failure, required: true);
        _dim = kind.Metric(map, "dim");
        _power = kind.Metric(map, "power");
        _voltage = kind.Metric(map, "voltage", required: false);
        _energy = kind.Metric(map, "energy", required: false);
        _interval = kind.Interval.Ticks * TimeSpan.NanosecondsPerTick;
        Parameters =
        [
            Hold,
            kind.Level("rated_w", map.Number("rated_w", required: true), _power),
            new RuleParameter("asked_on_percent", map.Number("asked_on_percent", 5)) { Maximum = 100, Unit = "%" },
            new RuleParameter("dark_share", map.Number("dark_share", 0.05)) { Maximum = 1 },
            new RuleParameter("tolerance", map.Number("tolerance", 0.25)) { Maximum = 1 },
            new RuleParameter("day_elevation", map.Number("day_elevation", 6)) { Minimum = -18, Maximum = 90, Unit = "°" }, // degrees: about half an hour after sunrise
            new RuleParameter("burnt_hold", map.Has("burnt_hold") ? map.Duration("burnt_hold").TotalSeconds : Hold.Value) { Maximum = TimeSpan.FromDays(1).TotalSeconds, Unit = "s" },
        ];
        Shape = new RuleShape("lamp-" + _check switch { Check.Failure => "failure", Check.Unexpected => "unexpected", Check.Dimming => "dimming", _ => "day" }, [_dim, _power]);
    }

    private enum Check
    {
        /// <summary>Asked on, no power.</summary>
        Failure,

        /// <summary>Asked off, power.</summary>
        Unexpected,

        /// <summary>Burns, but power does not follow the level.</summary>
        Dimming,

        /// <summary>Asked on and burning while the sun is up. (Asked off, it is "unexpected", day or night.)</summary>
        Day,
    }

    internal override string Type => "lamp";

    private protected override int ExtraSlots => 4;

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new LampRule(head, map, kind);

    // A lamp that burnt until now may be one that switches itself off and on, or a dip of the supply; one that stays dark when asked on is neither.
    private protected override double HoldOf(in RuleStep step) =>
        _check == Check.Failure && Own(step)[LongSlot] != 0 ? Math.Max(step.Parameters[0], step.Parameters[BurntHoldIndex]) : step.Parameters[0];

    private protected override string? Evidence(in RuleStep step)
    {
        var state = step.State;
        var volts = _voltage < 0 || state.Times[_voltage] != state.Times[_power] ? double.NaN : state.Values[_voltage];
        return Causes.Detail(
            string.Create(CultureInfo.InvariantCulture, $"asked {state.Values[_dim]:0} %, takes {state.Values[_power]:0.#} W of {step.Parameters[RatedIndex]:0} W"),
            double.IsNaN(volts) ? null : string.Create(CultureInfo.InvariantCulture, $"{volts:0} V at the lamp"));
    }

    private protected override Verdict Judge(in RuleStep step, bool on, out double value, out double threshold)
    {
        value = threshold = double.NaN;
        if (!step.IsFresh(_dim) && !step.IsFresh(_power))
        {
            return Verdict.None;
        }

        var state = step.State;
        var (dim, power) = (state.Values[_dim], state.Values[_power]);
        if (double.IsNaN(dim) || double.IsNaN(power) || !LampEvidence.Together(state.Times[_dim], state.Times[_power], _interval))
        {
            return Verdict.None; // two values of different times say nothing about each other
        }

        var rated = step.Parameters[RatedIndex];
        var dark = rated * step.Parameters[DarkIndex];
        var askedOn = dim >= step.Parameters[AskedOnIndex];
        var burns = power > dark;
        value = power;
        threshold = dark;

        // What neither shows nor refutes it leaves an alert as it is, and ends a hold.
        var unknown = IsRaised(step.Memory) ? Verdict.Keep : Verdict.Off;
        switch (_check)
        {
            case Check.Failure:
                return Failure(step, askedOn, burns, unknown, value, threshold);
            case Check.Unexpected:
                return Unexpected(step, dim, burns, unknown);
            case Check.Dimming:
                threshold = rated * Math.Min(dim, 100) / 100;
                return askedOn && burns ? Dimming(step, threshold, power - threshold, rated, unknown) : unknown;
            default:
                if (double.IsNaN(step.Device.Latitude) || double.IsNaN(step.Device.Longitude))
                {
                    return Verdict.None;
                }

                // The sun is asked only for a lamp that burns, or that did by day: what it does at night acquits it of nothing, nor does a lost supply.
                return !(askedOn && burns) && unknown == Verdict.Off ? Verdict.Off
                    : Sun.Elevation(step.MeasuredAt, step.Device.Latitude, step.Device.Longitude) < step.Parameters[ElevationIndex] ? unknown
                    : askedOn && burns && !LampMeterRule.MayReadHigh(step) ? Verdict.On
                    : dim < AskedOff ? Verdict.Off
                    : unknown;
        }
    }

    private Verdict Unexpected(in RuleStep step, double dim, bool burns, Verdict unknown)
    {
        var own = Own(step);
        if (dim >= AskedOff)
        {
            own[CalmSlot] = 0;
            own[AgainSlot] = unknown == Verdict.Keep ? 1 : 0;
            return unknown;
        }

        if (burns)
        {
            own[CalmSlot] = own[AgainSlot] = 0;
            return LampMeterRule.MayReadHigh(step) ? unknown : Verdict.On;
        }

        // Dark, but perhaps for want of supply: that there is voltage must be seen for a while, or that it has obeyed another order to be dark.
        if (unknown == Verdict.Keep && (LampSupplyRule.HasNoVoltage(step) || CircuitLogic.IsLost(step.Circuit)))
        {
            own[CalmSlot] = 0;
            return Verdict.Keep;
        }

        own[CalmSlot] = own[CalmSlot] == 0 ? step.MeasuredAt : own[CalmSlot];
        return unknown == Verdict.Off || ((own[AgainSlot] != 0 || (_voltage >= 0 && step.IsFresh(_voltage))) && step.MeasuredAt - own[CalmSlot] >= CalmFor) ? Verdict.Off : Verdict.Keep;
    }

    private Verdict Failure(in RuleStep step, bool askedOn, bool burns, Verdict unknown, double value, double threshold)
    {
        var own = Own(step);
        var at = step.MeasuredAt;
        if (!askedOn)
        {
            own[AskedSlot] = own[BurntSlot] = 0;
            return unknown;
        }

        own[AskedSlot] = own[AskedSlot] == 0 ? at : own[AskedSlot];
        if (burns)
        {
            own[BurntSlot] = LampMeterRule.MayReadHigh(step) ? own[BurntSlot] : 1;
            return LampMeterRule.MayReadHigh(step) ? unknown : Verdict.Off;
        }

        if (LampMeterRule.MayReadLow(step) || LampCyclingRule.Cycles(step) || LampSupplyRule.HasNoVoltage(step))
        {
            return unknown;
        }

        if (!IsOn(step.Memory))
        {
            own[LongSlot] = own[BurntSlot];
        }
        else if (unknown == Verdict.Keep && own[SaidSlot] < own[AskedSlot] && own[AskedSlot] > step.Memory[OnsetOf] && at - own[AskedSlot] >= (long)(step.Parameters[0] * 1e9))
        {
            // Another night, and still dark: once a night somebody hears of it who has filed it.
            own[SaidSlot] = at;
            SayAgain(step, value, threshold);
        }

        return Verdict.On;
    }

    private Verdict Dimming(in RuleStep step, double threshold, double excess, double rated, Verdict unknown)
    {
        var own = Own(step);
        if (Math.Abs(excess) <= rated * step.Parameters[ToleranceIndex])
        {
            if (IsOn(step.Memory) && Math.Abs(excess) > rated * step.Parameters[ToleranceIndex] * Clear)
            {
                return Verdict.Keep; // at the edge, where noise would raise and end it by turns
            }

            own[DeviatesSlot] = 0;
            return unknown == Verdict.Off || Shows(own, threshold, rated * step.Parameters[ToleranceIndex]) ? Verdict.Off : Verdict.Keep;
        }

        if (LampMeterRule.MayReadHigh(step) || LampMeterRule.MayReadLow(step))
        {
            return unknown;
        }

        // With an energy counter the power is first weighed against it: a meter of the wrong scale is no lamp that does not dim.
        own[DeviatesSlot] = own[DeviatesSlot] == 0 ? step.MeasuredAt : own[DeviatesSlot];
        if (_energy >= 0 && step.IsFresh(_energy) && !LampMeterRule.AgreedSince(step, own[DeviatesSlot]))
        {
            return unknown;
        }

        own[TookSlot] = BitConverter.DoubleToInt64Bits(threshold + excess);
        own[ShouldSlot] = BitConverter.DoubleToInt64Bits(threshold);
        return Verdict.On;
    }

    /// <summary>
    /// Would it be seen at this level that the lamp is as it was? One that always burns at 100 % is in order at 100 %, and one of half the light
    /// at a low level: whether it stands at what it took, or takes the same share of what it should, it must be seen.
    /// </summary>
    private static bool Shows(ReadOnlySpan<long> own, double expected, double tolerance)
    {
        var (took, should) = (BitConverter.Int64BitsToDouble(own[TookSlot]), BitConverter.Int64BitsToDouble(own[ShouldSlot]));
        return Math.Abs(took - expected) > tolerance && Math.Abs((took / should) - 1) * expected > tolerance;
    }
}
