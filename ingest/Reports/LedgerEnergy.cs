using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Ledger;

namespace SmartCity.Ingest.Reports;

/// <summary>
/// What energy counters counted in calendar days, from the ledger, which has seen every reading: a counter that began anew and passed its old figure the same day
/// is seen, and devices that have left their place meanwhile are in it. The figures are the same ones that the lighting pages show by nights, cut at midnight.
/// </summary>
internal sealed class LedgerEnergy(BookStore store)
{
    private readonly EnergyTables _tables = new(store);

    /// <summary>The energy of a day or month; null when the ledger is younger than the period.</summary>
    public async Task<EnergyFigures?> FiguresAsync(IReadOnlyList<DeviceRow> devices, KindCatalog kinds, ReportPeriod period, TimeZoneInfo zone, CancellationToken cancel)
    {
        if (await _tables.SpanAsync(cancel) is not { } position || position.Since > Instant.From(period.From))
        {
            return null;
        }

        var known = await _tables.MetersAsync(cancel);
        var kindOf = devices.Where(d => known.ContainsKey(d.Id)).ToDictionary(d => known[d.Id], d => d.Kind);
        var days = period.Days(zone).Select(d => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(d, zone).DateTime).DayNumber).ToList();
        var (first, last) = (days[0], days[^1]);
        var counted = new Dictionary<long, (long Energy, bool Reset)>();
        await AddAsync(first - 1, first, s => s.Morning);
        await AddAsync(first, last, s => s.Energy);
        await AddAsync(last, last + 1, s => s.Energy - s.Morning);
        var inService = devices.Count(d => d.State == Service.Active && kinds.Find(d.Kind)?.IndexOf(Energy.Metric) >= 0);
        return new EnergyFigures(
            [
                .. counted.GroupBy(c => kindOf[c.Key], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
                    .Select(g => new KindEnergy(g.Key, g.Count(), Math.Round(g.Sum(c => c.Value.Energy) / 1e6, 3))),
            ],
            inService, inService, counted.Values.Count(c => c.Reset));

        async Task AddAsync(int from, int to, Func<NightSums, long> part)
        {
            foreach (var (meter, sums, _) in await _tables.ByMeterAsync(kindOf.Keys, from, to, cancel))
            {
                var before = counted.GetValueOrDefault(meter);
                counted[meter] = (before.Energy + part(sums), before.Reset || (sums.Marks & (NightMarks.Reset | NightMarks.Jump)) != 0);
            }
        }
    }
}
