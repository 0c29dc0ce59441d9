using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <summary>A grain as it is kept in the book.</summary>
/// <param name="Grain"><c>device/ID</c>, <c>zone/ID</c>, <c>alone/ID</c> or <c>circuit/GATEWAY</c>; unique within a lane.</param>
/// <param name="Position">The log position up to which it has been applied; frames that end at or before it are skipped for it.</param>
/// <param name="State">Opaque. Empty means: forget this grain (delete its row).</param>
public sealed record GrainSnapshot(string Grain, long Position, ReadOnlyMemory<byte> State)
{
    /// <summary>
    /// How often the row has been written by servers that share the book; 0 when it has not. In a commit, of a zone: the one its state was made from. The book
    /// keeps the next one, and refuses the commit when it has another.
    /// </summary>
    public long Revision { get; init; }

    /// <summary>The gateway through which a device was heard that nobody registered; null for all others. Who takes that gateway finds its row by it.</summary>
    public string? HeardFrom { get; init; }
}

/// <summary>A session that a commit rests on.</summary>
/// <param name="Gateway">The gateway, or <c>""</c>.</param>
/// <param name="Epoch">The epoch in which the host took it.</param>
public readonly record struct GrainHold(string Gateway, long Epoch);

/// <summary>What one transaction of the book must hold, all or nothing.</summary>
/// <param name="Lane">Whose grains these are.</param>
/// <param name="Cursor">
/// Where a restarted host must read on, or null to leave the stored cursor as it is. (It lags behind: it moves only when every grain
/// that changed before it is saved.)
/// </param>
/// <param name="Changes">In order. One whose (AlertId, Cause) the book knows already is ignored.</param>
/// <param name="Snapshots">Each replaces the stored one of the same lane and grain.</param>
public sealed record GrainCommit(Lane Lane, LogCursor? Cursor, IReadOnlyList<AlertChange> Changes, IReadOnlyList<GrainSnapshot> Snapshots)
{
    /// <summary>
    /// Alerts that began and ended before anybody who holds their device heard of them, each from its beginning to its end. Taken as history, and only when no
    /// alert of the same thing and rule covers the time.
    /// </summary>
    public IReadOnlyList<AlertChange> Late { get; init; } = [];

    /// <summary>Sessions that must still be this server's. Empty for a server that is alone.</summary>
    public IReadOnlyList<GrainHold> Holds { get; init; } = [];

    /// <summary>Number of the commit among those of this server and lane, rising; 0: not counted.</summary>
    public long Number { get; init; }

    /// <summary>The first number whose outcome is not known: a commit since then may have happened though its answer was lost.</summary>
    public long FirstUnknown { get; init; }
}

/// <summary>What a host starts from.</summary>
/// <param name="Cursor">Where to read on; null when nothing was ever saved: from the log's beginning.</param>
/// <param name="Snapshots">All grains of the lane.</param>
public sealed record GrainLoad(LogCursor? Cursor, IReadOnlyList<GrainSnapshot> Snapshots)
{
    /// <summary>Number of the last commit of this server and lane.</summary>
    public long Said { get; init; }
}

/// <summary>
/// What a commit rested on has moved: another server took a session or was first at a zone, or the commit before it did happen. Nothing was written. The host puts in
/// what is new, leaves out what is no longer its own, and commits again.
/// </summary>
public sealed class GrainsMovedException : Exception
{
    /// <summary>Nothing has moved.</summary>
    public GrainsMovedException()
    {
    }

    /// <summary>In words.</summary>
    public GrainsMovedException(string message)
        : base(message)
    {
    }

    /// <summary>In words, with a cause.</summary>
    public GrainsMovedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What has moved.</summary>
    /// <param name="lost">Sessions that are not this server's, or not in this epoch.</param>
    /// <param name="zones">Zones as the book has them; an empty state: it has none.</param>
    /// <param name="said">Number of the last commit that happened.</param>
    public GrainsMovedException(IReadOnlyList<GrainHold> lost, IReadOnlyList<GrainSnapshot> zones, long said)
        : this($"another server was first: {lost.Count} sessions, {zones.Count} zones") => (Lost, Zones, Said) = (lost, zones, said);

    /// <summary>Sessions that are not this server's, or not in this epoch.</summary>
    public IReadOnlyList<GrainHold> Lost { get; } = [];

    /// <summary>Zones as the book has them; an empty state: it has none.</summary>
    public IReadOnlyList<GrainSnapshot> Zones { get; } = [];

    /// <summary>Number of the last commit that happened.</summary>
    public long Said { get; }
}

/// <summary>The seam to the alert book.</summary>
public interface IGrainBook
{
    /// <summary>What was last committed for a lane.</summary>
    Task<GrainLoad> LoadAsync(Lane lane, CancellationToken cancel);

    /// <summary>The rows of some grains; one that has none is not in the answer.</summary>
    Task<IReadOnlyList<GrainSnapshot>> ReadAsync(Lane lane, IReadOnlyList<string> grains, CancellationToken cancel);

    /// <summary>
    /// One transaction, durable when it returns. A commit that throws may or may not have happened; the host's caller says the same
    /// commit again, and that must come to the same.
    /// </summary>
    /// <exception cref="GrainsMovedException">It did not happen, because what it rested on has moved.</exception>
    Task CommitAsync(GrainCommit commit, CancellationToken cancel);
}
