using System.Globalization;

namespace SmartCity.City;

/// <summary>What is known of a lamp's supply.</summary>
internal enum SupplyWord : byte
{
    /// <summary>Nothing yet.</summary>
    Unknown,

    /// <summary>It burns as asked, or there is voltage.</summary>
    With,

    /// <summary>Asked on it takes no power: the lamp may be dead, or its supply.</summary>
    Dark,

    /// <summary>There is no voltage, or its meter no longer answers.</summary>
    Cut,
}

/// <summary>The last thing a lamp said of its supply that decides anything: it stands until it says another.</summary>
/// <param name="Word">What.</param>
/// <param name="Since">Measured time since which, Unix ns.</param>
/// <param name="Seen">Measured time of the last reading that said so.</param>
/// <param name="Mute">Its meter does not answer: that is all that is known.</param>
/// <param name="Abrupt">It burnt, or had voltage, until then.</param>
internal readonly record struct SupplyWitness(SupplyWord Word, long Since, long Seen, bool Mute, bool Abrupt);

/// <summary>The pure steps of a circuit: one cause, one alert. Called by the rules of its devices, in their order.</summary>
internal static partial class CircuitLogic
{
    /// <summary>Fewer lamps than this are lamps, and no circuit.</summary>
    private const int Least = 3;

    /// <summary>So many that are dark when they are asked on are one thing, though they are not half of the lamps, if they are a quarter: a phase of three.</summary>
    private const int Branch = 5;

    // The neighbours need a reporting interval to speak as well; most have after three quarters of one.
    private const long Settle = 45_000_000_000;

    // One interval, and room for a lost reading and the stagger of a large step.
    private const long Burst = 150_000_000_000;

    /// <summary>Is an alert of the whole circuit standing in place of its devices' own: its cabinet's, or the one concluded from the lamps?</summary>
    public static bool IsLost(Circuit? circuit) => circuit is not null && (circuit.Current.LostOnset != 0 || CabinetIsOut(circuit));

    /// <summary>A lamp said that it is without power, or anything while the circuit is without: what does that make of the circuit?</summary>
    public static void Consider(Circuit circuit, in RuleStep step)
    {
        if (circuit.IsBehind)
        {
            return;
        }

        if (circuit.Current.LostOnset != 0)
        {
            Reconsider(circuit, step);
        }
        else if (circuit.Members.Count >= Least && !CabinetIsOut(circuit))
        {
            Conclude(circuit, step);
        }
    }

    /// <summary>The cabinet's own supply is back: lamps that stay dark from now on are their own trouble.</summary>
    public static void CabinetReturned(Circuit circuit, long at)
    {
        var state = circuit.Work();
        state.Restored = Math.Max(state.Restored, at);
    }

    private static void Conclude(Circuit circuit, in RuleStep step)
    {
        var at = step.MeasuredAt;
        var (without, sure, mute, abrupt, earliest) = (0, 0, 0, 0, long.MaxValue);
        DeviceContext? first = null;
        foreach (var member in circuit.Members)
        {
            // What stands as a lamp's own alert is no part of this; nor is what went dark long ago, or after this reading (read again after a crash).
            if (Witness(member) is var word && IsWithout(member, word) && word.Since >= at - Burst && word.Since <= at)
            {
                without++;
                sure += word.Seen > word.Since ? 1 : 0;
                mute += word.Mute ? 1 : 0;
                abrupt += word.Abrupt ? 1 : 0;
                if (word.Since < earliest)
                {
                    (earliest, first) = (word.Since, member.Context);
                }
            }
        }

        // Enough of them have said it twice: it is no interruption of some seconds.
        if (sure < Least || at - earliest < Settle)
        {
            return;
        }

        var with = 0;
        foreach (var member in circuit.Members)
        {
            with += Witness(member) is { Word: SupplyWord.With } word && word.Seen >= earliest ? 1 : 0;
        }

        // Lamps do not die by threes within a minute; but those that died in the course of a day are all found dark at dusk.
        if (without < with && abrupt < Least && (without < Branch || 4 * without < without + with))
        {
            return;
        }

        var state = circuit.Work();
        (state.LostOnset, state.LostLamps, state.LostHeard) = (earliest, without, step.ReceivedAt);
        step.Sink.Add(Change(circuit, Cabinet(circuit)?.Context ?? first!, step) with
        {
            Value = without,
            MeasuredAt = earliest,
            Detail = Causes.Detail(
                "supply lost",
                string.Create(CultureInfo.InvariantCulture, $"{without} of {without + with} lamps of gateway {circuit.Id} without power, first {first!.Id}"),
                mute == without ? "their meters do not answer: no supply, or their bus is cut" : null,
                CabinetWords(circuit),
                Causes.Words(step.Faults)),
        });
    }

    private static void Reconsider(Circuit circuit, in RuleStep step)
    {
        var (without, with) = (0, 0);
        foreach (var member in circuit.Members)
        {
            var word = Witness(member);
            without += IsWithout(member, word) && word.Since >= circuit.Current.LostOnset - Burst ? 1 : 0;
            with += word.Word == SupplyWord.With ? 1 : 0;
        }

        if (without > circuit.Current.LostLamps)
        {
            circuit.Work().LostLamps = without;
            step.Sink.Decide();
        }

        // A quarter may still be dark: lamps that died meanwhile, and those that have not reported since.
        if (with == 0 || without >= Math.Max(2, circuit.Current.LostLamps / 4))
        {
            return;
        }

        var head = Cabinet(circuit)?.Context ?? step.Device;
        step.Sink.Add(Change(circuit, head, step) with
        {
            What = AlertChangeKind.Cleared,
            Cause = Causes.Cleared(step.MeasuredAt),
            Value = circuit.Current.LostLamps,
            MeasuredAt = step.MeasuredAt,
            Historical = circuit.Current.LostHeard > step.MeasuredAt,
            Detail = string.Create(CultureInfo.InvariantCulture, $"supply back at {with} lamps of gateway {circuit.Id}"),
        });
        var state = circuit.Work();
        (state.LostOnset, state.LostLamps, state.LostHeard) = (0, 0, 0);
        state.Restored = Math.Max(state.Restored, step.MeasuredAt);
    }

    private static AlertChange Change(Circuit circuit, DeviceContext device, in RuleStep step) => new()
    {
        AlertId = AlertIds.Make(circuit.Subject, CircuitRules.Supply, circuit.Current.LostOnset),
        What = AlertChangeKind.Raised,
        Cause = "raised",
        Kind = "power",
        Severity = Severity.Major,
        Device = device.Id,
        Zone = device.Zone,
        Rule = CircuitRules.Supply,
        MeasuredAt = step.MeasuredAt,
        ReceivedAt = step.ReceivedAt,
        AutoResolve = true,
    };

    // A lamp that is known to be dead says nothing by being dark.
    private static bool IsWithout(ICircuitMember member, in SupplyWitness word) =>
        word.Word == SupplyWord.Cut || (word.Word == SupplyWord.Dark && !HasOwnAlert(member.Context.Kind, member.Newest));

    private static SupplyWitness Witness(ICircuitMember member)
    {
        var kind = member.Context.Kind;
        return kind.WitnessRule < 0 ? default : LampSupplyRule.Witness(Slice(member, kind.WitnessRule));
    }

    /// <summary>Does an alert of its own stand, that its circuit might have held back?</summary>
    public static bool HasOwnAlert(DeviceKind kind, DeviceState state)
    {
        var rules = kind.RuleSpan;
        for (var r = 0; r < rules.Length; r++)
        {
            if (rules[r] is ConditionRule { Role: CircuitRole.Held } && ConditionRule.IsRaised(state.Memory.Slice(kind.MemoryOffset(r), rules[r].Slots)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool CabinetIsOut(Circuit circuit)
    {
        foreach (var member in circuit.Members)
        {
            var kind = member.Context.Kind;
            if (kind.SupplyRule >= 0 && ConditionRule.IsRaised(Slice(member, kind.SupplyRule)))
            {
                return true;
            }
        }

        return false;
    }

    private static ICircuitMember? Cabinet(Circuit circuit)
    {
        foreach (var member in circuit.Members)
        {
            if (member.Context.Kind.SupplyRule >= 0)
            {
                return member;
            }
        }

        return null;
    }

    private static string? CabinetWords(Circuit circuit)
    {
        if (Cabinet(circuit) is not { } cabinet)
        {
            return null;
        }

        var kind = cabinet.Context.Kind;
        var volts = cabinet.Newest.Values[kind.Rules[kind.SupplyRule].Shape.Metrics[0]];
        return double.IsNaN(volts) ? null : string.Create(CultureInfo.InvariantCulture, $"cabinet {cabinet.Context.Id} last had {volts:0} V");
    }

    /// <summary>Who stands for the circuit in an alert of all: its cabinet, else the first of its devices.</summary>
    private static DeviceContext Head(Circuit circuit) => (Cabinet(circuit) ?? circuit.Members[0]).Context;

    private static ReadOnlySpan<long> Slice(ICircuitMember member, int rule)
    {
        var kind = member.Context.Kind;
        return member.Newest.Memory.Slice(kind.MemoryOffset(rule), kind.RuleSpan[rule].Slots);
    }
}
