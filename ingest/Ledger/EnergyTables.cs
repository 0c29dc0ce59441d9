using System.Data.Common;
using System.Text.Json;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Ledger;

/// <summary>Reads the ledger's tables: a month of nights at a time, each a read of its own, so that a year of a city never holds one of the book's readers.</summary>
internal sealed class EnergyTables(BookStore store)
{
    private const int NightsAtOnce = 31;
    private const int Few = 64;
    private const string Sums = "sum(energy), sum(morning), sum(seconds), sum(switches), sum(\"full\"), sum(constant), sum(estimated)";

    private const string Marks =
        "max(marks & 1) | max(marks & 2) | max(marks & 4) | max(marks & 8) | max(marks & 16) | max(marks & 32), count(DISTINCT meter)";

    /// <summary>Rows of meters by device.</summary>
    public async Task<Dictionary<string, long>> MetersAsync(CancellationToken cancel) => (await store.ReadAsync(
        sql => sql.Query("SELECT device, id FROM ledger_meters", r => (Device: r.GetString(0), Id: r.GetInt64(1))), cancel)).ToDictionary(m => m.Device, m => m.Id, StringComparer.Ordinal);

    /// <summary>Sums of meters night by night.</summary>
    /// <param name="meters">Which.</param>
    /// <param name="from">The first night.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="cancel">Stops it.</param>
    public Task<List<(int Key, NightSums Sums, int Meters)>> ByNightAsync(IReadOnlyCollection<long> meters, int from, int to, CancellationToken cancel) => NightsAsync(
        meters, from, to, "night", cancel);

    /// <summary>Sums of nights meter by meter; a meter may come more than once.</summary>
    /// <inheritdoc cref="ByNightAsync"/>
    public Task<List<(int Key, NightSums Sums, int Meters)>> ByMeterAsync(IReadOnlyCollection<long> meters, int from, int to, CancellationToken cancel) => NightsAsync(
        meters, from, to, "meter", cancel);

    /// <summary>Sums of whole months, by month or by meter. They have no part after midnight.</summary>
    /// <param name="meters">Which.</param>
    /// <param name="from">The first month.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="byMeter">By meter, not by month.</param>
    /// <param name="cancel">Stops it.</param>
    public Task<List<(int Key, NightSums Sums, int Meters)>> MonthsAsync(IReadOnlyCollection<long> meters, int from, int to, bool byMeter, CancellationToken cancel)
    {
        var key = byMeter ? "meter" : "month";
        var ids = JsonSerializer.Serialize(meters);
        return store.ReadAsync(
            sql => sql.Query(
                $"""
                SELECT {key}, sum(energy), 0, sum(seconds), sum(switches), sum("full"), sum(constant), sum(estimated), {Marks} FROM ledger_months
                WHERE month >= $1 AND month < $2 AND meter IN {sql.Dialect.Numbers("$3")} GROUP BY {key} ORDER BY {key}
                """,
                Read, from, to, ids),
            cancel);
    }

    /// <summary>Meters as they were written last, by device.</summary>
    public async Task<Dictionary<string, Meter>> StatesAsync(CancellationToken cancel) =>
        (await new LedgerBook(store, new LedgerOptions()).LoadAsync(cancel)).ToDictionary(m => m.Device, StringComparer.Ordinal);

    /// <summary>Since when there is a ledger (Unix ns) and up to when it has read; null when there is none.</summary>
    public Task<(long Since, long ReadTo)?> SpanAsync(CancellationToken cancel) => new LedgerBook(store, new LedgerOptions()).SpanAsync(cancel);

    // All meters of a night stand together. Of a few meters, night by night, each row is looked up; of many, the stretch is read.
    private static string Nights(SqlDialect dialect, string key, bool few) => few
        ? $"""
          WITH RECURSIVE nights(n) AS (VALUES(CAST($1 AS BIGINT)) UNION ALL SELECT n + 1 FROM nights WHERE n + 1 < $2)
          SELECT {key}, {Sums}, {Marks} FROM nights CROSS JOIN {dialect.Rows("$3")} AS chosen CROSS JOIN ledger_nights
          WHERE night = n AND meter = {dialect.Number("chosen.value")} GROUP BY {key} ORDER BY {key}
          """
        : $"SELECT {key}, {Sums}, {Marks} FROM ledger_nights WHERE night >= $1 AND night < $2 AND meter IN {dialect.Numbers("$3")} GROUP BY {key} ORDER BY {key}";

    private async Task<List<(int Key, NightSums Sums, int Meters)>> NightsAsync(IReadOnlyCollection<long> meters, int from, int to, string key, CancellationToken cancel)
    {
        var all = new List<(int Key, NightSums Sums, int Meters)>();
        var ids = JsonSerializer.Serialize(meters);
        for (var night = from; night < to && meters.Count > 0; night += NightsAtOnce)
        {
            var (first, end) = (night, Math.Min(night + NightsAtOnce, to));
            all.AddRange(await store.ReadAsync(sql => sql.Query(Nights(sql.Dialect, key, meters.Count <= Few), Read, first, end, ids), cancel));
        }

        return all;
    }

    private static (int Key, NightSums Sums, int Meters) Read(DbDataReader r) => (
        r.GetInt32(0),
        new NightSums
        {
            Energy = r.GetInt64(1),
            Morning = r.GetInt64(2),
            Seconds = r.GetInt64(3),
            Switches = r.GetInt64(4),
            Full = r.GetInt64(5),
            Constant = r.GetInt64(6),
            Estimated = r.GetInt64(7),
            Marks = (NightMarks)r.GetInt32(8),
        },
        r.GetInt32(9));
}
