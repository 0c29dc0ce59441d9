using System.Globalization;

namespace SmartCity.City;

/// <summary>
/// A lamp that is asked on and goes off and on by itself: a thermal cut-out, a failing driver, a loose wire. On when it has changed between
/// burning and not burning <c>changes</c> times within the <c>window</c>; off when it has burnt through a whole window. Its first minutes
/// after being asked on do not count, and nothing that its supply or its meter may have done.
/// </summary>
public sealed class LampCyclingRule : ConditionRule
{
    private const int RatedIndex = 1;
    private const int AskedOnIndex = 2;
    private const int DarkIndex = 3;
    private const int ChangesIndex = 4;
    private const int WindowIndex = 5;

    private const int AskedSlot = 0;   // asked on since
    private const int BurnsSlot = 1;   // 0 not known, 1 burns, 2 dark
    private const int SteadySlot = 2;  // since when that is so
    private const int NextSlot = 3;
    private const int FirstSlot = 4;
    private const int Kept = 12;

    private const long Settle = 180_000_000_000; // three minutes: a large step and a ramp are over

    private readonly int _dim;
    private readonly int _power;
    private readonly long _interval;

    private LampCyclingRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head, map, kind)
    {
        _dim = kind.Metric(map, "dim");
        _power = kind.Metric(map, "power");
        _interval = kind.Interval.Ticks * TimeSpan.NanosecondsPerTick;
        var window = map.Duration("window", TimeSpan.FromHours(1));
        Parameters =
        [
            Hold,
            kind.Level("rated_w", map.Number("rated_w", required: true), _power),
            new RuleParameter("asked_on_percent", map.Number("asked_on_percent", 5)) { Maximum = 100, Unit = "%" },
            new RuleParameter("dark_share", map.Number("dark_share", 0.05)) { Maximum = 1 },
            new RuleParameter("changes", map.Number("changes", 4)) { Minimum = 2, Maximum = Kept },
            new RuleParameter("window", window.TotalSeconds) { Minimum = 60, Maximum = TimeSpan.FromDays(1).TotalSeconds, Unit = "s" },
        ];
        Shape = new RuleShape("lamp-cycling", [_dim, _power]) { Window = window };
    }

    internal override string Type => "lamp-cycling";

    private protected override int ExtraSlots => FirstSlot + Kept;

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new LampCyclingRule(head, map, kind);

    /// <summary>Is it known of this lamp that it goes off and on by itself? Then its being dark is that, and no failure of its own.</summary>
    internal static bool Cycles(in RuleStep step)
    {
        var kind = step.Device.Kind;
        return kind.CyclingRule >= 0 && IsOn(step.State.Memory.Slice(kind.MemoryOffset(kind.CyclingRule), kind.RuleSpan[kind.CyclingRule].Slots));
    }

    /// <summary>The same of a neighbour.</summary>
    internal static bool Cycles(ICircuitMember member)
    {
        var kind = member.Context.Kind;
        return kind.CyclingRule >= 0 && IsOn(member.Newest.Memory.Slice(kind.MemoryOffset(kind.CyclingRule), kind.RuleSpan[kind.CyclingRule].Slots));
    }

    private protected override string? Evidence(in RuleStep step) => string.Create(
        CultureInfo.InvariantCulture, $"{step.Parameters[ChangesIndex]:0} changes within {step.Parameters[WindowIndex] / 60:0} minutes");

    private protected override Verdict Judge(in RuleStep step, bool on, out double value, out double threshold)
    {
        value = threshold = double.NaN;
        var state = step.State;
        var (dim, power) = (state.Values[_dim], state.Values[_power]);
        if (!step.IsFresh(_power) || double.IsNaN(dim) || !LampEvidence.Together(state.Times[_dim], state.Times[_power], _interval))
        {
            return Verdict.None;
        }

        var own = Own(step);
        if (dim < step.Parameters[AskedOnIndex])
        {
            own[AskedSlot] = own[BurnsSlot] = 0;
            return on ? Verdict.Keep : Verdict.Off;
        }

        if (CircuitLogic.IsLost(step.Circuit))
        {
            own[FirstSlot..].Clear(); // it was the supply
            own[BurnsSlot] = 0;
            return on ? Verdict.Keep : Verdict.Off;
        }

        var at = step.MeasuredAt;
        own[AskedSlot] = own[AskedSlot] == 0 ? at : own[AskedSlot];
        var window = (long)(step.Parameters[WindowIndex] * 1e9);
        var burns = power > step.Parameters[RatedIndex] * step.Parameters[DarkIndex];
        if ((burns ? LampMeterRule.MayReadHigh(step) : LampMeterRule.MayReadLow(step)) || LampSupplyRule.HasNoVoltage(step))
        {
            return on ? Verdict.Keep : Verdict.Off;
        }

        if (own[BurnsSlot] != (burns ? 1 : 2))
        {
            if (own[BurnsSlot] != 0 && at - own[AskedSlot] > Settle)
            {
                var next = (int)((ulong)own[NextSlot] % Kept);
                own[FirstSlot + next] = at;
                own[NextSlot] = (next + 1) % Kept;
            }

            own[BurnsSlot] = burns ? 1 : 2;
            own[SteadySlot] = at;
        }

        value = Changes(own[FirstSlot..], at - window);
        threshold = step.Parameters[ChangesIndex];
        return value >= threshold ? Verdict.On
            : on && at - Math.Max(own[SteadySlot], own[AskedSlot]) < window ? Verdict.Keep
            : Verdict.Off;
    }

    private static int Changes(ReadOnlySpan<long> times, long since)
    {
        var count = 0;
        foreach (var time in times)
        {
            count += time > since ? 1 : 0;
        }

        return count;
    }
}
