using System.Globalization;

namespace SmartCity.City;

/// <content>When the gateway falls silent, that is one thing and not one for each of its lamps.</content>
internal static partial class CircuitLogic
{
    /// <summary>
    /// Must a device's silence wait? While all are silent one alert says it, and whoever comes back after that is given as long as a
    /// device that has just been heard.
    /// </summary>
    public static bool HoldsSilence(Circuit? circuit, long now, long limit) =>
        circuit is { Members.Count: > 1 } && (circuit.Current.SilentOnset != 0 || now - circuit.Current.Back <= limit);

    /// <summary>A device's silence fell due: are all of them silent? Then it is the gateway's.</summary>
    /// <returns>False when a neighbour speaks: it is the device's own.</returns>
    public static bool TakesSilence(Circuit? circuit, SilenceRule rule, long limit, in RuleStep step)
    {
        if (circuit is not { Members.Count: > 1 })
        {
            return false;
        }

        var (measured, received) = (0L, 0L);
        foreach (var member in circuit.Members)
        {
            measured = Math.Max(measured, member.Newest.LastMeasured);
            received = Math.Max(received, member.Newest.LastReceived);
        }

        // Neighbours report once an interval: nobody among them for half the limit means that nobody can.
        if (step.ReceivedAt - received <= limit / 2)
        {
            return false;
        }

        var state = circuit.Work();
        state.SilentOnset = measured + limit;
        SaySilence(circuit, rule, step, AlertChangeKind.Raised, "raised", state.SilentOnset, limit);
        return true;
    }

    /// <summary>A device spoke: the gateway is back.</summary>
    public static void Heard(Circuit circuit, SilenceRule rule, long limit, in RuleStep step)
    {
        SaySilence(circuit, rule, step, AlertChangeKind.Cleared, Causes.Cleared(step.MeasuredAt), step.MeasuredAt, limit);
        var state = circuit.Work();
        state.SilentOnset = 0;
        state.Back = step.ReceivedAt;
    }

    private static void SaySilence(Circuit circuit, SilenceRule rule, in RuleStep step, AlertChangeKind what, string cause, long at, long limit)
    {
        var head = Head(circuit);
        step.Sink.Add(new AlertChange
        {
            AlertId = AlertIds.Make(circuit.Subject, CircuitRules.Silence, circuit.Current.SilentOnset),
            What = what,
            Cause = cause,
            Kind = rule.Alert,
            Severity = Severity.Major,
            Device = head.Id,
            Zone = head.Zone,
            Rule = CircuitRules.Silence,
            Value = (step.ReceivedAt - circuit.Current.SilentOnset + limit) / 1e9,
            Threshold = limit / 1e9,
            MeasuredAt = at,
            ReceivedAt = step.ReceivedAt,
            AutoResolve = true,
            Detail = string.Create(CultureInfo.InvariantCulture, $"communication lost; none of {circuit.Members.Count} devices of gateway {circuit.Id} is heard"),
        });
    }
}
