using System.Globalization;

namespace SmartCity.Ingest.Book;

/// <summary>One row of the registry's CSV table, read column by column; what cannot be read is noted with its line and column.</summary>
internal sealed class CsvRow(string[] header, IReadOnlyList<string> cells, int line, List<RowError> errors)
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

    public ZoneEdit Zone()
    {
        var zone = new ZoneEdit
        {
            Id = Text("id") ?? "",
            Name = Text("name"),
            Kind = Text("kind"),
            Ward = Text("ward"),
            Lat = Number("lat"),
            Lon = Number("lon"),
            Settings = Numbers("settings"),
        };
        zone = Has("boundary") ? zone with { Boundary = Text("boundary") is { } border ? ZoneBoundary.Judged(() => ZoneBoundary.Parse(border)) : null } : zone;
        zone = Has("runbook") ? zone with { Runbook = Text("runbook") } : zone;
        return Has("phones") ? zone with { Phones = Phones() } : zone;
    }

    public StreetEdit Street()
    {
        var street = new StreetEdit { Id = Text("id") ?? "", Name = Text("name"), Ward = Text("ward") };
        return Has("line") ? street with { Line = Course() } : street;
    }

    public void Wrong(string field, string message, string? code = null) =>
        errors.Add(new RowError(line, Text("id") ?? "", field, message) { Type = Text("type"), Code = code });

    public string? Text(string column) =>
        Array.IndexOf(header, column) is >= 0 and var i && i < cells.Count && cells[i].Length > 0 ? CsvCells.Bare(cells[i]) : null;

    private bool Has(string column) => Array.IndexOf(header, column) >= 0;

    private double? Number(string column)
    {
        if (Text(column) is not { } text)
        {
            return null;
        }

        if (TryNumber(text, out var number))
        {
            return number;
        }

        Wrong(column, "a number with a decimal point, such as 19.8067", "number");
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
            if (part.Split('=') is not [var name, var value] || !TryNumber(value, out var number) || !numbers.TryAdd(name.Trim(), number))
            {
                Wrong(column, "name=value;name=value, each name once");
                return null;
            }
        }

        return numbers;
    }

    private List<double[]>? Course()
    {
        if (Text("line") is not { } text)
        {
            return null;
        }

        var points = new List<double[]>();
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var lat, var lon] || !TryNumber(lat, out var north) || !TryNumber(lon, out var east))
            {
                Wrong("line", "lat lon;lat lon, in degrees, such as 19.8067 105.7852;19.8071 105.7860");
                return null;
            }

            points.Add([north, east]);
        }

        return points;
    }

    private List<ZonePhone>? Phones()
    {
        if (Text("phones") is not { } text)
        {
            return null;
        }

        var phones = CsvCells.Phones(text);
        if (phones is null)
        {
            Wrong("phones", "name|number|role;name|number, such as Bảo vệ|0237 385 1234|trực đêm");
        }

        return phones;
    }

    private static bool TryNumber(string text, out double number) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
