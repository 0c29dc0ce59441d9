namespace SmartCity.City;

/// <summary>
/// The cabinet's meter against the sum of its lamps' meters. It says nothing of its own: it learns what the cabinet takes beyond its lamps (its own
/// electronics, losses in the cables, the lamps' meters' errors), and while lamps are dark though asked on it weighs what is beyond that. A lamp's
/// meter rule asks it whether the lamp burns all the same.
/// </summary>
public sealed class CabinetBalanceRule : Rule
{
    private const int Standing = 0;     // W beyond the lamps while they take nothing
    private const int Share = 1;        // of their sum, beyond that, while they burn
    private const int Learnt = 2;       // samples of the share
    private const int Load = 3;         // the lamps' sum at the last reading
    private const int Excess = 4;       // W beyond all that, smoothed
    private const int Spread = 5;       // mean deviation of its samples, W
    private const int Asked = 6;        // what the dark lamps should take together then, W
    private const int Samples = 7;
    private const int At = 8;
    private const int Dead = 9;         // lamps that stand as dead: another number, and what was learnt is another circuit's

    /// <summary>Samples before anything is concluded.</summary>
    private const int Enough = 4;

    /// <summary>Samples of the share before it is known.</summary>
    private const int Lesson = 20;

    /// <summary>Part by which a sum may change from reading to reading: on a ramp readings of different moments do not add up.</summary>
    private const double Steady = 0.03;

    private readonly int _power;
    private readonly long _interval;

    private CabinetBalanceRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head)
    {
        _power = kind.Metric(map, "power");
        _interval = kind.Interval.Ticks * TimeSpan.NanosecondsPerTick;
        Shape = new RuleShape("balance", [_power]);
    }

    internal override int Slots => 10;

    internal override string Type => "balance";

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new CabinetBalanceRule(head, map, kind);

    /// <summary>Does the cabinet find the power that the dark lamps should take? Asked by one of them.</summary>
    internal static bool Finds(Circuit circuit, long at, double wanted)
    {
        ICircuitMember? cabinet = null;
        foreach (var member in circuit.Members)
        {
            if (member.Context.Kind.BalanceRule >= 0)
            {
                if (cabinet is not null)
                {
                    return false; // which lamp is whose nobody knows
                }

                cabinet = member;
            }
        }

        if (cabinet is null)
        {
            return false;
        }

        var kind = cabinet.Context.Kind;
        var own = cabinet.Newest.Memory.Slice(kind.MemoryOffset(kind.BalanceRule), kind.RuleSpan[kind.BalanceRule].Slots);
        var (excess, asked) = (Value(own, Excess), Value(own, Asked));

        var error = Value(own, Spread) + (0.003 * Value(own, Load));

        // All of what the dark lamps should take, or it is not said of any: which of two it is the sum does not tell.
        return own[Samples] >= Enough && own[Learnt] >= Lesson && at - own[At] <= 2 * kind.IntervalNs && asked >= wanted && error < 0.3 * asked && excess > 0.6 * asked && excess < 1.5 * asked;
    }

    internal override void Apply(in RuleStep step)
    {
        if (!step.IsFresh(_power) || step.Circuit is not { IsBehind: false } circuit || !Sum(circuit, step.MeasuredAt, out var load, out var asked, out var dead))
        {
            return;
        }

        var own = step.Memory;
        if (own[Dead] != dead)
        {
            (own[Dead], own[Learnt], own[Samples]) = (dead, 0, 0);
        }

        var power = step.Values[_power];
        var steady = Math.Abs(load - Value(own, Load)) <= Math.Max(5, Steady * load) && step.MeasuredAt - own[At] <= 3 * _interval;
        Set(own, Load, load);
        own[At] = step.MeasuredAt;
        if (Math.Abs(asked - Value(own, Asked)) > Steady * asked)
        {
            own[Samples] = 0;
        }

        Set(own, Asked, asked);
        if (!steady)
        {
            return;
        }

        if (asked > 0)
        {
            Weigh(own, power - Value(own, Standing) - (load * (1 + Value(own, Share))));
        }
        else if (load < 50)
        {
            Set(own, Standing, Smooth(Value(own, Standing), power - load, Value(own, Standing) == 0 ? 1 : 0.05));
        }
        else
        {
            Set(own, Share, Smooth(Value(own, Share), (power - load - Value(own, Standing)) / load, own[Learnt] == 0 ? 1 : 0.05));
            own[Learnt] = Math.Min(own[Learnt] + 1, 1000);
        }
    }

    private static void Weigh(Span<long> own, double sample)
    {
        own[Samples] = Math.Min(own[Samples] + 1, 1000);
        var part = Math.Max(1.0 / own[Samples], 0.15);
        var before = own[Samples] == 1 ? sample : Value(own, Excess);
        Set(own, Spread, own[Samples] == 1 ? 0 : Smooth(Value(own, Spread), Math.Abs(sample - before) * Math.Sqrt(part), part));
        Set(own, Excess, Smooth(before, sample, part));
    }

    /// <summary>
    /// What the lamps take by their own meters, and what those should take that are dark though asked on. False when one of them is not known, or
    /// goes off and on by itself: better no evidence than one that calls a dead lamp a meter.
    /// </summary>
    private static bool Sum(Circuit circuit, long at, out double load, out double asked, out int dead)
    {
        (load, asked, dead) = (0, 0, 0);
        foreach (var member in circuit.Members)
        {
            var kind = member.Context.Kind;
            if (kind.WitnessRule < 0)
            {
                continue;
            }

            if (LampCyclingRule.Cycles(member) || !((LampSupplyRule)kind.Rules[kind.WitnessRule]).Draw(member, at, out var watts, out var wanted))
            {
                return false;
            }

            load += watts;
            asked += wanted;
            dead += CircuitLogic.HasOwnAlert(kind, member.Newest) ? 1 : 0;
        }

        return true;
    }

    private static double Smooth(double was, double now, double part) => was + ((now - was) * part);

    private static double Value(ReadOnlySpan<long> own, int slot) => BitConverter.Int64BitsToDouble(own[slot]);

    private static void Set(Span<long> own, int slot, double value) => own[slot] = BitConverter.DoubleToInt64Bits(value);
}
