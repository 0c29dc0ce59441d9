using System.Globalization;

namespace SmartCity.Ingest.Book;

/// <summary>
/// The registry as one CSV table (RFC 4180, UTF-8). The first line names the columns, in any order; <c>type</c> says what a row
/// is (device when missing). Numbers by name are <c>name=value;name=value</c>, a street's line <c>lat lon;lat lon</c>, a boundary is
/// GeoJSON, telephone numbers are <c>name|phone|role;name|phone</c>. Columns of lines, boundaries, runbooks and numbers that are not
/// there take nothing away.
/// </summary>
internal static class RegistryCsv
{
    private const string Type = "type";
    private static readonly string[] Columns =
        [Type, "id", "kind", "gateway", "zone", "street", "name", "ward", "lat", "lon", "thresholds", "settings", "line", "boundary", "runbook", "phones"];

    /// <summary>Reads edits; faults of cells are in the read-out, beside the rows that could be read.</summary>
    /// <exception cref="RegistryException">It is no such table at all.</exception>
    public static RegistryReadout Read(TextReader text, int maximumRows)
    {
        var lines = new CsvReader(text);
        var header = lines.Next()?.Select(h => h.Trim().ToLowerInvariant()).ToArray();
        if (header is null || !header.Contains("id") || header.Except(Columns).Any() || header.Distinct().Count() != header.Length)
        {
            var hint = header is [var only] && only.Contains(';', StringComparison.Ordinal)
                ? "the columns are separated by semicolons; save the file with commas (and decimal points)"
                : $"the first line names the columns, id among them; there are {string.Join(", ", Columns)}";
            throw new RegistryException([new RowError(1, "", "header", hint) { Code = hint.Contains("semicolons", StringComparison.Ordinal) ? "semicolons" : null }]);
        }

        var (zones, streets, gateways, devices) = (new List<ZoneEdit>(), new List<StreetEdit>(), new List<GatewayEdit>(), new List<DeviceEdit>());
        var rows = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        var errors = new List<RowError>();
        while (errors.Count < RegistryReadout.MaximumErrors && lines.Next() is { } cells)
        {
            if (cells is [""])
            {
                continue;
            }

            var row = new CsvRow(header, cells, lines.Line, errors);
            if (rows.Count >= maximumRows)
            {
                row.Wrong(Type, FormattableString.Invariant($"more than {maximumRows} rows; import in parts"), "rows");
                break;
            }

            if (cells.Count > header.Length)
            {
                row.Wrong("row", FormattableString.Invariant($"{cells.Count} cells under {header.Length} columns; is a comma not in quotes?"), "cells");
            }

            switch (row.Text(Type) ?? "device")
            {
                case "device":
                    devices.Add(Noted(row.Device()));
                    break;
                case "gateway":
                    gateways.Add(Noted(row.Gateway()));
                    break;
                case "zone":
                    zones.Add(Noted(row.Zone()));
                    break;
                case "street":
                    streets.Add(Noted(row.Street()));
                    break;
                default:
                    row.Wrong(Type, "device, gateway, zone or street");
                    break;
            }

            T Noted<T>(T edit)
                where T : class
            {
                rows[edit] = lines.Line;
                return edit;
            }
        }

        return new RegistryReadout(new RegistryEdits { Zones = zones, Streets = streets, Gateways = gateways, Devices = devices }, rows, errors);
    }

    /// <summary>Writes edits so that <see cref="Read"/> gives them back.</summary>
    public static void Write(TextWriter to, RegistryEdits edits)
    {
        // A column that is not there is left alone when this is read; an empty one would take the numbers away.
        var phones = edits.Zones.All(z => z.Says.HasFlag(EditParts.Phones));
        to.Write(string.Join(',', Columns.Take(phones ? Columns.Length : Columns.Length - 1)) + "\n");
        foreach (var z in edits.Zones)
        {
            Line("zone", z.Id, z.Kind, null, null, null, z.Name, z.Ward, z.Lat, z.Lon, null, CsvCells.Numbers(z.Settings), null, z.Boundary?.ToString(), z.Runbook, CsvCells.Phones(z.Phones));
        }

        foreach (var s in edits.Streets)
        {
            Line("street", s.Id, null, null, null, null, s.Name, s.Ward, null, null, null, null, CsvCells.Course(s.Line), null, null, null);
        }

        foreach (var g in edits.Gateways)
        {
            Line("gateway", g.Id, null, null, g.Zone, g.Street, g.Name, null, g.Lat, g.Lon, null, null, null, null, null, null);
        }

        foreach (var d in edits.Devices)
        {
            Line("device", d.Id, d.Kind, d.Gateway, d.Zone, d.Street, d.Name, null, d.Lat, d.Lon, CsvCells.Numbers(d.Thresholds), null, null, null, null, null);
        }

        void Line(params object?[] cells) => to.Write(string.Join(',', cells.Take(phones ? cells.Length : cells.Length - 1).Select(c => c is double number ? CsvCells.Number(number) : CsvCells.Quoted((string?)c))) + "\n");
    }
}

/// <summary>Texts in cells.</summary>
internal static class CsvCells
{
    /// <summary>
    /// What a spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection. Such a text gets an apostrophe
    /// before it, and loses it again when it is read.
    /// </summary>
    private const string Formula = "=+-@\t\r'";

    /// <summary>A text as it is written: in quotes where it needs them, and no formula.</summary>
    public static string Quoted(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var safe = Formula.Contains(text[0], StringComparison.Ordinal) ? "'" + text : text;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    /// <summary>A cell as it was before it was made safe.</summary>
    public static string Bare(string cell) => cell is ['\'', var next, ..] && Formula.Contains(next, StringComparison.Ordinal) ? cell[1..] : cell;

    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string? Numbers(IReadOnlyDictionary<string, double>? numbers) =>
        numbers is null ? null : string.Join(';', numbers.Select(n => n.Key + "=" + Number(n.Value)));

    public static string? Course(IReadOnlyList<double[]>? line) =>
        line is null ? null : string.Join(';', line.Select(p => Number(p[0]) + " " + Number(p[1])));

    public static string? Phones(IReadOnlyList<ZonePhone>? phones) => phones is null ? null : string.Join(';', phones.Select(
        p => Escaped(p.Name) + "|" + Escaped(p.Phone) + (p.Role is null ? "" : "|" + Escaped(p.Role))));

    /// <summary>The numbers of a cell, or null when it is not such a list.</summary>
    public static List<ZonePhone>? Phones(string cell)
    {
        var phones = new List<ZonePhone>();
        foreach (var phone in Parts(cell, ';'))
        {
            switch (Parts(phone, '|').Select(p => Plain(p).Trim()).ToList())
            {
                case [""]:
                    break;
                case [var name, var number]:
                    phones.Add(new ZonePhone(name, number));
                    break;
                case [var name, var number, var role]:
                    phones.Add(new ZonePhone(name, number, role));
                    break;
                default:
                    return null;
            }
        }

        return phones;
    }

    private static string Escaped(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace(";", "\\;", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);

    private static string Plain(string text)
    {
        var plain = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] == '\\' && i + 1 < text.Length ? text[++i] : text[i]);
        }

        return plain.ToString();
    }

    private static IEnumerable<string> Parts(string text, char by)
    {
        var from = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == by)
            {
                yield return text[from..i];
                from = i + 1;
            }
        }

        yield return text[from..];
    }
}
