using SmartCity.City;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Fire;
using SmartCity.Edge.Lamps;

namespace SmartCity.Edge.Runtime;

/// <summary>A gateway at work on a board: its devices measure, its fire zones are watched, and what is measured goes into the log and to the city.</summary>
internal sealed partial class EdgeRuntime : IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly RuntimeHooks _hooks;
    private readonly Board _board;
    private readonly TimeProvider _time;
    private readonly KindCatalog _kinds;
    private readonly UnitServices _services;
    private readonly ITimer _tick;
    private readonly ActDesk _acts;
    private volatile UnitList _units = new([]);
    private volatile FireDesk _fire;
    private volatile LampDesk? _lamps;
    private int _ticking;
    private long _tickedAt;
    private int _stopped;

    private EdgeRuntime(EdgeConfig config, RuntimeHooks hooks, Board board, TimeProvider time)
    {
        Config = config;
        _hooks = hooks;
        _board = board;
        _time = time;
        _kinds = hooks.Kinds ?? KindCatalog.BuiltIn;
        _fire = MakeFire(config);
        _acts = new ActDesk(this, time);
        Gateway = Gateway.Start(
            config.Options,
            new GatewayHooks
            {
                Notice = hooks.Notice,
                Acknowledged = hooks.Acknowledged,
                Committer = hooks.Committer,
                Kinds = hooks.Kinds,
                Evidence = hooks.Evidence,
                Act = (command, cancel) => ActAsync(command.Act ?? "", command.Device, cancel),
            },
            time);
        _services = new UnitServices(time, Gateway.Measure)
        {
            Notice = hooks.Notice,
            Measured = (device, kind, values, at) => _fire.Measured(device, kind, values, at),
            Spread = hooks.Spread,
        };
        Lamps = MakeLamps(config);
        _tick = time.CreateTimer(static runtime => ((EdgeRuntime)runtime!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A desired document is in force: at the start the last one, then each new one. On the thread that took it.</summary>
    public event Action<DesiredDocument>? DesiredChanged;

    /// <summary>Log and uplink.</summary>
    public Gateway Gateway { get; }

    /// <summary>The devices, in the order of the configuration.</summary>
    public IReadOnlyList<DeviceUnit> Devices => _units.All;

    /// <summary>Fire zones and sirens.</summary>
    public FireDesk Fire => _fire;

    /// <summary>The lamps; null when no device has an output.</summary>
    public LampDesk? Lamps
    {
        get => _lamps;
        private set => _lamps = value;
    }

    /// <summary>The configuration in force.</summary>
    public EdgeConfig Config { get; private set; }

    /// <summary>Completes when the gateway is stopped; fails when it cannot go on.</summary>
    public Task Completion => Gateway.Completion;

    /// <summary>Opens the log, starts both uplinks and begins to measure.</summary>
    /// <exception cref="Telemetry.LogInUseException">Another gateway runs in this directory.</exception>
    /// <exception cref="Telemetry.LogDamagedException">The log is damaged; the message says where.</exception>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public static EdgeRuntime Start(EdgeConfig config, RuntimeHooks hooks, Board board, TimeProvider time)
    {
        var runtime = new EdgeRuntime(config, hooks, board, time);
        runtime._units = new UnitList([.. config.Devices.Select(runtime.MakeUnit)]);
        runtime.FollowDesired();
        runtime._fire.Start();
        foreach (var unit in runtime.Devices)
        {
            unit.Start();
        }

        runtime.Lamps?.Start();
        Volatile.Write(ref runtime._tickedAt, time.GetTimestamp());
        runtime._tick.Change(TickInterval, TickInterval);
        return runtime;
    }

    /// <summary>The device of this identifier, or null.</summary>
    public DeviceUnit? Find(string device) => _units.ById.GetValueOrDefault(device);

    /// <summary>Does one of the gateway's acts: <c>identify</c>, <c>self-test</c>, <c>reload</c>, <c>silence-siren</c>, <c>test-siren</c>,
    /// <c>test-lamp</c>, <c>test-fire</c>.</summary>
    /// <param name="act">Its name.</param>
    /// <param name="device">The device it is about; null for all, or where none is needed.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Whether it was done, and a sentence for people.</returns>
    public ValueTask<(bool Done, string Detail)> ActAsync(string act, string? device, CancellationToken cancel) =>
        ActAsync(new ActRequest(act, device, null, null), cancel);

    /// <summary>Does one of the gateway's acts, with what it is told.</summary>
    public ValueTask<(bool Done, string Detail)> ActAsync(ActRequest request, CancellationToken cancel) => _acts.DoAsync(request, cancel);

    /// <summary>Whether every device and the fire desk have had their turn when it was due: what a watchdog asks. <paramref name="late"/> is how late one may be.</summary>
    public bool IsMoving(TimeSpan late)
    {
        var limit = _time.GetTimestamp() - Stamps.Of(_time, late);
        return !Completion.IsCompleted && Volatile.Read(ref _tickedAt) >= limit && Devices.All(u => u.Expected >= limit);
    }

    /// <summary>Stops measuring, then the gateway.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopMeasuringAsync();
        await Gateway.DisposeAsync();
    }

    /// <summary>Stops devices, lamps and fire desk; log and uplink go on, so that what was measured can be brought to the city.</summary>
    public async Task StopMeasuringAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        Gateway.Desired.Changed -= Follow;
        await _tick.DisposeAsync();
        await _acts.DisposeAsync();
        if (Lamps is not null)
        {
            await Lamps.DisposeAsync();
        }

        await Task.WhenAll(Devices.Select(u => u.DisposeAsync().AsTask()));
        await _fire.DisposeAsync();
    }

    private void Tick()
    {
        // A tick that takes longer than a second is not overtaken by the next.
        if (Interlocked.Exchange(ref _ticking, 1) != 0)
        {
            return;
        }

        try
        {
            _fire.Tick();
        }
        catch (Exception e)
        {
            // The desk must go on whatever happens to one of its steps.
            _hooks.Notice?.Invoke($"fire desk: {e}");
        }
        finally
        {
            Volatile.Write(ref _tickedAt, _time.GetTimestamp());
            Volatile.Write(ref _ticking, 0);
        }
    }

    private FireDesk MakeFire(EdgeConfig config)
    {
        var remembers = config.Devices.Any(d => _kinds.Find(d.Kind) is { } kind && FireDesk.IsFire(kind));
        return new FireDesk(
            config,
            _kinds,
            part => (OutputDriver)MakeDriver(part, null),
            remembers ? new FireStore(Path.Combine(config.Options.Directory, "fire.json"), _hooks.Notice) : null,
            _time,
            _hooks.Notice,
            () => Gateway?.Clock.IsKnown == true,
            stamp => Gateway?.Clock.TimeOfDay(stamp));
    }

    private DeviceUnit MakeUnit(DeviceConfig device)
    {
        var kind = _kinds.Find(device.Kind) ?? throw new ArgumentException($"{device.Id}: no kind '{device.Kind}'", nameof(device));

        // What a part must remember has a directory of its own, made by the driver that needs it.
        var unit = new DeviceUnit(
            device, kind, device.Sensors.Select((part, i) => (MakeDriver(part, $"{device.Id}.{i}"), part.Metrics)), _services);
        if (_fire.PartOf(device.Id) is { } siren)
        {
            unit.AddPart(siren);
        }

        AddLamp(unit);
        return unit;
    }

    /// <summary>The devices in order and by name.</summary>
    private sealed record UnitList(IReadOnlyList<DeviceUnit> All)
    {
        public IReadOnlyDictionary<string, DeviceUnit> ById { get; } = All.ToDictionary(u => u.Id, StringComparer.Ordinal);
    }

    /// <summary>Makes the driver of a part on this board.</summary>
    internal Driver MakeDriver(PartConfig part, string? state) => part.Driver.Create(
        part.Settings, new DriverContext(_board, _time, state is null ? null : Path.Combine(Config.Options.Directory, "state", state)));
}
