using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;

namespace SmartCity.Ingest.Views;

/// <summary>
/// VN_AQI of the hours behind us, from the hourly means of history by the same formulas as the rule that raises alerts. An hour counts
/// for a pollutant when it has the rule's share of the readings that its kind promises.
/// </summary>
internal static class AirHours
{
    /// <param name="At">End of the hour.</param>
    /// <param name="Aqi">Its index; null when it had too little data.</param>
    /// <param name="Pollutant">The one the index comes from.</param>
    internal sealed record HourView(DateTimeOffset At, int? Aqi, string? Pollutant);

    /// <summary>Hours at most: a week.</summary>
    internal const int MaximumHours = 168;

    /// <summary>The hours that have ended, oldest first.</summary>
    public static async Task<IReadOnlyList<HourView>> ReadAsync(ApiServices services, DeviceRow device, DeviceKind kind, AqiRule rule, int hours, CancellationToken cancel)
    {
        // History's windows begin at whole hours of UTC; a city whose offset is not in whole hours gets hours of UTC here.
        var end = services.Time.GetUtcNow();
        end = end.AddTicks(-(end.Ticks % TimeSpan.TicksPerHour));
        var all = hours + VnAqi.NowcastHours - 1;
        var start = end.AddHours(-all);
        var enough = Math.Max(1, rule.Coverage * 3600 / kind.Interval.TotalSeconds);
        var means = new double[AirView.Pollutants.Length][];
        for (var p = 0; p < means.Length; p++)
        {
            means[p] = [.. Enumerable.Repeat(double.NaN, all)];
            if (rule.MetricOf(AirView.Pollutants[p].Key) is not (>= 0 and var metric))
            {
                continue;
            }

            var query = new HistoryQuery(kind.Name, device.Id, kind.Metrics[metric].Name, Instant.From(start), Instant.From(end), TimeSpan.FromHours(1), all + 1);
            foreach (var window in (await services.History(query, cancel)).Windows)
            {
                var hour = (int)((Instant.ToMoment(window.Start) - start).TotalHours + 0.5);
                if (hour >= 0 && hour < all && window.Count >= enough)
                {
                    means[p][hour] = window.Mean;
                }
            }
        }

        return [.. Enumerable.Range(all - hours, hours).Select(hour => Judge(means, hour, start.AddHours(hour + 1)))];
    }

    private static HourView Judge(double[][] means, int hour, DateTimeOffset at)
    {
        Span<double> now = stackalloc double[means.Length];
        Span<double> back = stackalloc double[VnAqi.NowcastHours];
        for (var p = 0; p < means.Length; p++)
        {
            for (var i = 0; i < back.Length; i++)
            {
                back[i] = means[p][hour - i];
            }

            now[p] = p < 2 ? VnAqi.Nowcast(back) : back[0]; // particles, then gases
        }

        var index = VnAqi.Hourly(now[0], now[1], now[2], now[3], now[4], now[5]);
        if (index < 0)
        {
            return new HourView(at, null, null);
        }

        ReadOnlySpan<Pollutant> of = [Pollutant.PM25, Pollutant.PM10, Pollutant.O3, Pollutant.NO2, Pollutant.SO2, Pollutant.CO];
        var (worst, most) = (0, double.NegativeInfinity);
        for (var p = 0; p < now.Length; p++)
        {
            if (VnAqi.SubIndex(of[p], now[p]) is var own && own > most)
            {
                (worst, most) = (p, own);
            }
        }

        return new HourView(at, index, AirView.Pollutants[worst].Name);
    }
}
