using System.Globalization;

namespace SmartCity.City;

/// <summary>
/// Has a lamp supply? Its own alert is "no voltage at the lamp" (a fuse in the pole, a cable). And it is the lamp's witness in its circuit:
/// what the lamp said last that decides whether it has power, from voltage, power against the level, and a meter that no longer answers
/// (many live on the mains they measure). It stands until the lamp says another thing: at dawn nobody knows more than before.
/// </summary>
public sealed class LampSupplyRule : ConditionRule
{
    private const int RatedIndex = 1;
    private const int AskedOnIndex = 2;
    private const int DarkIndex = 3;
    private const int BelowIndex = 4;
    private const int ClearIndex = 5;

    private const int WordSlot = 0;
    private const int SinceSlot = 1;
    private const int SeenSlot = 2;
    private const int FlagSlot = 3;
    private const int Own4 = 4;

    private const long MuteFlag = 1;
    private const long AbruptFlag = 2; // it burnt, or had voltage, until it said so
    private const long BurnsFlag = 4; // its last word was that it burns

    /// <summary>The fault code of a part that does not answer (docs/decisions/fault-codes.md).</summary>
    private const double NoAnswer = 1;

    private readonly int _dim;
    private readonly int _power;
    private readonly int _voltage;
    private readonly int _fault;
    private readonly long _interval;

    private LampSupplyRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head, map, kind)
    {
        _dim = kind.Metric(map, "dim");
        _power = kind.Metric(map, "power");
        _voltage = kind.Metric(map, "voltage");
        _fault = kind.Metric(map, "fault");
        _interval = kind.Interval.Ticks * TimeSpan.NanosecondsPerTick;
        Parameters =
        [
            Hold,
            kind.Level("rated_w", map.Number("rated_w", required: true), _power),
            new RuleParameter("asked_on_percent", map.Number("asked_on_percent", 5)) { Maximum = 100, Unit = "%" },
            new RuleParameter("dark_share", map.Number("dark_share", 0.05)) { Maximum = 1 },
            kind.Level("no_voltage", map.Number("no_voltage", required: true), _voltage),
            kind.Level("voltage", map.Number("voltage_back", required: true), _voltage),
        ];
        Shape = new RuleShape("lamp-supply", [_voltage, _power]);
    }

    internal override string Type => "lamp-supply";

    private protected override int ExtraSlots => Own4;

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new LampSupplyRule(head, map, kind);

    /// <summary>The lamp's last word, from this rule's slice of memory.</summary>
    internal static SupplyWitness Witness(ReadOnlySpan<long> memory)
    {
        var own = memory[^Own4..];
        return new SupplyWitness(
            (SupplyWord)own[WordSlot], own[SinceSlot], own[SeenSlot], (own[FlagSlot] & MuteFlag) != 0, (own[FlagSlot] & AbruptFlag) != 0);
    }

    /// <summary>Is the lamp without voltage, as far as its kind measures that? Then it is no wonder that it is dark.</summary>
    internal static bool HasNoVoltage(in RuleStep step)
    {
        var kind = step.Device.Kind;
        return kind.WitnessRule >= 0 && IsOn(step.State.Memory.Slice(kind.MemoryOffset(kind.WitnessRule), kind.RuleSpan[kind.WitnessRule].Slots));
    }

    /// <summary>What a lamp draws by its own meter, and what it should draw beyond that when it takes nothing though asked on. False when nothing is known of late.</summary>
    internal bool Draw(ICircuitMember member, long at, out double watts, out double wanted)
    {
        var state = member.Newest;
        var parameters = member.Context.ParametersOf(member.Context.Kind.WitnessRule);
        (watts, wanted) = (state.Values[_power], 0);
        var dim = state.Values[_dim];
        if (LampMeterRule.IsDoubted(member) || double.IsNaN(watts) || double.IsNaN(dim) || at - state.Times[_power] > 2 * _interval || at - state.Times[_dim] > 2 * _interval)
        {
            return false;
        }

        var burns = watts > parameters[RatedIndex] * parameters[DarkIndex];
        wanted = burns || dim < parameters[AskedOnIndex] || CircuitLogic.HasOwnAlert(member.Context.Kind, state) ? 0 : parameters[RatedIndex] * Math.Min(dim, 100) / 100;
        return true;
    }

    private protected override string? Evidence(in RuleStep step) =>
        string.Create(CultureInfo.InvariantCulture, $"{step.State.Values[_voltage]:0} V at the lamp");

    private protected override Verdict Judge(in RuleStep step, bool on, out double value, out double threshold)
    {
        value = threshold = double.NaN;
        var word = WordOf(step, out var mute, out var burns);
        if (word != SupplyWord.Unknown)
        {
            Remember(step, word, mute, burns);
        }
        else if (step.IsFresh(_dim) && step.Values[_dim] < step.Parameters[AskedOnIndex])
        {
            Own(step)[FlagSlot] &= ~BurnsFlag; // it was told to be dark: found dark at dusk it may have died by day
        }

        if (step.Circuit is { } circuit && (word is SupplyWord.Dark or SupplyWord.Cut || circuit.Current.LostOnset != 0))
        {
            CircuitLogic.Consider(circuit, step);
        }

        if (!step.IsFresh(_voltage))
        {
            return Verdict.None;
        }

        value = step.Values[_voltage];
        threshold = step.Parameters[BelowIndex];
        return value < threshold ? Verdict.On : value >= step.Parameters[ClearIndex] || !on ? Verdict.Off : Verdict.Keep;
    }

    private SupplyWord WordOf(in RuleStep step, out bool mute, out bool burns)
    {
        var state = step.State;
        burns = false;
        mute = step.IsFresh(_fault) && step.Values[_fault] == NoAnswer && !step.IsFresh(_power);
        if (mute)
        {
            // Only of a meter that has ever answered.
            return double.IsNaN(state.Values[_power]) ? SupplyWord.Unknown : SupplyWord.Cut;
        }

        if (step.IsFresh(_voltage) && step.Values[_voltage] < step.Parameters[BelowIndex])
        {
            return SupplyWord.Cut;
        }

        var (dim, power) = (state.Values[_dim], state.Values[_power]);
        if (!step.IsFresh(_power) || double.IsNaN(dim) || !LampEvidence.Together(state.Times[_dim], state.Times[_power], _interval) || dim < step.Parameters[AskedOnIndex])
        {
            return step.IsFresh(_voltage) && step.Values[_voltage] >= step.Parameters[ClearIndex] ? SupplyWord.With : SupplyWord.Unknown;
        }

        burns = power > step.Parameters[RatedIndex] * step.Parameters[DarkIndex];
        return (burns ? LampMeterRule.MayReadHigh(step) : LampMeterRule.MayReadLow(step) || LampCyclingRule.Cycles(step)) ? SupplyWord.Unknown
            : burns ? SupplyWord.With
            : SupplyWord.Dark;
    }

    private void Remember(in RuleStep step, SupplyWord word, bool mute, bool burns)
    {
        var own = Own(step);
        if (own[WordSlot] != (long)word)
        {
            var abrupt = (own[FlagSlot] & BurnsFlag) != 0 || (word == SupplyWord.Cut && own[WordSlot] != (long)SupplyWord.Unknown);
            own[WordSlot] = (long)word;
            own[SinceSlot] = step.MeasuredAt;
            own[FlagSlot] = abrupt ? AbruptFlag : 0;
        }

        own[FlagSlot] = (own[FlagSlot] & AbruptFlag) | (mute ? MuteFlag : 0) | (burns ? BurnsFlag : 0);
        own[SeenSlot] = step.MeasuredAt;
    }
}
