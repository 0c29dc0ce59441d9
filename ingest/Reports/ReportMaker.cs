using System.Data.Common;
using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Reports;

/// <summary>Works a report out, page by page: each page is a read of its own, so a month never holds one of the book's readers.</summary>
internal sealed class ReportMaker(ApiServices services)
{
    /// <summary>Open alerts that a shift's report lists.</summary>
    public const int OpenInShift = 200;

    private const int RowsAtOnce = 1000;

    private BookStore Store => services.Book.Store;

    /// <summary>The report of a day or month.</summary>
    public async Task<CityReport> MakeAsync(ReportPeriod period, CancellationToken cancel)
    {
        var now = services.Time.GetUtcNow();
        var until = now < period.To ? now : period.To;
        var devices = services.Book.Registry.Current.Ordered;
        var energy = await new LedgerEnergy(Store).FiguresAsync(devices, services.Kinds, period, services.TimeZone, cancel)
            ?? await new Energy(services.History, services.TimeZone).FiguresAsync(devices, services.Kinds, period, until, cancel);
        return await MakeAsync(period, until, now, energy, cancel);
    }

    /// <summary>The report of a shift.</summary>
    public async Task<CityReport> MakeAsync(ShiftRow shift, CancellationToken cancel)
    {
        var now = services.Time.GetUtcNow();
        var until = shift.To ?? now;
        var period = new ReportPeriod(
            "shift", shift.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), TimeZoneInfo.ConvertTime(shift.From, services.TimeZone), TimeZoneInfo.ConvertTime(until, services.TimeZone));
        var report = await MakeAsync(period, until, now, null, cancel);
        var (from, to) = (Instant.From(shift.From), Instant.From(until));
        var acts = await Store.ReadAsync(
            sql => sql.Query(
                $"SELECT what, count(*) FROM transitions {sql.Dialect.By("transitions_act")} WHERE who = $1 AND recorded_at >= $2 AND recorded_at < $3 AND what <> 'handed-over' GROUP BY what ORDER BY 2 DESC, 1 LIMIT 50",
                r => new CauseFigures(r.GetString(0), r.GetInt64(1)),
                shift.Officer, from, to),
            cancel);
        var open = await Store.ReadAsync(sql => sql.List(new AlertFilter { OnlyOpen = true }, long.MaxValue, OpenInShift * 5), cancel);
        return report with
        {
            Shift = new ShiftFigures(shift.Officer, shift.Note, shift.TookOver, acts,
                [.. open.Where(a => a.RaisedAt < to).OrderByDescending(a => a.Severity).ThenByDescending(a => a.FirstSequence).Take(OpenInShift).Select(AlertView.Of)]),
        };
    }

    private async Task<CityReport> MakeAsync(ReportPeriod period, DateTimeOffset until, DateTimeOffset now, EnergyFigures? energy, CancellationToken cancel)
    {
        var registry = services.Book.Registry.Current;
        return new CityReport(
            period, TimeZoneInfo.ConvertTime(until, services.TimeZone), TimeZoneInfo.ConvertTime(now, services.TimeZone), services.TimeZone.Id,
            await AlertsAsync(period, id => registry.Zones.GetValueOrDefault(id)?.Name, cancel),
            (await SilenceAsync(period.From, until, cancel)).Figures(registry.Ordered),
            energy);
    }

    private async Task<AlertFigures> AlertsAsync(ReportPeriod period, Func<string, string?> zoneName, CancellationToken cancel)
    {
        var tally = new AlertTally();
        var (raised, seq, to) = (Instant.From(period.From), -1L, Instant.From(period.To));
        while (true)
        {
            var (fromRaised, fromSeq) = (raised, seq);
            var rows = await Store.ReadAsync(
                sql => sql.Query(
                    $"""
                    SELECT raised_at, first_seq, kind, zone, severity, state, test, historical, escalation, cause, waiting_since, acknowledged_at
                    FROM alerts {sql.Dialect.By("alerts_raised")} WHERE (raised_at, first_seq) > ($1, $2) AND raised_at < $3 ORDER BY raised_at, first_seq LIMIT $4
                    """,
                    Read, fromRaised, fromSeq, to, RowsAtOnce),
                cancel);
            foreach (var (at, number, row) in rows)
            {
                (raised, seq) = (at, number);
                if (!tally.Add(row))
                {
                    return tally.Figures(zoneName, complete: false);
                }
            }

            if (rows.Count < RowsAtOnce)
            {
                return tally.Figures(zoneName, complete: true);
            }
        }
    }

    private static (long, long, TallyRow) Read(DbDataReader r)
    {
        var waiting = Math.Max(r.GetInt64(0), r.GetInt64(10));
        return (r.GetInt64(0), r.GetInt64(1), new TallyRow(
            r.GetString(2), r.Text(3), Enum.Parse<Severity>(r.GetString(4), ignoreCase: true), r.GetString(5) is not ("resolved" or "closed"), r.Flag(6), r.Flag(7),
            r.GetInt64(8) > 0, r.Text(9), waiting, r.Long(11)));
    }

    // One alert for a gateway that is away: all lamps and cabinets behind it are silent.
    private IEnumerable<string> OfCircuit(string device)
    {
        var registry = services.Book.Registry.Current;
        return registry.Devices.Find(device)?.Row.Gateway is { } gateway
            ? registry.Ordered.Where(d => d.Gateway == gateway && services.Kinds.Find(d.Kind) is { IsOfCircuit: true }).Select(d => d.Id)
            : [device];
    }

    private async Task<Availability> SilenceAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancel)
    {
        var spans = new Availability(from, until);
        var end = Instant.From(until);

        // Those that ended within the period or after it, and those that have not ended.
        var (cleared, seq) = (Instant.From(from), long.MaxValue);
        for (var more = true; more;)
        {
            var (fromCleared, fromSeq) = (cleared, seq);
            var rows = await Store.ReadAsync(
                sql => sql.Query(
                    $"""
                    SELECT cleared_at, first_seq, device, measured_at, rule FROM alerts {sql.Dialect.By("alerts_silent")}
                    WHERE kind = 'silence' AND (cleared_at, first_seq) > ($1, $2) ORDER BY cleared_at, first_seq LIMIT $3
                    """,
                    r => (Cleared: r.GetInt64(0), Seq: r.GetInt64(1), Device: r.Text(2), Onset: r.GetInt64(3), Rule: r.Text(4)),
                    fromCleared, fromSeq, RowsAtOnce),
                cancel);
            Add(rows.Select(r => (r.Device, r.Rule, r.Onset, (long?)r.Cleared)));
            more = rows.Count == RowsAtOnce;
            (cleared, seq) = more ? (rows[^1].Cleared, rows[^1].Seq) : (cleared, seq);
        }

        seq = -1;
        for (var more = true; more;)
        {
            var fromSeq = seq;
            var rows = await Store.ReadAsync(
                sql => sql.Query(
                    $"""
                    SELECT first_seq, device, measured_at, rule FROM alerts {sql.Dialect.By("alerts_silent")}
                    WHERE kind = 'silence' AND cleared_at IS NULL AND first_seq > $1 ORDER BY first_seq LIMIT $2
                    """,
                    r => (Seq: r.GetInt64(0), Device: r.Text(1), Onset: r.GetInt64(2), Rule: r.Text(3)),
                    fromSeq, RowsAtOnce),
                cancel);
            Add(rows.Select(r => (r.Device, r.Rule, r.Onset, (long?)null)));
            more = rows.Count == RowsAtOnce;
            seq = more ? rows[^1].Seq : seq;
        }

        return spans;

        void Add(IEnumerable<(string? Device, string? Rule, long Onset, long? Heard)> rows)
        {
            foreach (var (device, rule, onset, heard) in rows.Where(r => r.Device is not null && r.Onset < end))
            {
                foreach (var silent in rule == CircuitRules.Silence ? OfCircuit(device!) : [device!])
                {
                    spans.Add(silent, onset, heard);
                }
            }
        }
    }
}
