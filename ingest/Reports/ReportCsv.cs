using System.Text;

namespace SmartCity.Ingest.Reports;

/// <summary>A report as one long table: section, item, figure, value, unit. Whoever calculates with it filters by the first columns.</summary>
internal static class ReportCsv
{
    public static byte[] Write(CityReport report, ReportText text)
    {
        var csv = new StringBuilder();
        Put(csv, text["report.section"], text["report.item"], text["report.figure"], text["report.value"], text["report.unit"]);
        Put(csv, text[$"report.{report.Period.Kind}"].Replace("{0}", "", StringComparison.Ordinal).Trim(), report.Period.Name, text["report.from"], Iso(report.Period.From));
        Put(csv, text[$"report.{report.Period.Kind}"].Replace("{0}", "", StringComparison.Ordinal).Trim(), report.Period.Name, text["report.until"], Iso(report.Until));
        if (report.Shift is { } shift)
        {
            Put(csv, text["report.officer"], shift.Officer, text["report.tookover"], shift.TookOver);
            Put(csv, text["report.note"], shift.Note);
            foreach (var act in shift.Acts)
            {
                Put(csv, text["report.acts"], text.Word("step", act.Cause), text["report.count"], act.Total);
            }
        }

        Alerts(csv, report.Alerts, text);
        var availability = report.Availability;
        Put(csv, text["report.availability"], text["report.total"], text["report.available"], availability.Percent, "%");
        foreach (var kind in availability.Kinds)
        {
            var name = text.DeviceKind(kind.Kind);
            Put(csv, text["report.availability"], name, text["report.devices"], kind.Devices);
            Put(csv, text["report.availability"], name, text["report.available"], kind.Percent, "%");
            Put(csv, text["report.availability"], name, text["report.weresilent"], kind.Silent);
        }

        foreach (var device in availability.Worst)
        {
            Put(csv, text["report.worst"], Named(device.Device, device.Name), text["report.silentfor"], device.Seconds, text["unit.seconds"]);
        }

        foreach (var kind in report.Energy?.Kinds ?? [])
        {
            Put(csv, text["report.energy"], text.DeviceKind(kind.Kind), text["report.counters"], kind.Counters);
            Put(csv, text["report.energy"], text.DeviceKind(kind.Kind), text["report.energy"], kind.KilowattHours, "kWh");
        }

        if (report.Energy is { } energy)
        {
            Put(csv, text["report.energy"], text["report.counters"], text["report.read"], energy.Read);
            Put(csv, text["report.energy"], text["report.counters"], text["report.total"], energy.Counters);
        }

        return [.. Csv.Mark, .. Encoding.UTF8.GetBytes(csv.ToString())];
    }

    private static void Alerts(StringBuilder csv, AlertFigures alerts, ReportText text)
    {
        foreach (var (figure, value) in new[]
        {
            ("total", alerts.Total), ("open", alerts.Open), ("escalated", alerts.Escalated), ("false", alerts.FalseAlarms), ("tests", alerts.Tests), ("historical", alerts.Historical),
        })
        {
            Put(csv, text["report.alerts"], null, text["report." + figure], value);
        }

        Response(csv, alerts.Response, text["report.alerts"], null, text);
        foreach (var kind in alerts.Kinds)
        {
            var name = text.Word("kind", kind.Kind);
            Put(csv, text["report.kinds"], name, text["report.total"], kind.Total);
            Put(csv, text["report.kinds"], name, text["report.critical"], kind.Critical);
            Put(csv, text["report.kinds"], name, text["report.major"], kind.Major);
            Put(csv, text["report.kinds"], name, text["report.false"], kind.FalseAlarms);
            Response(csv, kind.Response, text["report.kinds"], name, text);
        }

        foreach (var zone in alerts.Zones)
        {
            var name = zone.Zone is null ? text["report.nozone"] : Named(zone.Zone, zone.Name);
            Put(csv, text["report.zones"], name, text["report.total"], zone.Total);
            Put(csv, text["report.zones"], name, text["report.critical"], zone.Critical);
            Put(csv, text["report.zones"], name, text["report.major"], zone.Major);
            Put(csv, text["report.zones"], name, text["report.false"], zone.FalseAlarms);
        }

        foreach (var cause in alerts.Causes)
        {
            Put(csv, text["report.causes"], text.Word("cause", cause.Cause), text["report.count"], cause.Total);
        }
    }

    private static void Response(StringBuilder csv, ResponseFigures response, string section, string? item, ReportText text)
    {
        Put(csv, section, item, text["report.acknowledged"], response.Acknowledged);
        foreach (var (figure, value) in new[] { ("median", response.Median), ("p90", response.P90), ("longest", response.Longest) })
        {
            Put(csv, section, item, text["report." + figure], value, text["unit.seconds"]);
        }
    }

    private static void Put(StringBuilder csv, object? section, object? item, object? figure = null, object? value = null, object? unit = null) =>
        Csv.Row(csv, section, item, figure, value, unit);

    private static string Named(string id, string? name) => name is null ? id : $"{name} ({id})";

    private static string Iso(DateTimeOffset at) => at.ToString("yyyy-MM-ddTHH:mm:sszzz", System.Globalization.CultureInfo.InvariantCulture);
}
