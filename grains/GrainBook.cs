using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <summary>A grain as it is kept in the book.</summary>
/// <param name="Grain"><c>device/ID</c>, <c>zone/ID</c> or <c>circuit/GATEWAY</c>; unique within a lane.</param>
/// <param name="Position">The log position up to which it has been applied; frames that end at or before it are skipped for it.</param>
/// <param name="State">Opaque. Empty means: forget this grain (delete its row).</param>
public sealed record GrainSnapshot(string Grain, long Position, ReadOnlyMemory<byte> State);

/// <summary>What one transaction of the book must hold, all or nothing.</summary>
/// <param name="Lane">Whose grains these are.</param>
/// <param name="Cursor">
/// Where a restarted host must read on, or null to leave the stored cursor as it is. (It lags behind: it moves only when every grain
/// that changed before it is saved.)
/// </param>
/// <param name="Changes">In order. One whose (AlertId, Cause) the book knows already is ignored.</param>
/// <param name="Snapshots">Each replaces the stored one of the same lane and grain.</param>
public sealed record GrainCommit(Lane Lane, LogCursor? Cursor, IReadOnlyList<AlertChange> Changes, IReadOnlyList<GrainSnapshot> Snapshots);

/// <summary>What a host starts from.</summary>
/// <param name="Cursor">Where to read on; null when nothing was ever saved: from the log's beginning.</param>
/// <param name="Snapshots">All grains of the lane.</param>
public sealed record GrainLoad(LogCursor? Cursor, IReadOnlyList<GrainSnapshot> Snapshots);

/// <summary>The seam to the alert book: SQLite now, PostgreSQL later.</summary>
public interface IGrainBook
{
    /// <summary>What was last committed for a lane.</summary>
    Task<GrainLoad> LoadAsync(Lane lane, CancellationToken cancel);

    /// <summary>
    /// One transaction, durable when it returns. A commit that throws may or may not have happened; the host's caller says the same
    /// commit again, and that must come to the same.
    /// </summary>
    Task CommitAsync(GrainCommit commit, CancellationToken cancel);
}
