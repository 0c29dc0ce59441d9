using System.Globalization;
using System.Text;

namespace SmartCity.Ingest.Book;

/// <summary>
/// The registry as one CSV table (RFC 4180, UTF-8). The first line names the columns, in any order; <c>type</c> says what a row
/// is (device when missing). Numbers by name are <c>name=value;name=value</c>.
/// </summary>
internal static class RegistryCsv
{
    private const string Type = "type";
    private static readonly string[] Columns =
        [Type, "id", "kind", "gateway", "zone", "street", "name", "ward", "lat", "lon", "thresholds", "settings"];

    /// <summary>Reads edits; the row number of each is noted in <paramref name="rows"/>.</summary>
    /// <exception cref="RegistryException">Some rows cannot be read; says which and why.</exception>
    public static RegistryEdits Read(TextReader text, int maximumRows, Dictionary<object, int> rows)
    {
        var lines = new CsvReader(text);
        var header = lines.Next()?.Select(h => h.Trim().ToLowerInvariant()).ToArray();
        if (header is null || !header.Contains("id") || header.Except(Columns).Any() || header.Distinct().Count() != header.Length)
        {
            throw new RegistryException([new RowError(1, "", "header", $"the first line names the columns, id among them; there are {string.Join(", ", Columns)}")]);
        }

        var (zones, streets, gateways, devices) = (new List<ZoneEdit>(), new List<StreetEdit>(), new List<GatewayEdit>(), new List<DeviceEdit>());
        var errors = new List<RowError>();
        while (errors.Count < 1000 && lines.Next() is { } cells)
        {
            if (cells is [""])
            {
                continue;
            }

            var row = new Row(header, cells, lines.Line, errors);
            if (rows.Count >= maximumRows)
            {
                row.Wrong(Type, FormattableString.Invariant($"more than {maximumRows} rows; import in parts"));
                break;
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

        return errors.Count == 0
            ? new RegistryEdits { Zones = zones, Streets = streets, Gateways = gateways, Devices = devices }
            : throw new RegistryException(errors);
    }

    /// <summary>Writes edits so that <see cref="Read"/> gives them back (the courses of streets are in JSON only).</summary>
    public static void Write(TextWriter to, RegistryEdits edits)
    {
        to.Write(string.Join(',', Columns) + "\n");
        foreach (var z in edits.Zones)
        {
            Line("zone", z.Id, z.Kind, null, null, null, z.Name, z.Ward, Number(z.Lat), Number(z.Lon), null, Numbers(z.Settings));
        }

        foreach (var s in edits.Streets)
        {
            Line("street", s.Id, null, null, null, null, s.Name, s.Ward, null, null, null, null);
        }

        foreach (var g in edits.Gateways)
        {
            Line("gateway", g.Id, null, null, g.Zone, g.Street, g.Name, null, Number(g.Lat), Number(g.Lon), null, null);
        }

        foreach (var d in edits.Devices)
        {
            Line("device", d.Id, d.Kind, d.Gateway, d.Zone, d.Street, d.Name, null, Number(d.Lat), Number(d.Lon), Numbers(d.Thresholds), null);
        }

        void Line(params string?[] cells) => to.Write(string.Join(',', cells.Select(Quoted)) + "\n");
    }

    private static string Quoted(string? cell) =>
        cell is null ? "" : cell.AsSpan().ContainsAny(",\"\r\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private static string? Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture);

    private static string? Numbers(IReadOnlyDictionary<string, double>? numbers) =>
        numbers is null ? null : string.Join(';', numbers.Select(n => n.Key + "=" + Number(n.Value)));

    private sealed class Row(string[] header, IReadOnlyList<string> cells, int line, List<RowError> errors)
    {
        public DeviceEdit Device() => new()
        {
            Id = Text("id") ?? "",
            Kind = Text("kind") ?? "",
            Gateway = Text("gateway"),
            Zone = Text("zone"),
            Street = Text("street"),
            Name = Text("name"),
            Lat = Number("lat"),
            Lon = Number("lon"),
            Thresholds = Numbers("thresholds"),
        };

        public GatewayEdit Gateway() => new()
        {
            Id = Text("id") ?? "",
            Zone = Text("zone"),
            Street = Text("street"),
            Name = Text("name"),
            Lat = Number("lat"),
            Lon = Number("lon"),
        };

        public ZoneEdit Zone() => new()
        {
            Id = Text("id") ?? "",
            Name = Text("name"),
            Kind = Text("kind"),
            Ward = Text("ward"),
            Lat = Number("lat"),
            Lon = Number("lon"),
            Settings = Numbers("settings"),
        };

        public StreetEdit Street() => new() { Id = Text("id") ?? "", Name = Text("name"), Ward = Text("ward") };

        public void Wrong(string field, string message) => errors.Add(new RowError(line, Text("id") ?? "", field, message));

        public string? Text(string column) =>
            Array.IndexOf(header, column) is >= 0 and var i && i < cells.Count && cells[i].Length > 0 ? cells[i] : null;

        private double? Number(string column)
        {
            if (Text(column) is not { } text)
            {
                return null;
            }

            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }

            Wrong(column, "a number with a decimal point, such as 19.8067");
            return null;
        }

        private Dictionary<string, double>? Numbers(string column)
        {
            if (Text(column) is not { } text)
            {
                return null;
            }

            var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (part.Split('=') is not [var name, var value] ||
                    !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ||
                    !numbers.TryAdd(name.Trim(), number))
                {
                    Wrong(column, "name=value;name=value, each name once");
                    return null;
                }
            }

            return numbers;
        }
    }
}

/// <summary>Cells of a CSV text, RFC 4180: quotes may hold commas, line ends and doubled quotes.</summary>
internal sealed class CsvReader(TextReader text)
{
    private const int MaximumCell = 8192;
    private int _line = 1;

    /// <summary>Line at which the last row began, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The next row, or null at the end.</summary>
    /// <exception cref="RegistryException">A quote is never closed, or a cell is longer than 8 KiB.</exception>
    public List<string>? Next()
    {
        if (text.Peek() < 0)
        {
            return null;
        }

        Line = _line;
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        while (true)
        {
            var c = text.Read();
            if (c == '\n')
            {
                _line++;
            }

            if (quoted ? c < 0 : cell.Length > MaximumCell)
            {
                throw new RegistryException([new RowError(Line, "", "row", quoted ? "a quote is opened and never closed" : "a cell is longer than 8 KiB")]);
            }

            if (quoted)
            {
                if (c != '"')
                {
                    cell.Append(cell.Length > MaximumCell ? throw new RegistryException([new RowError(Line, "", "row", "a cell is longer than 8 KiB")]) : (char)c);
                }
                else if (text.Peek() == '"')
                {
                    cell.Append((char)text.Read());
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"' && cell.Length == 0)
            {
                quoted = true;
            }
            else if (c is ',' or '\n' or < 0)
            {
                cells.Add(cell.ToString().TrimEnd('\r'));
                cell.Clear();
                if (c != ',')
                {
                    return cells;
                }
            }
            else
            {
                cell.Append((char)c);
            }
        }
    }
}
