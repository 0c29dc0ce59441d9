using System.Globalization;
using System.Net;

namespace SmartCity.SystemTests.Support;

/// <summary>The server's own figures (<c>/metrics</c>) and its word on what is wrong (<c>/readyz</c>).</summary>
internal static class Figures
{
    /// <summary>A sample by name and, if it has labels, its labels as written: <c>reader="history",lane="alarm"</c>.</summary>
    public static async Task<double> FigureAsync(this ServerProcess server, string name, string? labels = null)
    {
        var start = labels is null ? name + " " : $"{name}{{{labels}}} ";
        var text = await server.Client.GetStringAsync("/metrics");
        var line = text.Split('\n').FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal));
        Assert.True(line is not null, $"No figure {start}in\n{text}");
        return double.Parse(line![start.Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until every reader has dealt with all of the log.</summary>
    public static Task CaughtUpAsync(this ServerProcess server, TimeSpan? limit = null)
    {
        var last = "";
        return Until.TrueAsync(
            async () =>
            {
                var lags = new List<double>();
                foreach (var reader in (string[])["history", "grains"])
                {
                    foreach (var lane in (string[])["telemetry", "alarm"])
                    {
                        lags.Add(await server.FigureAsync("smartcity_reader_lag_bytes", $"reader=\"{reader}\",lane=\"{lane}\""));
                    }
                }

                last = string.Join(' ', lags);
                return lags.TrueForAll(l => l == 0);
            },
            () => $"readers caught up (lags {last})\n{server.Log}",
            limit);
    }

    /// <summary>Status and words of <c>/readyz</c>.</summary>
    public static async Task<(HttpStatusCode Status, string Words)> ReadyAsync(this ServerProcess server)
    {
        using var answer = await server.Client.GetAsync("/readyz");
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
