using System.Runtime.InteropServices;
using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Book;

/// <summary>The book as the grains see it.</summary>
internal sealed partial class CityBook : IGrainBook
{
    private const string Cursor =
        "INSERT INTO cursors(server, lane, log, position) VALUES ($1, $2, $3, $4) ON CONFLICT(server, lane) DO UPDATE SET log = $3, position = $4";
    private const string Snapshot =
        "INSERT INTO grains(lane, grain, position, state) VALUES ($1, $2, $3, $4) ON CONFLICT(lane, grain) DO UPDATE SET position = $3, state = $4";

    private long _transitions;
    private long _repeats;

    /// <summary>Transitions that rules have brought in since start.</summary>
    public long Transitions => Volatile.Read(ref _transitions);

    /// <summary>Transitions that were in the book already: a reader started again.</summary>
    public long Repeats => Volatile.Read(ref _repeats);

    /// <inheritdoc/>
    public Task<GrainLoad> LoadAsync(Lane lane, CancellationToken cancel) => Store.ReadAsync(
        sql =>
        {
            LogCursor? cursor = null;
            long said = 0;
            foreach (var (log, position, number) in sql.Query(
                "SELECT log, position, said FROM cursors WHERE server = $1 AND lane = $2", r => (r.GetString(0), r.GetInt64(1), r.GetInt64(2)), Store.Server, (long)lane))
            {
                (cursor, said) = (new LogCursor(Guid.Parse(log), lane, position), number);
            }

            return new GrainLoad(cursor, sql.Query($"SELECT {GrainColumns} FROM grains WHERE lane = $1", ReadGrain, (long)lane)) { Said = said };
        },
        cancel);

    /// <summary>
    /// Binds a lane's grains to the log that is there. Positions count within one log: when the log is another one (a restored
    /// backup, a lost disk), the grains keep their state and read the new log from its beginning.
    /// </summary>
    /// <param name="oldest">The oldest position of the lane, with the log's id.</param>
    /// <param name="end">Its end.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <returns>True when the book knew another log before.</returns>
    /// <exception cref="BookException">It is the same log, but shorter than what the book has seen of it.</exception>
    public Task<bool> AdoptLogAsync(LogCursor oldest, long end, CancellationToken cancel) => Store.WriteAsync(
        transaction =>
        {
            var lane = (long)oldest.Lane;
            var known = transaction.Sql.Query(
                "SELECT log, position FROM cursors WHERE server = $1 AND lane = $2", r => (Log: r.GetString(0), Position: r.GetInt64(1)), Store.Server, lane);
            var log = oldest.LogId.ToString("D");
            if (known is [var cursor] && cursor.Log == log)
            {
                return cursor.Position <= end
                    ? false
                    : throw new BookException(FormattableString.Invariant(
                        $"The log ends at {end} on the {oldest.Lane} lane, but the book has read it up to {cursor.Position}: it was restored from an older copy, or lost its end. Restore the whole data folder from one backup, or move its folder \"log\" away to begin a new log."));
            }

            // The same log under another name: the server was renamed, or the book moved.
            if (transaction.Sql.Number("SELECT max(position) FROM cursors WHERE lane = $1 AND log = $2", lane, log) is { } position && position <= end)
            {
                transaction.Sql.Execute(Cursor, Store.Server, lane, log, position);
                return false;
            }

            transaction.Sql.Execute("UPDATE grains SET position = 0 WHERE lane = $1 AND server = $2", lane, Store.Server);
            transaction.Sql.Execute(Cursor, Store.Server, lane, log, oldest.Position);
            return known.Count > 0;
        },
        cancel);

    /// <inheritdoc/>
    public Task CommitAsync(GrainCommit commit, CancellationToken cancel) => Store.WriteAsync(
        transaction => Commit(transaction, commit),
        cancel,
        commit.Lane == Lane.Alarm ? WritePriority.Alarm : WritePriority.Normal);

    // The engines' parameters take whole arrays, and that is what a snapshot is.
    private static byte[] Bytes(ReadOnlyMemory<byte> state) =>
        MemoryMarshal.TryGetArray(state, out var array) && array.Count == array.Array!.Length ? array.Array : state.ToArray();

    private void Commit(BookTransaction transaction, GrainCommit commit)
    {
        if (Sessions is not null)
        {
            Check(transaction, commit);
        }

        var now = _time.Nanoseconds();
        long added = 0;
        foreach (var change in commit.Changes)
        {
            added += _fold.Apply(transaction, change, now) ? 1 : 0;
        }

        added += _fold.ApplyLate(transaction, commit.Late, now);
        foreach (var snapshot in commit.Snapshots)
        {
            if (Sessions is not null)
            {
                Share(transaction, commit.Lane, snapshot);
            }
            else if (snapshot.State.IsEmpty)
            {
                transaction.Sql.Execute("DELETE FROM grains WHERE lane = $1 AND grain = $2", (long)commit.Lane, snapshot.Grain);
            }
            else
            {
                transaction.Sql.Execute(
                    Snapshot,
                    (long)commit.Lane, snapshot.Grain, snapshot.Position, Bytes(snapshot.State));
            }
        }

        if (commit.Cursor is { } cursor)
        {
            transaction.Sql.Execute(
                Cursor,
                Store.Server, (long)commit.Lane, cursor.LogId.ToString("D"), cursor.Position);
        }

        if (commit.Number > 0)
        {
            transaction.Sql.Execute("UPDATE cursors SET said = $3 WHERE server = $1 AND lane = $2", Store.Server, (long)commit.Lane, commit.Number);
        }

        transaction.AfterCommit(() =>
        {
            Interlocked.Add(ref _transitions, added);
            Interlocked.Add(ref _repeats, commit.Changes.Count + commit.Late.Count - added);
        });
    }
}
