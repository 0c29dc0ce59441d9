using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Ingest.Reports;

/// <summary>A report as one page for printing: no script, no request, one style sheet that the content policy knows by its hash.</summary>
internal static class ReportHtml
{
    /// <summary>Zones that are printed; the rest are one line.</summary>
    private const int Zones = 40;

    private const string Style = """
        @page { size: A4; margin: 16mm 14mm; }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1.2rem; max-width: 52rem; background: #fff; color: #111; font: 11pt/1.4 "DejaVu Sans", "Liberation Sans", Arial, sans-serif; }
        h1 { font-size: 18pt; margin: 0 0 .2rem; } h2 { font-size: 12.5pt; margin: 1.3rem 0 .4rem; border-bottom: 2px solid #0b7259; padding-bottom: .15rem; break-after: avoid; }
        p { margin: .25rem 0; } .quiet { color: #444; font-size: 9.5pt; } .warn { border-left: 4px solid #a84d00; padding-left: .5rem; }
        .cards { display: flex; flex-wrap: wrap; gap: .5rem; margin: .7rem 0; } .card { flex: 1 1 8rem; border: 1px solid #999; border-radius: 4px; padding: .35rem .6rem; break-inside: avoid; }
        .card b { display: block; font-size: 15pt; line-height: 1.2; } .card span { font-size: 9pt; color: #333; }
        table { width: 100%; border-collapse: collapse; font-size: 9.5pt; } thead { display: table-header-group; } tr { break-inside: avoid; }
        th, td { text-align: left; padding: .22rem .4rem; border-bottom: 1px solid #bbb; vertical-align: top; } th { background: #e8eef0; border-bottom: 1px solid #555; }
        td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } th { vertical-align: bottom; font-size: 8.5pt; padding: .22rem .3rem; } td:first-child { min-width: 6.5rem; }
        .sign { display: flex; justify-content: flex-end; margin-top: 2.5rem; break-inside: avoid; } .sign p { width: 16rem; border-top: 1px solid #111; padding-top: .2rem; text-align: center; }
        @media print { body { padding: 0; max-width: none; } th { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
        """;

    /// <summary>The page's own content policy: nothing but this style sheet.</summary>
    public static string Policy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static byte[] Write(CityReport report, ReportText text)
    {
        var html = new Page(text);
        var title = text.Say("report." + report.Period.Kind, text.Period(report.Period));
        html.Raw($"<!doctype html><html lang=\"{text.Language}\"><head><meta charset=\"utf-8\"><title>").Text(title).Raw("</title><style>").Raw(Style).Raw("</style></head><body><h1>").Text(title).Raw("</h1>");
        html.P(text.Say("report.span", text.Moment(report.Period.From), text.Moment(report.Until)));
        html.P(text.Say("report.made", text.Moment(report.MadeAt), report.TimeZone), "quiet");
        if (report.Until < report.Period.To)
        {
            html.P(text.Say("report.running", text.Moment(report.Until)), "warn");
        }

        Shift(html, report.Shift, text);
        Alerts(html, report, text);
        Devices(html, report.Availability, text);
        Energy(html, report.Energy, text);
        Open(html, report.Shift, report.Period.From.Offset, text);
        html.Raw("</body></html>");
        return html.Bytes();
    }

    private static void Shift(Page html, ShiftFigures? shift, ReportText text)
    {
        if (shift is null)
        {
            return;
        }

        html.Cards((shift.Officer, "officer"), (text.Number(shift.TookOver), "tookover"));
        if (!string.IsNullOrWhiteSpace(shift.Note))
        {
            html.P(text["report.note"] + ": " + shift.Note);
        }

        html.H2("acts");
        html.Table(["act", "#count"], shift.Acts.Select(a => new[] { text.Word("step", a.Cause), text.Number(a.Total) }));
    }

    private static void Alerts(Page html, CityReport report, ReportText text)
    {
        var alerts = report.Alerts;
        html.H2("alerts");
        html.Cards(
            (text.Number(alerts.Total), "total"), (text.Number(alerts.Open), "open"), (text.Number(alerts.Escalated), "escalated"), (text.Number(alerts.FalseAlarms), "false"));
        if (!alerts.Complete)
        {
            html.P(text["report.incomplete"], "warn");
        }

        html.P($"{text["report.tests"]}: {text.Number(alerts.Tests)} · {text["report.historical"]}: {text.Number(alerts.Historical)}", "quiet");
        html.H2("response");
        var all = alerts.Response;
        html.Cards((text.Number(all.Acknowledged), "acknowledged"), (text.Span(all.Median), "median"), (text.Span(all.P90), "p90"), (text.Span(all.Longest), "longest"));
        html.H2("kinds");
        html.Table(
            ["kind", "#total", "#critical", "#major", "#open", "#false", "#acknowledged", "#median", "#p90", "#longest"],
            alerts.Kinds.Select(k => new[]
            {
                text.Word("kind", k.Kind), text.Number(k.Total), text.Number(k.Critical), text.Number(k.Major), text.Number(k.Open), text.Number(k.FalseAlarms),
                text.Number(k.Response.Acknowledged), text.Span(k.Response.Median), text.Span(k.Response.P90), text.Span(k.Response.Longest),
            }));
        html.H2("zones");
        var rest = alerts.Zones.Skip(Zones).ToList();
        var zones = alerts.Zones.Take(Zones).Select(z => Row(z.Zone is null ? text["report.nozone"] : z.Name ?? z.Zone, z.Total, z.Critical, z.Major, z.FalseAlarms));
        html.Table(["zone", "#total", "#critical", "#major", "#false"], rest.Count == 0 ? zones : zones.Append(
            Row(text.Say("report.others", rest.Count), rest.Sum(z => z.Total), rest.Sum(z => z.Critical), rest.Sum(z => z.Major), rest.Sum(z => z.FalseAlarms))));
        html.H2("causes");
        html.Table(["cause", "#count"], alerts.Causes.Select(c => new[] { text.Word("cause", c.Cause), text.Number(c.Total) }));

        string[] Row(string name, long total, long critical, long major, long wrong) => [name, text.Number(total), text.Number(critical), text.Number(major), text.Number(wrong)];
    }

    private static void Devices(Page html, AvailabilityFigures availability, ReportText text)
    {
        html.H2("availability");
        html.Cards((text.Percent(availability.Percent), "available"));
        html.P(text["report.availability.what"], "quiet");
        html.Table(
            ["kind", "#devices", "#available", "#weresilent"],
            availability.Kinds.Select(k => new[] { text.DeviceKind(k.Kind), text.Number(k.Devices), text.Percent(k.Percent), text.Number(k.Silent) }));
        if (availability.Worst.Count > 0)
        {
            html.H2("worst");
            html.Table(["device", "#silentfor"], availability.Worst.Select(d => new[] { d.Name is null ? d.Device : $"{d.Name} ({d.Device})", text.Span(d.Seconds) }));
        }
    }

    private static void Energy(Page html, EnergyFigures? energy, ReportText text)
    {
        if (energy is null)
        {
            return;
        }

        html.H2("energy");
        html.Table(
            ["kind", "#counters", "#kwh"],
            energy.Kinds.Select(k => new[] { text.DeviceKind(k.Kind), text.Number(k.Counters), text.Number(k.KilowattHours, 1) }));
        html.P(text["report.energy.what"] + (energy.Resets > 0 ? " " + text.Say("report.energy.resets", text.Number(energy.Resets)) : ""), "quiet");
        if (energy.Read < energy.Counters)
        {
            html.P(text.Say("report.energy.partial", text.Number(energy.Read), text.Number(energy.Counters)), "warn");
        }
    }

    private static void Open(Page html, ShiftFigures? shift, TimeSpan offset, ReportText text)
    {
        if (shift is null)
        {
            return;
        }

        html.H2("stillopen");
        html.Table(
            ["kind", "severity", "place", "raised", "state"],
            shift.StillOpen.Select(a => new[]
            {
                text.Word("kind", a.Kind), text.Word("severity", Book.AlertTables.Word(a.Severity)), a.Location?.Name ?? a.Zone ?? a.Device ?? "–",
                text.Moment(a.RaisedAt.ToOffset(offset)), text.Word("state", Book.AlertTables.Word(a.State)),
            }));
        html.Raw("<div class=\"sign\"><p>").Text(text["report.signature"]).Raw("</p></div>");
    }

    /// <summary>Builds the page; whatever is not ours goes through <see cref="Text"/>.</summary>
    private sealed class Page(ReportText text)
    {
        private readonly StringBuilder _html = new();

        public Page Raw(string markup)
        {
            _html.Append(markup);
            return this;
        }

        public Page Text(string words)
        {
            _html.Append(WebUtility.HtmlEncode(words));
            return this;
        }

        public void P(string words, string? kind = null) => Raw(kind is null ? "<p>" : $"<p class=\"{kind}\">").Text(words).Raw("</p>");

        public void H2(string key) => Raw("<h2>").Text(text["report." + key]).Raw("</h2>");

        public void Cards(params (string Figure, string Key)[] cards)
        {
            Raw("<div class=\"cards\">");
            foreach (var (figure, key) in cards)
            {
                Raw("<div class=\"card\"><b>").Text(figure).Raw("</b><span>").Text(text["report." + key]).Raw("</span></div>");
            }

            Raw("</div>");
        }

        /// <summary>A table; a head that begins with # is of numbers.</summary>
        public void Table(string[] heads, IEnumerable<string[]> rows)
        {
            var all = rows.ToList();
            if (all.Count == 0)
            {
                P(text["report.none"]);
                return;
            }

            Raw("<table><thead><tr>");
            foreach (var head in heads)
            {
                Raw(head[0] == '#' ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">").Text(text["report." + head.TrimStart('#')]).Raw("</th>");
            }

            Raw("</tr></thead><tbody>");
            foreach (var row in all)
            {
                Raw("<tr>");
                for (var i = 0; i < row.Length; i++)
                {
                    Raw(heads[i][0] == '#' ? "<td class=\"n\">" : "<td>").Text(row[i]).Raw("</td>");
                }

                Raw("</tr>");
            }

            Raw("</tbody></table>");
        }

        public byte[] Bytes() => Encoding.UTF8.GetBytes(_html.ToString());
    }
}
