using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;

namespace SmartCity.Ingest.Reports;

/// <summary>
/// What energy counters counted in days before there was a ledger (<see cref="LedgerEnergy"/>), from history. A counter is read at the beginning of every day of the period (its first reading of that day), so a month
/// costs some thirty small questions a counter, not its forty thousand readings; a day over which the counter fell is read in full,
/// because it began anew: what it had counted before, and what it has counted since, both count.
/// </summary>
internal sealed class Energy(Func<HistoryQuery, CancellationToken, Task<HistoryPage>> history, TimeZoneInfo zone)
{
    /// <summary>The metric of every counter.</summary>
    public const string Metric = "energy_kwh";

    /// <summary>Time for all counters together; those that are left are told as not read.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Questions at once: two of a store that others ask too.</summary>
    private const int Together = 2;

    /// <summary>The energy of the counters among these devices.</summary>
    /// <exception cref="HistoryStoppedException">The history store does not answer.</exception>
    public async Task<EnergyFigures> FiguresAsync(IReadOnlyList<DeviceRow> devices, KindCatalog kinds, ReportPeriod period, DateTimeOffset until, CancellationToken cancel)
    {
        var counters = devices.Where(d => d.State == Service.Active && kinds.Find(d.Kind)?.IndexOf(Metric) >= 0).ToList();
        var sums = new SortedDictionary<string, (long Counters, double Sum)>(StringComparer.Ordinal);
        var gate = new Lock();
        long read = 0;
        long resets = 0;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        var edges = period.Days(zone).Where(d => d < until).Append(until).Select(Instant.From).ToList();
        try
        {
            await Parallel.ForEachAsync(counters, new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = limit.Token }, async (device, stop) =>
            {
                var counted = await CountAsync(device, edges, stop);
                lock (gate)
                {
                    read++;
                    if (counted is { } found)
                    {
                        var (count, sum) = sums.GetValueOrDefault(device.Kind);
                        sums[device.Kind] = (count + 1, sum + found.Sum);
                        resets += found.Reset ? 1 : 0;
                    }
                }
            });
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Out of time: the report says how many were read.
        }

        return new EnergyFigures([.. sums.Select(s => new KindEnergy(s.Key, s.Value.Counters, Math.Round(s.Value.Sum, 3)))], read, counters.Count, resets);
    }

    // Null when it has no reading in the period. What it counted between the last reading and the end is in nobody's report twice:
    // the last span ends with the first reading at or after the end where there is one, as the next period's begins.
    private async Task<(double Sum, bool Reset)?> CountAsync(DeviceRow device, List<long> edges, CancellationToken cancel)
    {
        HistoryPoint? before = null;
        var any = false;
        var (sum, reset) = (0.0, false);
        for (var i = 0; i < edges.Count; i++)
        {
            // Within its day; the last edge may be answered by what comes up to a day after the period.
            var end = i + 1 < edges.Count ? edges[i + 1] : edges[i] + Instant.Of(TimeSpan.FromHours(1));
            var page = await history(new HistoryQuery(device.Kind, device.Id, Metric, edges[i], end, null, 1), cancel);
            var last = i + 1 == edges.Count;
            if (page.Points.Count == 0 && !last)
            {
                continue;
            }

            if (page.Points.Count == 0)
            {
                // Nothing after the end (a period that runs, or a counter that fell silent): its last span is read in full.
                if (before is { } open)
                {
                    var (rest, fell) = await ReadAsync(device, open.Time, edges[i], cancel);
                    (sum, reset) = (sum + rest, reset || fell);
                }

                break;
            }

            var point = page.Points[0];
            any |= !last;
            if (before is { } earlier && Number(earlier) is { } was && Number(point) is { } now)
            {
                if (now >= was)
                {
                    sum += now - was;
                }
                else
                {
                    var (rest, fell) = await ReadAsync(device, earlier.Time, point.Time + 1, cancel);
                    (sum, reset) = (sum + rest, reset || fell);
                }
            }

            before = Number(point) is null ? before : point;
        }

        return any ? (sum, reset) : null;
    }

    // Every reading of a span; a fall is a counter that began anew at nought.
    private async Task<(double Sum, bool Reset)> ReadAsync(DeviceRow device, long from, long to, CancellationToken cancel)
    {
        double? before = null;
        var (sum, reset) = (0.0, false);
        for (long? next = from; next is { } start && start < to;)
        {
            var page = await history(new HistoryQuery(device.Kind, device.Id, Metric, start, to, null, HistoryQuery.MaximumLimit), cancel);
            foreach (var now in page.Points.Select(Number).OfType<double>())
            {
                if (before is { } was)
                {
                    sum += now >= was ? now - was : now;
                    reset |= now < was;
                }

                before = now;
            }

            next = page.Next;
        }

        return (sum, reset);
    }

    private static double? Number(HistoryPoint point) => point.Value.Number is { } number && double.IsFinite(number) ? number : null;
}
