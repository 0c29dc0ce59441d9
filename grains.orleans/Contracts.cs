using SmartCity.City;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// A device of one lane, or all devices of one circuit, on the server that has its gateway; its key is <see cref="GrainKeys.Of"/>. Whoever calls holds the gateway's session and says so in the
/// terms; one who says an earlier session than the grain has met is turned away.
/// </summary>
internal interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>Readings of one batch, in order. What they make the grain say it says again at each call until the terms say that the book has it.</summary>
    ValueTask<DeviceAnswer> ApplyAsync(CallTerms terms, DeviceReadings readings);

    /// <summary>Time passed.</summary>
    ValueTask<DeviceAnswer> TickAsync(CallTerms terms, DeviceTick tick);

    /// <summary>What goes on at a device now, as if it had begun then (Unix ns): for a zone that begins anew.</summary>
    ValueTask<DeviceAnswer> RestateAsync(CallTerms terms, string device, long at);

    /// <summary>The rows of those that were read of behind this position of the caller's log: for a checkpoint.</summary>
    ValueTask<KeptRow[]> KeepAsync(CallTerms terms, long since);

    /// <summary>A device is another grain's from now on, or nobody's. Its row as it is now; null when nothing is known of it.</summary>
    ValueTask<KeptRow?> ReleaseAsync(CallTerms terms, string device);

    /// <summary>A device that another grain has released.</summary>
    ValueTask JoinAsync(CallTerms terms, KeptRow row);
}

/// <summary>A fire zone, or a device that is its own; its key is lane and row of the book, see <see cref="GrainKeys"/>.</summary>
internal interface IZoneGrain : IGrainWithStringKey
{
    /// <summary>
    /// What words of devices, in order, would make of it. It stays as it is: the caller puts the row into the book, with the devices' own, and says so. Words that it knows
    /// change nothing.
    /// </summary>
    ValueTask<ZoneStep> TellAsync(ZoneWords words);

    /// <summary>The book has the row of the step that was made from this revision.</summary>
    ValueTask ConfirmAsync(long revision);

    /// <summary>The book has this row: another server was first.</summary>
    ValueTask RefreshAsync(KeptRow row, long revision);

    /// <summary>An officer acknowledged or reset the alert that it has open. The caller has heard of that revision of the row: an older one is read again.</summary>
    ValueTask<ZoneAnswer> ObeyAsync(ZoneOrder order, long known);

    /// <summary>Time passed, Unix ns. The caller has heard of that revision of the row.</summary>
    ValueTask<ZoneAnswer> TickAsync(long now, long known);
}

/// <summary>A gateway whose devices somebody has to watch, should its server die.</summary>
internal interface IWatchGrain : IGrainWithStringKey
{
    /// <summary>Its devices are watched by the caller's server.</summary>
    ValueTask WatchAsync();
}

/// <summary>What a call rests on.</summary>
/// <param name="Host">The caller: one life of one server's lane.</param>
/// <param name="Gateway">The gateway whose session it calls in.</param>
/// <param name="Epoch">The session's epoch. What the grain remembers of another caller or session does not count: it begins with its rows.</param>
/// <param name="Log">The caller's log.</param>
/// <param name="Backlog">The end of that log when the caller began; negative: not known.</param>
/// <param name="Said">What the grain has said up to this number is in the book, with the rows that came with it.</param>
/// <param name="Heard">The highest number that the caller has heard of it: what it says anew is counted from there.</param>
/// <param name="Turn">Calls of this caller that the grain has answered: one that counts otherwise has not heard all of them, and begins with its rows.</param>
/// <param name="Gap">Should it begin with its rows now: somebody has seen more of its devices than those show.</param>
[GenerateSerializer, Immutable]
internal sealed record CallTerms(Guid Host, string Gateway, long Epoch, Guid Log, long Backlog, long Said, long Heard, long Turn, bool Gap);

/// <summary>A row of the book, as <see cref="GrainSnapshot"/>.</summary>
/// <param name="Grain">Its name.</param>
/// <param name="Position">Of the log that the state names.</param>
/// <param name="State">The state.</param>
[GenerateSerializer, Immutable]
internal readonly record struct KeptRow(string Grain, long Position, byte[] State);

/// <summary>Readings of one batch.</summary>
[GenerateSerializer, Immutable]
internal sealed class DeviceReadings
{
    /// <summary>Canonical lines, each with its ending.</summary>
    [Id(0)]
    public required byte[] Lines { get; init; }

    /// <summary>One for each line.</summary>
    [Id(1)]
    public required ReadingPlace[] Places { get; init; }
}

/// <summary>Where a line stands, and what intake said of it.</summary>
/// <param name="End">The position just behind its frame.</param>
/// <param name="ReceivedAt">When it came, Unix ns.</param>
/// <param name="Order">Its number among all that the caller has said since it began.</param>
/// <param name="Faults">As <see cref="ReadingFaults"/>.</param>
[GenerateSerializer, Immutable]
internal readonly record struct ReadingPlace(long End, long ReceivedAt, long Order, int Faults);

/// <summary>A moment at which time itself is judged, by a reader that has caught up.</summary>
/// <param name="Now">Unix ns.</param>
/// <param name="ListeningSince">Unix ns: since when it has been caught up without a break.</param>
/// <param name="Order">Its number, as of a line.</param>
[GenerateSerializer, Immutable]
internal sealed record DeviceTick(long Now, long ListeningSince, long Order);

/// <summary>What a call came to.</summary>
/// <param name="Said">What it says; null: nothing.</param>
/// <param name="Wake">Unix ns: ask it then at the latest; <see cref="long.MaxValue"/>: not without another reading.</param>
/// <param name="IsPast">The grain has met a later session: nothing was done.</param>
/// <param name="HasRead">It began with its rows: whether the session still was the caller's then, the book has to say before anything is acknowledged that rests on them.</param>
[GenerateSerializer, Immutable]
internal readonly record struct DeviceAnswer(DeviceSaid? Said, long Wake, bool IsPast = false, bool HasRead = false);

/// <summary>What a grain has said that is not confirmed, and the rows that go into the book with it.</summary>
[GenerateSerializer, Immutable]
internal sealed class DeviceSaid
{
    /// <summary>Goes up with everything it says.</summary>
    [Id(0)]
    public long Number { get; init; }

    /// <summary>Changes, each with its line's number.</summary>
    [Id(1)]
    public required SaidChange[] Changes { get; init; }

    /// <summary>Words to zones.</summary>
    [Id(2)]
    public required SaidSignal[] Signals { get; init; }

    /// <summary>The devices that spoke, and their circuit when it decided something, as they are now.</summary>
    [Id(3)]
    public required KeptRow[] Rows { get; init; }
}

/// <param name="Order">The number of the line, or of the tick.</param>
/// <param name="Change">What is said.</param>
[GenerateSerializer, Immutable]
internal readonly record struct SaidChange(long Order, AlertChange Change);

/// <param name="Order">The number of the line, or of the tick.</param>
/// <param name="Zone">The row of its zone then.</param>
/// <param name="Signal">The word.</param>
[GenerateSerializer, Immutable]
internal readonly record struct SaidSignal(long Order, string Zone, ZoneSignal Signal);

/// <summary>Words of a zone's devices.</summary>
[GenerateSerializer, Immutable]
internal sealed class ZoneWords
{
    /// <summary>In order.</summary>
    [Id(0)]
    public required SaidSignal[] Signals { get; init; }

    /// <summary>The revision of the row that the caller has heard of.</summary>
    [Id(1)]
    public long Known { get; init; }
}

/// <summary>What words would make of a zone.</summary>
[GenerateSerializer, Immutable]
internal sealed class ZoneStep
{
    /// <summary>What it would say, each with the number of the line that made it.</summary>
    [Id(0)]
    public required SaidChange[] Changes { get; init; }

    /// <summary>Its row then.</summary>
    [Id(1)]
    public required KeptRow Row { get; init; }

    /// <summary>The revision of the row that it was made from.</summary>
    [Id(2)]
    public long Revision { get; init; }
}

/// <param name="Kind">Acknowledged or reset.</param>
/// <param name="Alert">The alert; when the zone has another open, or none, nothing happens.</param>
/// <param name="At">When, Unix ns.</param>
[GenerateSerializer, Immutable]
internal sealed record ZoneOrder(ZoneSignalKind Kind, string Alert, long At);

/// <summary>Where a zone stands after a call.</summary>
/// <param name="State">Its snapshot, as <see cref="ZoneState"/> writes it.</param>
/// <param name="Obeyed">The order was for the alert that was open.</param>
/// <param name="Revision">Its row's.</param>
/// <param name="Moved">After a reset: devices that had been seen here and are not in the zone any more.</param>
[GenerateSerializer, Immutable]
internal sealed record ZoneAnswer(byte[] State, bool Obeyed, long Revision, string[] Moved);
