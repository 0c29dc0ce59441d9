using SmartCity.City;

namespace SmartCity.Grains.Orleans;

/// <summary>One device of one lane, wherever it lives; its key is <see cref="GrainKeys.Of"/>.</summary>
internal interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>Its readings of one batch, in order. What it says it says again at each call until <see cref="ConfirmAsync"/>.</summary>
    ValueTask<DeviceAnswer> ApplyAsync(DeviceReadings readings);

    /// <summary>Time passed.</summary>
    ValueTask<DeviceAnswer> TickAsync(DeviceTick tick);

    /// <summary>What goes on now, as if it had begun then (Unix ns): for a zone that begins anew.</summary>
    ValueTask<DeviceAnswer> RestateAsync(long at);

    /// <summary>Keeps its state in the store, and with it what it has said that is not confirmed.</summary>
    ValueTask SaveAsync();

    /// <summary>What it said up to this number is in the book and need not be said again. The store hears of that when it is saved next.</summary>
    ValueTask ConfirmAsync(long said);

    /// <summary>It is out of service: nothing is kept of it.</summary>
    ValueTask ForgetAsync();
}

/// <summary>A fire zone, or a device that is its own; its key is lane and row of the book, see <see cref="GrainKeys"/>. What it says is in the book when a call returns.</summary>
internal interface IZoneGrain : IGrainWithStringKey
{
    /// <summary>Words of devices, in order. Words that it knows change nothing.</summary>
    ValueTask<ZoneAnswer> TellAsync(ZoneWords words);

    /// <summary>An officer acknowledged or reset the alert that it has open.</summary>
    ValueTask<ZoneAnswer> ObeyAsync(ZoneOrder order);

    /// <summary>Time passed, Unix ns.</summary>
    ValueTask<ZoneAnswer> TickAsync(long now);
}

/// <summary>A gateway whose devices somebody has to watch, should its server die.</summary>
internal interface IWatchGrain : IGrainWithStringKey
{
    /// <summary>Its devices are watched by the caller's server.</summary>
    ValueTask WatchAsync();
}

/// <summary>A device's readings of one batch.</summary>
[GenerateSerializer, Immutable]
internal sealed class DeviceReadings
{
    /// <summary>The log they are in.</summary>
    [Id(0)]
    public required Guid Log { get; init; }

    /// <summary>Canonical lines, each with its ending.</summary>
    [Id(1)]
    public required byte[] Lines { get; init; }

    /// <summary>One for each line.</summary>
    [Id(2)]
    public required ReadingPlace[] Places { get; init; }

    /// <summary>The server that has the gateway's session: there the device moves. Null: these are late, from a server that has lost it.</summary>
    [Id(3)]
    public SiloAddress? Home { get; init; }
}

/// <summary>Where a line stands, and what intake said of it.</summary>
/// <param name="End">The position just behind its frame.</param>
/// <param name="ReceivedAt">When it came, Unix ns.</param>
/// <param name="Order">Its number in the batch.</param>
/// <param name="Faults">As <see cref="ReadingFaults"/>.</param>
[GenerateSerializer, Immutable]
internal readonly record struct ReadingPlace(long End, long ReceivedAt, int Order, int Faults);

/// <summary>A moment at which time itself is judged, by a reader that has caught up.</summary>
/// <param name="Now">Unix ns.</param>
/// <param name="ListeningSince">Unix ns: since when it has been caught up without a break.</param>
/// <param name="Home">The server that has the gateway's session.</param>
[GenerateSerializer, Immutable]
internal sealed record DeviceTick(long Now, long ListeningSince, SiloAddress Home);

/// <summary>What a call came to.</summary>
/// <param name="Said">What it says; null: nothing.</param>
/// <param name="Wake">Unix ns: ask it then at the latest; <see cref="long.MaxValue"/>: not without another reading.</param>
[GenerateSerializer, Immutable]
internal readonly record struct DeviceAnswer(DeviceSaid? Said, long Wake);

/// <summary>What a device has said that is not confirmed.</summary>
[GenerateSerializer, Immutable]
internal sealed class DeviceSaid
{
    /// <summary>Goes up with everything it says.</summary>
    [Id(0)]
    public long Number { get; init; }

    /// <summary>Changes, each with its line's number in the batch.</summary>
    [Id(1)]
    public required SaidChange[] Changes { get; init; }

    /// <summary>Words to its zone.</summary>
    [Id(2)]
    public required SaidSignal[] Signals { get; init; }
}

/// <param name="Order">The line's number in its batch.</param>
/// <param name="Change">What is said.</param>
[GenerateSerializer, Immutable]
internal readonly record struct SaidChange(int Order, AlertChange Change);

/// <param name="Order">The line's number in its batch.</param>
/// <param name="Zone">The device's zone then; null: it stands for itself.</param>
/// <param name="Signal">The word.</param>
[GenerateSerializer, Immutable]
internal readonly record struct SaidSignal(int Order, string? Zone, ZoneSignal Signal);

/// <summary>Words of a zone's devices.</summary>
[GenerateSerializer, Immutable]
internal sealed class ZoneWords
{
    /// <summary>In order.</summary>
    [Id(0)]
    public required ZoneSignal[] Signals { get; init; }
}

/// <param name="Kind">Acknowledged or reset.</param>
/// <param name="Alert">The alert; when the zone has another open, or none, nothing happens.</param>
/// <param name="At">When, Unix ns.</param>
[GenerateSerializer, Immutable]
internal sealed record ZoneOrder(ZoneSignalKind Kind, string Alert, long At);

/// <summary>Where a zone stands after a call.</summary>
/// <param name="State">Its snapshot, as <see cref="ZoneState"/> writes it.</param>
/// <param name="Obeyed">The order was for the alert that was open.</param>
/// <param name="Moved">After a reset: devices that had been seen here and are not in the zone any more.</param>
[GenerateSerializer, Immutable]
internal sealed record ZoneAnswer(byte[] State, bool Obeyed, string[] Moved);
