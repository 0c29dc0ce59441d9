using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using SmartCity.City;
using SmartCity.Edge.Doctor;

namespace SmartCity.Edge.Cli;

/// <summary>The page of a handover: one file, no script, nothing from elsewhere; it prints on A4 and has two lines to sign.</summary>
internal sealed class HandoverPage(Words words, TimeZoneInfo zone)
{
    private const string Style = """
        @page { size: A4; margin: 16mm }
        body { font: 10.5pt/1.4 "Noto Sans", "Be Vietnam Pro", system-ui, sans-serif; color: #111; max-width: 178mm; margin: 8mm auto }
        h1 { font-size: 17pt; margin: 0 0 1mm } h2 { font-size: 12pt; margin: 6mm 0 1.5mm; border-bottom: .3mm solid #888 }
        p { margin: 1mm 0 } table { border-collapse: collapse; width: 100% }
        th, td { text-align: left; vertical-align: top; padding: 1mm 2mm; border-bottom: .2mm solid #ccc } th { font-weight: 600; color: #333 }
        .n { text-align: right; white-space: nowrap } .pass { color: #06602a } .warn { color: #8a5a00 } .fail { color: #a40000; font-weight: 600 } .skip { color: #666 }
        .fix { color: #333; font-weight: 400 } td:first-child:not(:last-child), td.pass, td.warn { white-space: nowrap } .sign { display: flex; gap: 16mm; margin-top: 18mm; break-inside: avoid }
        .sign div { flex: 1; border-top: .3mm solid #111; padding-top: 1.5mm } tr { break-inside: avoid } code { overflow-wrap: anywhere }
        """;

    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>The gateway's name.</summary>
    public required string Gateway { get; init; }

    /// <summary>When, by the clocks of the place.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who installed.</summary>
    public required string By { get; init; }

    /// <summary>What machine it is: versions, certificate, clock.</summary>
    public required IReadOnlyList<(string Name, string Value)> Machine { get; init; }

    /// <summary>What hangs on it.</summary>
    public required IReadOnlyList<(string What, string Where)> Found { get; init; }

    /// <summary>What was measured; null when nothing could be.</summary>
    public required ControlStatus? Status { get; init; }

    /// <summary>What the doctor found.</summary>
    public required IReadOnlyList<Examined> Examined { get; init; }

    /// <summary>What was done and tested on this day.</summary>
    public required IReadOnlyList<ServiceEntry> Book { get; init; }

    /// <summary>The page.</summary>
    public string Html()
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"").Append(words.Language).Append("\"><head><meta charset=\"utf-8\"><title>")
            .Append(Safe($"{words["handover.title"]} {Gateway}")).Append("</title><style>\n").Append(Style).Append("\n</style></head><body>\n");
        page.Append("<h1>").Append(Safe(words["handover.title"])).Append("</h1><p>").Append(Safe(words.Say("handover.of", Gateway, Moments.Minute(At), By))).Append("</p>\n");
        Section(page, "handover.machine-head", [], Machine.Select(m => Row(Cell(m.Name), $"<td><code>{Safe(m.Value)}</code></td>")));
        Section(page, "handover.found-head", ["handover.what", "handover.where"], Found.Select(f => Row(Cell(f.What), Cell(f.Where))));
        Section(page, "handover.measured-head", ["watch.device", "watch.metric", "watch.value", "watch.age"], Measured());
        Section(page, "handover.tests-head", ["handover.when", "handover.what", "watch.device", "handover.result", "handover.who"], Book.Select(Entry));
        Section(page, "handover.doctor-head", [], Examined.SelectMany(e => e.Findings.Select((f, i) => Row(
            Cell(i == 0 ? words[$"doctor.{e.Check.Name}"] : ""),
            $"<td class=\"{f.Verdict.ToString().ToLowerInvariant()}\">{Safe(words[$"handover.{f.Verdict}"])}</td>",
            $"<td>{Safe(f.What)}{(f is { Fix: { } fix, Verdict: Verdict.Warn or Verdict.Fail } ? $"<br><span class=\"fix\">→ {Safe(fix)}</span>" : "")}</td>"))));
        page.Append("<div class=\"sign\"><div>").Append(Safe(words["handover.sign-installer"])).Append("</div><div>")
            .Append(Safe(words["handover.sign-owner"])).Append("</div></div>\n</body></html>\n");
        return page.ToString();
    }

    private static string Safe(string text) => Encoder.Encode(text);

    private static string Cell(string text) => $"<td>{Safe(text)}</td>";

    private static string Row(params ReadOnlySpan<string> cells) => $"<tr>{string.Concat(cells)}</tr>\n";

    private void Section(StringBuilder page, string head, string[] columns, IEnumerable<string> rows)
    {
        page.Append("<h2>").Append(Safe(words[head])).Append("</h2>\n");
        var all = rows.ToList();
        if (all.Count == 0)
        {
            page.Append("<p class=\"skip\">").Append(Safe(words["handover.nothing"])).Append("</p>\n");
            return;
        }

        page.Append("<table>");
        if (columns.Length > 0)
        {
            page.Append("<tr>").AppendJoin("", columns.Select(c => $"<th>{Safe(words[c])}</th>")).Append("</tr>\n");
        }

        page.AppendJoin("", all).Append("</table>\n");
    }

    private IEnumerable<string> Measured()
    {
        foreach (var row in WatchCommand.Rows(Status ?? new ControlStatus(), words, []))
        {
            var device = Status?.Devices.FirstOrDefault(d => d.Id == row.Device);
            var kind = device is null ? null : KindCatalog.BuiltIn.Find(device.Kind)?.Title;
            var about = device is null ? "" : $"{device.Id}{(kind is null ? "" : $" ({(words.Language == "vi" ? kind.Vi : kind.En)})")}{(device.Place is { } place ? $", {place}" : "")}";
            var tone = row.Tone switch { Tone.Bad => "fail", Tone.Warning => "warn", _ => "" };
            yield return Row(Cell(about), $"<td class=\"{tone}\">{Safe(row.Metric)}</td>", $"<td class=\"n\">{Safe(row.Value)}</td>", $"<td class=\"n\">{Safe(row.Age)}</td>");
        }
    }

    private string Entry(ServiceEntry entry)
    {
        var what = words.Has($"book.{entry.What}") ? words[$"book.{entry.What}"] : entry.What;
        var serials = (entry.OldSerial, entry.NewSerial) is (null, null) ? "" : $" ({entry.OldSerial ?? "–"} → {entry.NewSerial ?? "–"})";
        var (tone, passed) = entry.Passed switch { true => ("pass", words["handover.Pass"]), false => ("fail", words["handover.Fail"]), _ => ("", "") };
        return Row(
            Cell(TimeZoneInfo.ConvertTime(entry.At, zone).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture)),
            Cell($"{what}{(entry.Part is { } part ? $" {part}" : "")}{serials}"), Cell(entry.Device ?? ""),
            $"<td><span class=\"{tone}\">{Safe(passed)}</span> {Safe(entry.Detail)}</td>", Cell(entry.By));
    }
}
