namespace SmartCity.City;

/// <summary>
/// Does what a lamp measures fit what it was told? Of the three states of lighting.md it compares feedback (<c>dim</c>) with actual
/// (<c>power</c>), in shares of the lamp's rated power (the device's own <c>rated_w</c>).
/// </summary>
public sealed class LampRule : ConditionRule
{
    private const int RatedIndex = 1;
    private const int AskedOnIndex = 2;
    private const int DarkIndex = 3;
    private const int ToleranceIndex = 4;
    private const int ElevationIndex = 5;

    private readonly Check _check;
    private readonly int _dim;
    private readonly int _power;
    private readonly long _together;

    private LampRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head, map, kind)
    {
        _check = map.Choice("check", Check.Failure, required: true);
        _dim = kind.Metric(map, "dim");
        _power = kind.Metric(map, "power");
        _together = 2 * kind.Interval.Ticks * TimeSpan.NanosecondsPerTick;
        Parameters =
        [
            Hold,
            kind.Level("rated_w", map.Number("rated_w", required: true), _power),
            new RuleParameter("asked_on_percent", map.Number("asked_on_percent", 5)) { Maximum = 100, Unit = "%" },
            new RuleParameter("dark_share", map.Number("dark_share", 0.05)) { Maximum = 1 },
            new RuleParameter("tolerance", map.Number("tolerance", 0.25)) { Maximum = 1 },
            new RuleParameter("day_elevation", map.Number("day_elevation", 6)) { Minimum = -18, Maximum = 90, Unit = "°" }, // degrees: about half an hour after sunrise
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

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new LampRule(head, map, kind);

    private protected override Verdict Judge(in RuleStep step, bool on, out double value, out double threshold)
    {
        value = threshold = double.NaN;
        if (!step.IsFresh(_dim) && !step.IsFresh(_power))
        {
            return Verdict.None;
        }

        var state = step.State;
        var (dim, power) = (state.Values[_dim], state.Values[_power]);
        if (double.IsNaN(dim) || double.IsNaN(power) || Math.Abs(state.Times[_dim] - state.Times[_power]) > _together)
        {
            return Verdict.None; // two values of different times say nothing about each other
        }

        var rated = step.Parameters[RatedIndex];
        var dark = rated * step.Parameters[DarkIndex];
        var askedOn = dim >= step.Parameters[AskedOnIndex];
        var burns = power > dark;
        value = power;
        threshold = dark;
        switch (_check)
        {
            case Check.Failure:
                return askedOn && !burns ? Verdict.On : Verdict.Off;
            case Check.Unexpected:
                return !askedOn && burns ? Verdict.On : Verdict.Off;
            case Check.Dimming:
                threshold = rated * Math.Min(dim, 100) / 100;
                return askedOn && burns && Math.Abs(power - threshold) > rated * step.Parameters[ToleranceIndex] ? Verdict.On : Verdict.Off;
            default:
                if (double.IsNaN(step.Device.Latitude) || double.IsNaN(step.Device.Longitude))
                {
                    return Verdict.None;
                }

                // The sun is asked only for a lamp that burns.
                return askedOn && burns
                    && Sun.Elevation(step.MeasuredAt, step.Device.Latitude, step.Device.Longitude) >= step.Parameters[ElevationIndex]
                    ? Verdict.On
                    : Verdict.Off;
        }
    }
}
