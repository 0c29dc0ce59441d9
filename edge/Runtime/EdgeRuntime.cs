using SmartCity.City;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Lamps;

namespace SmartCity.Edge.Runtime;

/// <summary>A gateway at work on a board: its devices measure, its fire zones are watched, and what is measured goes into the log and to the city.</summary>
internal sealed class EdgeRuntime : IAsyncDisposable
{
    private readonly List<DeviceUnit> _units = [];
    private readonly RuntimeHooks _hooks;

    private EdgeRuntime(EdgeConfig config, RuntimeHooks hooks, Board board, TimeProvider time)
    {
        Config = config;
        _hooks = hooks;
        Fire = new FireDesk();
        Gateway = Gateway.Start(
            config.Options,
            new GatewayHooks
            {
                Notice = hooks.Notice,
                Acknowledged = hooks.Acknowledged,
                Committer = hooks.Committer,
                Kinds = hooks.Kinds,
                Act = (command, cancel) => ActAsync(command.Act ?? "", command.Device, cancel),
            },
            time);
        var services = new UnitServices(time, Gateway.Measure)
        {
            Notice = hooks.Notice,
            Measured = Fire.Measured,
            Spread = hooks.Spread,
        };
        Lamps = MakeLamps(config, board, time);
        foreach (var device in config.Devices)
        {
            _units.Add(MakeUnit(device, board, services));
        }

        if (Lamps is { } lamps)
        {
            Gateway.Report.Lamps = () => lamps.Status;
        }

        Gateway.Desired.Changed += Follow;
        if (Gateway.Desired.Document is { } document)
        {
            Follow(document);
        }
    }

    /// <summary>A desired document is in force: at the start the last one, then each new one. On the thread that took it.</summary>
    public event Action<DesiredDocument>? DesiredChanged;

    /// <summary>Log and uplink.</summary>
    public Gateway Gateway { get; }

    /// <summary>The devices, in the order of the configuration.</summary>
    public IReadOnlyList<DeviceUnit> Devices => _units;

    /// <summary>Fire zones and sirens.</summary>
    public FireDesk Fire { get; }

    /// <summary>The lamps; null when no device has an output.</summary>
    public LampDesk? Lamps { get; }

    /// <summary>The configuration in force.</summary>
    public EdgeConfig Config { get; }

    /// <summary>Completes when the gateway is stopped; fails when it cannot go on.</summary>
    public Task Completion => Gateway.Completion;

    /// <summary>Opens the log, starts both uplinks and begins to measure.</summary>
    /// <exception cref="Telemetry.LogInUseException">Another gateway runs in this directory.</exception>
    /// <exception cref="Telemetry.LogDamagedException">The log is damaged; the message says where.</exception>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public static EdgeRuntime Start(EdgeConfig config, RuntimeHooks hooks, Board board, TimeProvider time)
    {
        var runtime = new EdgeRuntime(config, hooks, board, time);
        foreach (var unit in runtime._units)
        {
            unit.Start();
        }

        runtime.Lamps?.Start();
        return runtime;
    }

    /// <summary>The device of this identifier, or null.</summary>
    public DeviceUnit? Find(string device) => _units.Find(u => string.Equals(u.Id, device, StringComparison.Ordinal));

    /// <summary>Does one of the gateway's acts: <c>identify</c>, <c>self-test</c>, <c>reload</c>, <c>silence-siren</c>, <c>test-siren</c>,
    /// <c>test-lamp</c>, <c>test-fire</c>.</summary>
    /// <param name="act">Its name.</param>
    /// <param name="device">The device it is about; null for all, or where none is needed.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Whether it was done, and a sentence for people.</returns>
    public async ValueTask<(bool Done, string Detail)> ActAsync(string act, string? device, CancellationToken cancel)
    {
        if (act != "self-test")
        {
            return (false, $"this gateway does not know '{act}'");
        }

        var units = device is null ? _units : _units.Where(u => string.Equals(u.Id, device, StringComparison.Ordinal)).ToList();
        var results = await Task.WhenAll(units.Select(u => u.SelfTestAsync(cancel)));
        var failed = results.SelectMany(r => r).Where(r => r.Fault != DeviceFault.None).Select(r => r.Words).ToList();
        return failed.Count == 0 ? (true, $"{results.Sum(r => r.Count)} parts measured") : (false, string.Join("; ", failed));
    }

    /// <summary>Stops measuring, then the gateway.</summary>
    public async ValueTask DisposeAsync()
    {
        Gateway.Desired.Changed -= Follow;
        if (Lamps is not null)
        {
            await Lamps.DisposeAsync();
        }

        await Task.WhenAll(_units.Select(u => u.DisposeAsync().AsTask()));
        await Gateway.DisposeAsync();
    }

    private DeviceUnit MakeUnit(DeviceConfig device, Board board, UnitServices services)
    {
        var kind = (_hooks.Kinds ?? KindCatalog.BuiltIn).Find(device.Kind)
            ?? throw new ArgumentException($"{device.Id}: no kind '{device.Kind}'", nameof(device));
        var sensors = new List<(Driver, IReadOnlyDictionary<string, string>)>();
        foreach (var part in device.Sensors)
        {
            // What a part must remember has a directory of its own, made by the driver that needs it.
            var state = Path.Combine(Config.Options.Directory, "state", $"{device.Id}.{sensors.Count}");
            sensors.Add((part.Driver.Create(part.Settings, new DriverContext(board, services.Time, state)), part.Metrics));
        }

        var unit = new DeviceUnit(device, kind, sensors, services);
        if (Lamps?.Has(device.Id) == true)
        {
            // A kind without a level reports none; its output is told all the same.
            var names = kind.IndexOf("dim_percent") < 0 ? new Dictionary<string, string>(StringComparer.Ordinal) { ["dim_percent"] = "" } : null;
            foreach (var part in Lamps.PartsOf(device.Id))
            {
                unit.AddPart(part, names);
            }
        }

        return unit;
    }

    private LampDesk? MakeLamps(EdgeConfig config, Board board, TimeProvider time)
    {
        var sites = new List<LampSite>();
        foreach (var device in config.Devices.Where(d => d.Output is not null))
        {
            var context = new DriverContext(board, time, Path.Combine(config.Options.Directory, "state", $"{device.Id}.output"));
            var own = !double.IsNaN(device.Latitude) && !double.IsNaN(device.Longitude);
            sites.Add(new LampSite(
                device.Id,
                (OutputDriver)device.Output!.Driver.Create(device.Output.Settings, context),
                device.Switch?.Driver.Create(device.Switch.Settings, context),
                own ? device.Latitude : config.Latitude,
                own ? device.Longitude : config.Longitude));
        }

        if (sites.Count == 0)
        {
            return null;
        }

        var initial = config.Lighting is null ? null : LightingSection.Read(config.Lighting, config.TimeZone);
        var desk = new LampDesk(sites, initial, new LampServices(time, () => Gateway.Clock.IsKnown)
        {
            Meter = lamp => Find(lamp)?.Last("power_w") is { } power ? (power.Value, power.MeasuredAt) : null,
            Light = Light,
            Hurry = lamp => Find(lamp)?.MeasureSoon(),
        });
        return desk;
    }

    // The newest of the gateway's devices that see the sky.
    private (double Lux, long At)? Light()
    {
        (double Lux, long At)? newest = null;
        foreach (var unit in _units)
        {
            if (unit.Last("illuminance_lux") is { } light && !(newest?.At >= light.MeasuredAt))
            {
                newest = (light.Value, light.MeasuredAt);
            }
        }

        return newest;
    }

    private void Follow(DesiredDocument document)
    {
        Lamps?.Use(document);
        DesiredChanged?.Invoke(document);
    }
}
