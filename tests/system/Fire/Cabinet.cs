using SmartCity.City;
using SmartCity.Edge;
using SmartCity.Edge.Config;
using SmartCity.Edge.Fire;
using SmartCity.Edge.Runtime;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;
using SmartCity.Simulators.Wiring;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Fire;

/// <summary>One gateway program with its fire devices of one zone and a siren, over simulated chips and wires.</summary>
internal sealed class Cabinet : IAsyncDisposable
{
    private readonly string _zone;
    private readonly GatewayWiring _wiring = new(TimeProvider.System);
    private readonly ScenarioBoard _board = new();
    private readonly List<SimDevice> _devices;
    private readonly EdgeConfig _config;
    private EdgeRuntime? _runtime;

    /// <summary>Wires it and starts the program.</summary>
    public Cabinet(Town town, string gateway, string zone, params string[] devices)
    {
        _zone = zone;
        _devices = [.. devices.Select(id => new SimDevice(
            new PlanDevice(id, id, Kind(id), gateway, zone, null, default), KindCatalog.BuiltIn.Find(Kind(id))!, 1, _board, TimeProvider.System))];
        foreach (var device in devices)
        {
            // Quiet, whatever the simulated city has in store.
            _board.Set(device, "loop_state", 0);
            _board.Set(device, "pressed", 0);
            _board.Set(device, "smoke_percent_per_m", 0);
            _board.Set(device, "temperature_celsius", 25);
        }

        var home = Path.Combine(town.Folder, "cabinets", gateway);
        var path = Path.Combine(home, "gateway.yaml");
        ServerEndpoint[] servers = [new("127.0.0.1", town.Server.MqttsPort, Tls: true)];
        GatewayFile.Write(path, new PlanGateway(gateway, gateway, "", default), _devices, new GatewayLinks(home, servers, town.Folder), 1, _wiring);
        _config = EdgeConfigFile.Load(path);
        _config = _config with { Options = _config.Options with { ReserveBytes = 0 } };
        Start();
    }

    /// <summary>What the program told its operator.</summary>
    public List<string> Notices { get; } = [];

    /// <summary>Whether the siren's wire is on.</summary>
    public bool Sounds => _wiring.Siren!.Level;

    /// <summary>Where the zone stands, by the gateway's own rules.</summary>
    public ZoneStage Stage => Runtime.Fire.Zones[_zone];

    /// <summary>The desired document in force.</summary>
    public DesiredDocument? Desired => Runtime.Gateway.Desired.Document;

    /// <summary>The fire desk.</summary>
    public FireDesk Desk => Runtime.Fire;

    private EdgeRuntime Runtime => _runtime ?? throw new InvalidOperationException("The gateway is off.");

    /// <summary>Whatever metric a device's kind alarms by.</summary>
    public void Alarm(string device, bool on)
    {
        _board.Set(device, Kind(device) == KindNames.CallPoint ? "pressed" : "loop_state", on ? 1 : 0);
        _devices.Single(d => d.Plan.Id == device).Live(0);
    }

    /// <summary>Starts the program on what it remembers.</summary>
    public void Start() => _runtime = EdgeRuntime.Start(_config, new RuntimeHooks { Notice = Note }, _wiring.Board, TimeProvider.System);

    /// <summary>Ends the program; the siren's wire stays as it is.</summary>
    public async Task StopAsync()
    {
        await Runtime.DisposeAsync();
        _runtime = null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_runtime is not null)
        {
            await StopAsync();
        }
    }

    private static string Kind(string device) => device.StartsWith("call", StringComparison.Ordinal) ? KindNames.CallPoint : KindNames.FireDetector;

    private void Note(string text)
    {
        lock (Notices)
        {
            Notices.Add(text);
        }
    }
}
