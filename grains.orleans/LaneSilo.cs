using System.Collections.Concurrent;
using SmartCity.City;
using SmartCity.Telemetry;
using Cell = SmartCity.Grains.DeviceGrain;

namespace SmartCity.Grains.Orleans;

/// <summary>What the grains of one lane in this process share with its <see cref="OrleansHost"/>. Any thread.</summary>
internal sealed class LaneSilo(Lane lane, KindCatalog kinds, IDeviceDirectory directory, IGrainBook book, TimeProvider time, HostOptions options)
{
    private readonly Lock _indexing = new();
    private (object? Of, ILookup<string, string> Devices) _circuits = (null, Array.Empty<string>().ToLookup(d => d));
    private long _lastReceived;
    private volatile bool _caughtUp;

    public Lane Lane => lane;

    public KindCatalog Kinds => kinds;

    public IDeviceDirectory Directory => directory;

    public IGrainBook Book => book;

    public HostOptions Options => options;

    /// <summary>Several servers share the book.</summary>
    public bool IsShared { get; set; }

    /// <summary>Devices as this server knows them: what those who look on see. Of one that has not been called yet, what its row says.</summary>
    public ConcurrentDictionary<string, Cell> Cells { get; } = new(StringComparer.Ordinal);

    /// <summary>Zones as they were last heard of, by their row's name: a copy nobody changes.</summary>
    public ConcurrentDictionary<string, KnownZone> Zones { get; } = new(StringComparer.Ordinal);

    /// <summary>Told the gateway whose devices must be asked again whether something fell due.</summary>
    public Action<string>? Watch { get; set; }

    /// <summary>
    /// A zone was heard of; older word than what is known changes nothing. A row that was deleted and made anew counts from one again: where nothing goes on nothing is lost by
    /// taking it.
    /// </summary>
    public void Hear(string zone, ZoneState state, long revision) => Zones.AddOrUpdate(
        zone,
        static (_, heard) => heard,
        static (_, known, heard) => heard.Revision >= known.Revision || known.State.IsQuiet ? heard : known,
        new KnownZone(state, revision));

    /// <summary>How far the lane's reader is: the clock of zones.</summary>
    public void Reach(long lastReceived, bool caughtUp)
    {
        Volatile.Write(ref _lastReceived, lastReceived);
        _caughtUp = caughtUp;
    }

    /// <summary>Unix ns; while there is a backlog, the time of arrival of what was read last.</summary>
    public long ZoneNow() => _caughtUp ? Now() : Volatile.Read(ref _lastReceived);

    public long Now() => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    public DeviceContext ContextOf(string id, DeviceKind kind, DeviceInfo? info) => new(kind, id, info?.Zone, info is { Registered: true }, info?.Thresholds)
    {
        RegisteredAt = info?.RegisteredAt ?? 0,
        Latitude = info?.Latitude ?? double.NaN,
        Longitude = info?.Longitude ?? double.NaN,
        UtcOffset = options.UtcOffset,
    };

    /// <summary>The gateway of the circuit that a device hangs on; null when it stands for itself.</summary>
    public string? CircuitOf(DeviceInfo? info) => info is { Registered: true, Gateway.Length: > 0 } && kinds.Find(info.Kind) is { IsOfCircuit: true } ? info.Gateway : null;

    /// <summary>The devices in service that hang on a gateway's circuit.</summary>
    public IEnumerable<string> DevicesOf(string gateway)
    {
        lock (_indexing)
        {
            var service = directory.InService;
            if (!ReferenceEquals(_circuits.Of, service))
            {
                _circuits = (service, service.Where(d => kinds.Find(d.Kind)?.Lane == lane && CircuitOf(d) is not null).ToLookup(d => d.Gateway, d => d.Id, StringComparer.Ordinal));
            }

            return _circuits.Devices[gateway];
        }
    }

    /// <summary>A device as a row has it; null when the row cannot be read.</summary>
    public Cell? Read(GrainSnapshot row)
    {
        if (!GrainSnapshots.TryReadDevice(row.State.Span, out var log, out var name, out var bytes)
            || kinds.Find(name) is not { } kind || kind.Lane != lane || DeviceState.TryRead(bytes, kind) is not { } state)
        {
            return null;
        }

        var id = row.Grain[GrainSnapshots.DevicePrefix.Length..];
        var info = directory.Find(System.Text.Encoding.UTF8.GetBytes(id));
        return new Cell(info?.Id ?? id, new KindWork(kind), ContextOf(id, kind, info), info, state)
        {
            Applied = row.Position,
            AppliedLog = log,
            IsHeard = state.LastReceived != 0,
        };
    }
}

/// <summary>A zone as the book had it.</summary>
/// <param name="State">Its state.</param>
/// <param name="Revision">Its row's.</param>
internal readonly record struct KnownZone(ZoneState State, long Revision);

/// <summary>Both lanes, as grains find them.</summary>
internal sealed class LaneSilos
{
    private readonly LaneSilo?[] _lanes = new LaneSilo?[2];

    public LaneSilo this[Lane lane] => _lanes[(int)lane] ?? throw new InvalidOperationException($"the {lane} lane is not open yet");

    public void Open(LaneSilo lane) => _lanes[(int)lane.Lane] = lane;
}
