using System.Data.Common;
using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>How an act on a window ended.</summary>
internal abstract record MaintenanceResult
{
    internal sealed record Done(MaintenanceView Window) : MaintenanceResult;

    internal sealed record Missing : MaintenanceResult;

    /// <summary>It has ended already.</summary>
    internal sealed record Over(MaintenanceView Window) : MaintenanceResult;

    /// <summary>With those that overlap or join it, the place would be quiet for longer than one may last.</summary>
    internal sealed record TooLong(DateTimeOffset From, DateTimeOffset To) : MaintenanceResult;

    /// <summary>As many as there may be are planned or running.</summary>
    internal sealed record Full : MaintenanceResult;
}

/// <summary>
/// Maintenance windows. Those that have not ended are kept in memory, because every new alert asks for them in front of its PUBACK;
/// the list is replaced as a whole, on the writer's thread, after the commit.
/// </summary>
internal sealed class MaintenanceBook(BookStore store, BookEvents events, Func<RegistrySnapshot> registry, TimeProvider time)
{
    /// <summary>Windows planned or running at once: each new alert looks at all of them.</summary>
    public const int Most = 500;

    private const string Columns = "seq, scope, target, mode, from_at, to_at, note, created_by, created_at, ended_at, ended_by";
    private const int AtOnce = 500;

    private volatile Known _known = new([], 0);
    private HashSet<long> _running = [];

    /// <summary>A window was added or ended, began or ran out: who has told gateways of them should look again. Must be quick; any thread.</summary>
    public event Action? Changed;

    /// <summary>A number that grows by every window that is planned, begins or ends, and with nothing else: the same in every server that has this book.</summary>
    public long Term(long now)
    {
        var known = _known;
        return (3 * (known.All - known.Ahead.Count)) + known.Ahead.Sum(w => 1L + (now >= w.From ? 1 : 0) + (now >= w.To ? 1 : 0));
    }

    /// <summary>Those that run at a moment.</summary>
    public IEnumerable<MaintenanceWindow> Running(long now) => _known.Ahead.Where(w => w.StateAt(now) == MaintenanceState.Running);

    /// <inheritdoc cref="Running(long)"/>
    public IEnumerable<MaintenanceWindow> Running(DateTimeOffset now) => Running(Instant.From(now));

    /// <summary>
    /// The occasion of an alert that is raised now: <c>drill</c>, <c>test</c>, <c>works</c>, or null when it is live. Judged by the moment
    /// at which the book hears of it: what arrives after a window's end is live, whenever it was measured.
    /// </summary>
    public string? OccasionOf(AlertPlace place, string kind, long measuredAt, long now)
    {
        MaintenanceMode? best = null;
        foreach (var window in _known.Ahead)
        {
            if (window.StateAt(now) == MaintenanceState.Running && (best is null || window.Mode < best) && window.Covers(place, kind, measuredAt))
            {
                best = window.Mode;
            }
        }

        return best is { } mode ? Word(mode) : null;
    }

    /// <summary>Reads the book: at start, and when another process has changed it.</summary>
    public async Task LoadAsync(CancellationToken cancel)
    {
        _known = await store.ReadAsync(Ahead, cancel);
        Changed?.Invoke();
    }

    /// <summary>A page: those that have not ended, or all; newest first.</summary>
    public Task<(IReadOnlyList<MaintenanceView> Items, long? Next)> ListAsync(bool onlyCurrent, long before, int limit, CancellationToken cancel) =>
        store.ReadAsync<(IReadOnlyList<MaintenanceView>, long?)>(
            sql =>
            {
                var now = time.Nanoseconds();
                var page = sql.Query(
                    $"SELECT {Columns} FROM maintenance WHERE seq < $1 AND ($2 = 0 OR (ended_at IS NULL AND to_at > $3)) ORDER BY seq DESC LIMIT $4",
                    Read, before, onlyCurrent, now, limit + 1);
                return ([.. page.Take(limit).Select(w => MaintenanceView.Of(w, now))], page.Count > limit ? page[limit - 1].Id : null);
            },
            cancel);

    /// <summary>Plans a window, or begins it when its time is now. Scope, target and times are the caller's to check.</summary>
    public Task<MaintenanceResult> AddAsync(MaintenanceWindow window, CancellationToken cancel) => store.WriteAsync<MaintenanceResult>(
        transaction =>
        {
            var sql = transaction.Sql;
            if (_known.Ahead.Count >= Most)
            {
                return new MaintenanceResult.Full();
            }

            // One test after another is one long test: what is quiet must be looked at in between.
            var (from, to) = Joined(window);
            if (window.Mode == MaintenanceMode.Test && to - from > Instant.Of(MaintenanceWindow.Longest(window.Mode)))
            {
                return new MaintenanceResult.TooLong(Instant.ToMoment(from), Instant.ToMoment(to));
            }

            var number = sql.Number(
                "INSERT INTO maintenance(scope, target, mode, from_at, to_at, note, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING seq",
                Word(window.Scope), window.Target, Word(window.Mode), window.From, window.To, window.Note, window.By, window.CreatedAt);
            var added = window with { Id = number!.Value };
            transaction.Audit(
                window.CreatedAt, window.By, "maintenance-begin", $"{Word(window.Scope)}/{window.Target}",
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Word(window.Mode)} {Instant.ToMoment(window.From):yyyy-MM-ddTHH:mm:sszzz} to {Instant.ToMoment(window.To):yyyy-MM-ddTHH:mm:sszzz}"));
            Replace(transaction);
            return new MaintenanceResult.Done(MaintenanceView.Of(added, time.Nanoseconds()));
        },
        cancel,
        WritePriority.Alarm);

    /// <summary>Ends one before its time.</summary>
    public Task<MaintenanceResult> EndAsync(long id, string who, string? note, CancellationToken cancel) => store.WriteAsync<MaintenanceResult>(
        transaction =>
        {
            var sql = transaction.Sql;
            var now = time.Nanoseconds();
            if (sql.First($"SELECT {Columns} FROM maintenance WHERE seq = $1", Read, id) is not { } window)
            {
                return new MaintenanceResult.Missing();
            }

            if (window.StateAt(now) == MaintenanceState.Ended)
            {
                return new MaintenanceResult.Over(MaintenanceView.Of(window, now));
            }

            sql.Execute("UPDATE maintenance SET ended_at = $2, ended_by = $3, end_note = $4 WHERE seq = $1", id, now, who, note);
            transaction.Audit(now, who, "maintenance-end", $"{Word(window.Scope)}/{window.Target}", note);
            Replace(transaction);
            return new MaintenanceResult.Done(MaintenanceView.Of(window with { EndedAt = now, EndedBy = who }, now));
        },
        cancel,
        WritePriority.Alarm);

    /// <summary>Says <see cref="Changed"/> when a window began or ran out by the clock. About once a second, on every server, for the gateways that are there.</summary>
    public void Look()
    {
        var running = Running(time.Nanoseconds()).Select(w => w.Id).ToHashSet();
        if (!running.SetEquals(_running))
        {
            _running = running;
            Changed?.Invoke();
        }
    }

    /// <summary>
    /// Call it about once a second, on one server. Does what <see cref="Look"/> does, and makes live what goes on
    /// after the end of one: an alert on an occasion that no window gives it any more, open and not cleared, waits for somebody again.
    /// A crash in the middle is made good by the next call, because the window stays unsettled until the last alert is judged.
    /// </summary>
    /// <returns>How many alerts became live.</returns>
    public async Task<int> TickAsync(CancellationToken cancel)
    {
        Look();
        var now = time.Nanoseconds();
        const string Unsettled = "SELECT max(seq) FROM maintenance WHERE settled = 0 AND (to_at <= $1 OR ended_at IS NOT NULL)";
        if (await store.ReadAsync(sql => sql.Number(Unsettled, now), cancel) is not { } last)
        {
            return 0;
        }

        var (live, after) = (0, (long?)0);
        while (after is { } from)
        {
            after = await store.WriteAsync(
                transaction =>
                {
                    var alerts = transaction.Sql.Where(
                        "occasion IS NOT NULL AND state NOT IN ('resolved', 'closed') AND first_seq > $1 ORDER BY first_seq LIMIT $2", from, AtOnce);
                    foreach (var alert in alerts.Where(a => a.ClearedAt is null && IsOver(a, now)))
                    {
                        GoLive(transaction, alert, now);
                        live++;
                    }

                    if (alerts.Count == AtOnce)
                    {
                        return alerts[^1].FirstSequence;
                    }

                    transaction.Sql.Execute(
                        "UPDATE maintenance SET settled = 1 WHERE settled = 0 AND seq <= $2 AND (to_at <= $1 OR ended_at IS NOT NULL)", now, last);
                    Replace(transaction);
                    return (long?)null;
                },
                cancel,
                WritePriority.Alarm);
        }

        return live;
    }

    private static string Word(MaintenanceMode mode) => mode switch
    {
        MaintenanceMode.Drill => "drill",
        MaintenanceMode.Test => "test",
        _ => "works",
    };

    private static string Word(MaintenanceScope scope) => scope switch
    {
        MaintenanceScope.Zone => "zone",
        MaintenanceScope.Street => "street",
        MaintenanceScope.Gateway => "gateway",
        _ => "device",
    };

    private static MaintenanceWindow Read(DbDataReader r) => new()
    {
        Id = r.GetInt64(0),
        Scope = Enum.Parse<MaintenanceScope>(r.GetString(1), ignoreCase: true),
        Target = r.GetString(2),
        Mode = Enum.Parse<MaintenanceMode>(r.GetString(3), ignoreCase: true),
        From = r.GetInt64(4),
        To = r.GetInt64(5),
        Note = r.Text(6),
        By = r.GetString(7),
        CreatedAt = r.GetInt64(8),
        EndedAt = r.Long(9),
        EndedBy = r.Text(10),
    };

    private static Known Ahead(SqlSession sql) => new(
        sql.Query($"SELECT {Columns} FROM maintenance WHERE settled = 0 AND ended_at IS NULL ORDER BY seq", Read),
        sql.Number("SELECT count(*) FROM maintenance") ?? 0);

    private bool IsOver(AlertRecord alert, long now) =>
        OccasionOf(AlertPlace.Of(registry(), alert.Device, alert.Zone), alert.Kind, alert.MeasuredAt, now) is null;

    /// <summary>The whole time of a window and of those of its mode and place, not yet ended, that overlap or join it.</summary>
    private (long From, long To) Joined(MaintenanceWindow window)
    {
        var now = time.Nanoseconds();
        var (from, to) = (window.From, window.To);
        var others = _known.Ahead
            .Where(w => w.Mode == window.Mode && w.Scope == window.Scope && w.Target == window.Target && w.StateAt(now) != MaintenanceState.Ended)
            .ToList();
        while (others.FindIndex(w => w.From <= to && w.To >= from) is var place and >= 0)
        {
            (from, to) = (Math.Min(from, others[place].From), Math.Max(to, others[place].To));
            others.RemoveAt(place);
        }

        return (from, to);
    }

    private void GoLive(BookTransaction transaction, AlertRecord alert, long now)
    {
        var after = alert with { Occasion = null, State = AlertState.Raised, AcknowledgedBy = null, AcknowledgedAt = null };
        AlertTables.Save(
            transaction, after, FormattableString.Invariant($"live:{alert.Revision + 1}"), new AlertStep("live", Instant.ToMoment(now), null, null, 0), now, events);
    }

    private void Replace(BookTransaction transaction)
    {
        var ahead = Ahead(transaction.Sql);
        transaction.AfterCommit(() =>
        {
            _known = ahead;
            Changed?.Invoke();
        });
    }

    /// <summary>Windows that have not ended, and how many there have ever been.</summary>
    private sealed record Known(IReadOnlyList<MaintenanceWindow> Ahead, long All);
}
