using System.Globalization;
using System.Text;
using SmartCity.Ingest.History;

namespace SmartCity.Ingest.Tests.History;

/// <summary>The embedded store answers as InfluxDB does.</summary>
[Collection(RealStoresCollection.Name)]
public sealed class QueryEqualityTests(RealStores real)
{
    [Fact]
    public async Task Pages_and_windows_are_the_same()
    {
        await using var influx = await StoreRig.ForAsync("influx-v1", real);
        await using var embedded = await StoreRig.ForAsync("embedded", real);
        var random = new Random(20260901);
        var text = new StringBuilder();
        for (var n = 0; n < 5_000; n++)
        {
            var time = Readings.Start + random.NextInt64(0, 3 * 86_400_000_000_000);
            text.Append(CultureInfo.InvariantCulture, $"weather,device=w{random.Next(3)} ");
            text.Append(random.Next(3) switch
            {
                0 => string.Create(CultureInfo.InvariantCulture, $"t={random.NextDouble() * 50 - 10:F2},n={random.Next(-5, 100)}i"),
                1 => string.Create(CultureInfo.InvariantCulture, $"t={random.NextDouble() * 1e6:R}"),
                _ => string.Create(CultureInfo.InvariantCulture, $"n={random.Next()}i"),
            });
            text.Append(CultureInfo.InvariantCulture, $" {time}\n");
        }

        await influx.WriteAsync(text.ToString());
        await embedded.WriteAsync(text.ToString());
        TimeSpan?[] steps = [null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(97), TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(30)];
        foreach (var step in steps)
        {
            foreach (var metric in new[] { "t", "n" })
            {
                for (var i = 0; i < 6; i++)
                {
                    var from = Readings.Start + random.NextInt64(0, 86_400_000_000_000);
                    var to = from + 1 + random.NextInt64(0, 3 * 86_400_000_000_000);
                    await SameAsync(influx, embedded, new HistoryQuery("weather", "w" + random.Next(3), metric, from, to, step, i < 3 ? 10_000 : 7 + i));
                }
            }
        }
    }

    private static async Task SameAsync(StoreRig one, StoreRig other, HistoryQuery query)
    {
        long? next = query.From;
        for (var pages = 0; next is { } from && pages < 5; pages++)
        {
            var page = query with { From = from };
            var expected = await one.Store.QueryAsync(page, default);
            var actual = await other.Store.QueryAsync(page, default);
            Assert.Equal(expected.Points, actual.Points);
            Assert.Equal(expected.Next, actual.Next);
            Assert.Equal(expected.Windows.Select(w => (w.Start, w.Minimum, w.Maximum, w.Count)), actual.Windows.Select(w => (w.Start, w.Minimum, w.Maximum, w.Count)));
            foreach (var (a, b) in expected.Windows.Zip(actual.Windows))
            {
                // The order of adding may differ by a rounding.
                Assert.Equal(a.Mean, b.Mean, Math.Max(1e-9, Math.Abs(a.Mean) * 1e-12));
            }

            next = expected.Next;
        }
    }
}
