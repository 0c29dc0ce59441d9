using System.Text.RegularExpressions;

namespace SmartCity.Ingest.Book;

/// <summary>What servers tell each other of: each is read again by itself.</summary>
[Flags]
internal enum BookAreas
{
    None = 0,

    /// <summary>Devices, gateways, zones, streets. Keys: <c>device/ID</c>, <c>gateway/ID</c>, <c>zone/ID</c>, <c>street/ID</c>.</summary>
    Registry = 1 << 0,

    /// <summary>Steps of alerts, and what officers said of fire zones with them.</summary>
    Alerts = 1 << 1,

    /// <summary>Grains of zones. Keys: their names.</summary>
    Zones = 1 << 2,

    /// <summary>Tests, drills and works.</summary>
    Maintenance = 1 << 3,

    /// <summary>Rules of escalation.</summary>
    Escalation = 1 << 4,

    /// <summary>Programmes, calendars, groups and orders of lamps.</summary>
    Lighting = 1 << 5,

    /// <summary>What gateways reported of their lamps. Keys: gateways.</summary>
    Reports = 1 << 6,

    /// <summary>Commands that wait. Keys: gateways.</summary>
    Commands = 1 << 7,

    /// <summary>Who holds which gateway's session. Keys: MQTT client ids.</summary>
    Sessions = 1 << 8,

    /// <summary>Certificates, users, keys.</summary>
    Identity = 1 << 9,

    /// <summary>Who is on call.</summary>
    Rotas = 1 << 10,

    /// <summary>Webhooks, not how far they are.</summary>
    Webhooks = 1 << 11,

    /// <summary>Servers that came, went or took over; not their beats.</summary>
    Servers = 1 << 12,

    All = (1 << 13) - 1,
}

/// <summary>Which area a text of SQL writes to: whoever writes cannot forget to say so.</summary>
internal static partial class BookTables
{
    /// <summary>The area of a statement; none for one that only reads, or whose change is nobody else's business. A table that is not known here concerns everybody.</summary>
    public static BookAreas AreaOf(string sql) => Writes().Match(sql) is { Success: true } write
        ? write.Groups["table"].Value switch
        {
            "zones" or "streets" or "gateways" or "devices" => BookAreas.Registry,
            "alerts" or "transitions" or "zone_acts" => BookAreas.Alerts,
            "maintenance" => BookAreas.Maintenance,
            "escalation" => BookAreas.Escalation,
            "lighting" or "light_overrides" => BookAreas.Lighting,
            "reports" => BookAreas.Reports,
            "commands" => write.Groups["insert"].Success ? BookAreas.Commands : BookAreas.None, // what became of one is asked for, not waited for
            "gateway_sessions" => BookAreas.Sessions,
            "certificates" or "users" => BookAreas.Identity,
            "api_keys" => sql.Contains("used_at =", StringComparison.Ordinal) ? BookAreas.None : BookAreas.Identity,
            "rotas" => BookAreas.Rotas,
            "webhooks" => sql.Contains("SET position =", StringComparison.Ordinal) ? BookAreas.None : BookAreas.Webhooks,
            "dead_letters" => sql.Contains("'retrying'", StringComparison.Ordinal) ? BookAreas.Webhooks : BookAreas.None,

            // In nobody's memory but the writer's, or told of by who writes.
            "grains" or "cursors" or "audit" or "sessions" or "login_codes" or "enrolments" or "shifts" or "servers" => BookAreas.None,
            "incidents" or "incident_devices" or "incident_kinds" => BookAreas.None, // with the alerts
            var table when table.StartsWith("ledger_", StringComparison.Ordinal) => BookAreas.None,
            _ => BookAreas.All,
        }
        : BookAreas.None;

    [GeneratedRegex(@"\A\s*(WITH\b.*?)?((?<insert>INSERT\s+INTO)|UPDATE|DELETE\s+FROM)\s+(?<table>[a-z_]+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Singleline, 1000)]
    private static partial Regex Writes();
}
