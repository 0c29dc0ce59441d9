using System.Globalization;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>A table of 10,000 devices, as good as it should be and with 37 bad rows.</summary>
internal static class CityFile
{
    /// <summary>The good table, the bad one, and the line and column of each fault in it, in its order.</summary>
    public static (string Good, string Bad, List<(int Row, string Field)> Wrong) TenThousand()
    {
        var rows = new List<string[]>();
        for (var g = 0; g < 20; g++)
        {
            rows.Add(["gateway", $"gw-{g}", "", "", $"Tủ {g}", "19.8", "105.77", ""]);
        }

        for (var d = 0; d < 10_000; d++)
        {
            rows.Add(["device", $"d-{d:D5}", "streetlight", $"gw-{d % 20}", $"Đèn {d}", Degrees(19.8 + (d / 1e6)), Degrees(105.77 + (d / 1e6)), "rated_w=100"]);
        }

        var good = Table(rows);
        var wrong = new List<(int, string)>();
        for (var n = 0; n < 37; n++)
        {
            var at = 100 + (n * 263);
            var (cell, field, value) = (n % 7) switch
            {
                0 => (1, "id", "Đèn số 1"),
                1 => (2, "kind", "ufo"),
                2 => (3, "gateway", "gw-99"),
                3 => (5, "lat", "bắc"),
                4 => (6, "lon", "1057.7"),
                5 => (7, "thresholds", "rated_w"),
                _ => (1, "id", "d-00000"),
            };
            rows[at][cell] = value;
            wrong.Add((at + 2, field));
        }

        return (good, Table(rows), wrong);
    }

    private static string Degrees(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Table(List<string[]> rows) =>
        "type,id,kind,gateway,name,lat,lon,thresholds\n" + string.Join('\n', rows.Select(r => string.Join(',', r))) + "\n";
}
