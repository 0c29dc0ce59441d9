using System.Collections.Concurrent;
using SmartCity.City;
using SmartCity.Telemetry;
using Cell = SmartCity.Grains.DeviceGrain;

namespace SmartCity.Grains.Orleans;

/// <summary>What the grains of one lane in this process share with its <see cref="OrleansHost"/>. Any thread.</summary>
internal sealed class LaneSilo(Lane lane, KindCatalog kinds, IDeviceDirectory directory, IGrainBook book, TimeProvider time, HostOptions options)
{
    private readonly ConcurrentDictionary<string, CircuitGrain> _circuits = new(StringComparer.Ordinal);
    private readonly HashSet<CircuitGrain> _touched = [];
    private long _lastReceived;
    private volatile bool _caughtUp;

    public Lane Lane => lane;

    public KindCatalog Kinds => kinds;

    public IDeviceDirectory Directory => directory;

    public IGrainBook Book => book;

    public HostOptions Options => options;

    /// <summary>Devices that live in this process: what those who look on see.</summary>
    public ConcurrentDictionary<string, Cell> Cells { get; } = new(StringComparer.Ordinal);

    /// <summary>Zones as they were last heard of, by their row's name: a copy nobody changes.</summary>
    public ConcurrentDictionary<string, ZoneState> Zones { get; } = new(StringComparer.Ordinal);

    /// <summary>Rows of devices that the book has from a server without Orleans: each begins from its own.</summary>
    public ConcurrentDictionary<string, GrainSnapshot> Inherited { get; } = new(StringComparer.Ordinal);

    /// <summary>Devices that have begun with such a row.</summary>
    public ConcurrentQueue<string> Begun { get; } = new();

    /// <summary>Told the gateway whose devices must be asked again whether something fell due.</summary>
    public Action<string>? Watch { get; set; }

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

    /// <summary>
    /// The circuit of a gateway. It is no grain: its rules look at the states of all its devices at once, and those live where the gateway's session is. Lock it
    /// to step one of them, and to come or go.
    /// </summary>
    public CircuitGrain CircuitOf(string gateway) => _circuits.GetOrAdd(gateway, g => new CircuitGrain(g, Touch));

    /// <summary>Nobody is left in it: the next one to come begins with what the book has.</summary>
    public void Drop(CircuitGrain circuit)
    {
        if (circuit.Members.Count == 0)
        {
            _circuits.TryRemove(KeyValuePair.Create(circuit.Id, circuit));
        }
    }

    /// <summary>The circuits that have decided something since this was last asked, as rows of the book.</summary>
    public IReadOnlyList<GrainSnapshot> TakeTouched(LogCursor? position)
    {
        CircuitGrain[] touched;
        lock (_touched)
        {
            touched = [.. _touched];
            _touched.Clear();
        }

        var rows = new GrainSnapshot[touched.Length];
        for (var i = 0; i < touched.Length; i++)
        {
            lock (touched[i])
            {
                touched[i].Install();
                rows[i] = GrainSnapshots.Of(touched[i], position);
            }
        }

        return rows;
    }

    private void Touch(CircuitGrain circuit)
    {
        lock (_touched)
        {
            _touched.Add(circuit);
        }
    }
}

/// <summary>Both lanes, as grains find them.</summary>
internal sealed class LaneSilos
{
    private readonly LaneSilo?[] _lanes = new LaneSilo?[2];

    public LaneSilo this[Lane lane] => _lanes[(int)lane] ?? throw new InvalidOperationException($"the {lane} lane is not open yet");

    public void Open(LaneSilo lane) => _lanes[(int)lane.Lane] = lane;
}
