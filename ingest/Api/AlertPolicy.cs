using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>
/// Which people may do what to which alert. Duty officers and administrators: everything. Lighting operators: alerts about
/// lamps. Technicians: they work on and mend what is broken, but a danger (fire, flood) is not theirs to end. Everybody who may act
/// may add a note. Only duty officers and administrators silence sirens and reset fire alarms.
/// </summary>
internal static class AlertPolicy
{
    public static bool May(Caller caller, AlertAct act, string kind)
    {
        // A siren is silenced and an alarm reset by a person (fire.md), never by a program's key.
        if (act is AlertAct.Silence or AlertAct.Reset)
        {
            return (caller.Roles & (Roles.Operator | Roles.Admin)) != 0;
        }

        if (caller.Kind == CallerKind.Key || (caller.Roles & (Roles.Operator | Roles.Admin)) != 0 || act == AlertAct.Note)
        {
            return true;
        }

        return (caller.Roles.HasFlag(Roles.Lighting) && IsLamp(kind)) ||
            (caller.Roles.HasFlag(Roles.Technician) && !IsDanger(kind) && act is AlertAct.Acknowledge or AlertAct.Start or AlertAct.Resolve);
    }

    private static bool IsLamp(string kind) => kind == "lamp" || kind.StartsWith("lamp-", StringComparison.Ordinal);

    private static bool IsDanger(string kind) => kind is "fire" or "fire-prealarm" or "flood";
}
