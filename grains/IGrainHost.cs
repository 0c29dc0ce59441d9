using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <summary>
/// All grains of one lane, wherever they live: what the reader of the log and those who look at devices need of them. One caller at a time loads, applies,
/// commits and ticks; everything else may be called from any thread.
/// <para>
/// The caller's side of the bargain: <see cref="LoadAsync"/> once; then frames in the order of the log, each batch followed by <see cref="CommitAsync"/>,
/// which is said again until it succeeds; about once a second <see cref="TickAsync"/>. While a commit fails more may be applied as long as
/// <see cref="MayApply"/> says so. Only a commit that returned lets the alarm lane acknowledge, up to <see cref="Position"/>, and not what
/// came through a gateway named in <see cref="Refused"/>.
/// </para>
/// </summary>
public interface IGrainHost
{
    /// <summary>Whose frames it takes.</summary>
    Lane Lane { get; }

    /// <summary>Where a restart would read on: open the reader here (at the log's beginning when null), and advance it to here after each commit, never further.</summary>
    LogCursor? Cursor { get; }

    /// <summary>Behind the last frame applied.</summary>
    LogCursor? Position { get; }

    /// <summary>What it has counted.</summary>
    HostCounters Counters { get; }

    /// <summary>Devices that have reported.</summary>
    int Devices { get; }

    /// <summary>What was said and is not in the book yet, in order; empty when the book has all of it. Any thread; a list that does not change.</summary>
    IReadOnlyList<AlertChange> Pending { get; }

    /// <summary>False when so much waits for the book that nothing more may be applied until a commit succeeds.</summary>
    bool MayApply { get; }

    /// <summary>Called after a commit with the changes that are now in the book. Must be quick; on the caller's thread.</summary>
    Action<IReadOnlyList<AlertChange>>? Committed { get; set; }

    /// <summary>
    /// Called within <see cref="CommitAsync"/>, before it returns, with a gateway whose session turned out to be another server's: what came through it since was
    /// not judged here and must not be acknowledged. Must be quick; on the caller's thread.
    /// </summary>
    Action<string>? Refused { get; set; }

    /// <summary>
    /// The end of the log when the process started; set before <see cref="LoadAsync"/>. What lies before it on the alarm lane was judged and is in the book, or was
    /// never acknowledged: to grains that come from another server's rows it is not told again.
    /// </summary>
    LogCursor? Backlog
    {
        set
        {
        }
    }

    /// <summary>Takes the grains of the book. Call it once, before anything else; then read from <see cref="Cursor"/>.</summary>
    Task LoadAsync(CancellationToken cancel);

    /// <summary>
    /// Applies all frames of a batch, or notes that they are to be applied by the next <see cref="CommitAsync"/>: the batch stays valid until then.
    /// </summary>
    /// <exception cref="InvalidOperationException"><see cref="MayApply"/> is false.</exception>
    void Apply(LogBatch batch);

    /// <summary>Makes what was applied durable where it must be. When it throws, call it again.</summary>
    ValueTask CommitAsync(CancellationToken cancel);

    /// <summary>Judges what only time can, and commits it. Call it about once a second.</summary>
    /// <param name="caughtUp">The reader has read all there is. Without it nothing is judged silent and no hold ends by the clock.</param>
    /// <param name="cancel">Cancels the commit.</param>
    ValueTask TickAsync(bool caughtUp, CancellationToken cancel);

    /// <summary>Saves every grain that changed and moves the cursor to <see cref="Position"/>: for a clean end.</summary>
    Task CheckpointAsync(CancellationToken cancel);

    /// <summary>What is known of a device; null when it has never been heard.</summary>
    DeviceView? Look(string device);

    /// <summary>When a device's newest reading was measured and when one last came, Unix ns; null when it has never been heard. Allocates nothing.</summary>
    (long Measured, long Received)? Heard(string device);

    /// <summary>The newest value of a device's metric and when it was measured, Unix ns; null when it has sent none. Allocates nothing.</summary>
    (double Value, long MeasuredAt)? Newest(string device, string metric);

    /// <summary>An officer acknowledged an alert: a zone in pre-alarm must know, or it becomes a fire. Safe to repeat, and on every server.</summary>
    /// <param name="alertId">The alert; one that is no zone's open pre-alarm is ignored.</param>
    /// <param name="atNs">When, Unix ns.</param>
    /// <returns>False when too many wait already; say it again.</returns>
    bool Acknowledge(string alertId, long atNs);

    /// <summary>An officer reset, resolved or closed a fire or pre-alarm: what its zone saw until now counts no more. Safe to repeat, and on every server.</summary>
    /// <param name="alertId">The alert; one that is no zone's open alert is ignored.</param>
    /// <param name="atNs">When, Unix ns.</param>
    /// <returns>False when too many wait already; say it again.</returns>
    bool Reset(string alertId, long atNs);

    /// <summary>
    /// A gateway's session of this lane is ours: its grains as the book has them. Taken before the next frame, whatever was known of them here. An epoch that
    /// the host has already changes nothing, so it may be said at every connection.
    /// </summary>
    void Adopt(GrainAdoption adoption);

    /// <summary>A gateway's session of this lane is another server's: its grains are no longer ours to judge.</summary>
    void Lose(string gateway);

    /// <summary>Rows of zones that another server may have written.</summary>
    void Refresh(IReadOnlyList<GrainSnapshot> zones);
}

/// <summary>The grains of a gateway's devices (and its circuit) for a server that has taken its session.</summary>
/// <param name="Gateway">The gateway; <c>""</c>: the devices without one, and of gateways that never connected, which are the leader's.</param>
/// <param name="Epoch">The session's epoch in the book; the leader's term for <c>""</c>.</param>
/// <param name="Snapshots">Their rows, read after the session was taken. A device without one begins anew.</param>
public sealed record GrainAdoption(string Gateway, long Epoch, IReadOnlyList<GrainSnapshot> Snapshots)
{
    /// <summary>Called when the host has taken it: until then its rows are in memory twice, so that only some wait at a time. Must be quick.</summary>
    public Action? Taken { get; init; }
}

/// <summary>Who holds which gateway's session, as far as this server knows. A hint: each commit is checked in its own transaction. Must not block or throw.</summary>
public interface IGrainSessions
{
    /// <summary>Terms of leaders are counted from here, so that none is taken for an epoch.</summary>
    public const long FirstTerm = 1L << 62;

    /// <summary>The epoch in which this server holds the gateway's session; the leader's term for a gateway without a session when this server leads; else negative.</summary>
    /// <param name="gateway">The gateway; <c>""</c> for devices without one.</param>
    /// <param name="lane">Whose session.</param>
    long EpochOf(string gateway, Lane lane);

    /// <summary>The gateways whose sessions this server holds by itself, in whichever epoch: before a host loads, those that nobody took since its last life.</summary>
    /// <param name="lane">Whose sessions.</param>
    IReadOnlyList<string> Held(Lane lane);
}
