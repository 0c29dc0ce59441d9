using System.Text.Json;
using SmartCity.Ingest.Tests.History;

namespace SmartCity.SystemTests.Support;

/// <summary>Counts and checksums by InfluxQL.</summary>
internal static class InfluxAccounts
{
    /// <summary>Asserts that the database holds exactly what was published.</summary>
    public static async Task HoldsAsync(this InfluxProcess influx, string database, IEnumerable<(string Device, Account Account)> expected)
    {
        var text = await influx.QueryAsync(
            database, $"SELECT count(vehicles_total), sum(vehicles_total), sum(vehicles_per_minute), count(speed_km_h), count(occupancy_percent) FROM {LoadGateway.Kind} GROUP BY device");
        var found = Rows(text).ToDictionary(r => r.Device, r => r.Values, StringComparer.Ordinal);
        var wrong = new List<string>();
        var devices = 0;
        foreach (var (device, account) in expected)
        {
            devices++;
            var values = found.GetValueOrDefault(device);
            if (values is null || values[0] != account.Count || values[1] != account.Total || values[2] != account.Vehicles
                || values[3] != account.Count || values[4] != account.Count)
            {
                wrong.Add($"{device}: published {account}, stored {(values is null ? "nothing" : string.Join(' ', values))}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(devices, found.Count);
    }

    /// <summary>Points a device has of one metric.</summary>
    public static async Task<Dictionary<string, long>> CountsAsync(this InfluxProcess influx, string database, string kind, string metric) =>
        Rows(await influx.QueryAsync(database, $"SELECT count({metric}) FROM {kind} GROUP BY device"))
            .ToDictionary(r => r.Device, r => (long)r.Values[0], StringComparer.Ordinal);

    private static IEnumerable<(string Device, decimal[] Values)> Rows(string answer)
    {
        using var json = JsonDocument.Parse(answer);
        if (!json.RootElement.GetProperty("results")[0].TryGetProperty("series", out var series))
        {
            yield break;
        }

        foreach (var one in series.EnumerateArray())
        {
            yield return (one.GetProperty("tags").GetProperty("device").GetString()!,
                [.. one.GetProperty("values")[0].EnumerateArray().Skip(1).Select(v => v.ValueKind == JsonValueKind.Number ? v.GetDecimal() : 0)]);
        }
    }
}
