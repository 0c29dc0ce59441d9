using SmartCity.City;
using SmartCity.Edge;
using SmartCity.Edge.Config;
using SmartCity.Edge.Runtime;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Scenarios;
using SmartCity.Simulators.Signals;
using SmartCity.Simulators.Wiring;
using SmartCity.Telemetry;

namespace SmartCity.Simulators.Run;

/// <summary>A city at work: its gateways, its devices' rhythm, its scenarios.</summary>
internal sealed class CityRun : IAsyncDisposable
{
    /// <summary>Part of the cabinets in which the lamps' meters are, and not at the poles.</summary>
    private const double MeteredInCabinet = 0.25;

    private readonly RunOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string> _notice;
    private readonly LogCommitter _committer = new(2, "city log committer");
    private readonly AckLedger? _ledger;
    private readonly List<SimGateway> _gateways = [];
    private readonly List<Task> _watching = [];
    private readonly List<string> _active = [];
    private readonly long _start;
    private string _phase = "running";

    private CityRun(RunOptions options, CityPlan plan, TimeProvider time, Action<string> notice)
    {
        _options = options;
        _time = time;
        _notice = notice;
        _start = time.GetTimestamp();
        Plan = plan;
        _ledger = options.Ledger is { } path ? new AckLedger(path) : null;
    }

    /// <summary>The city.</summary>
    public CityPlan Plan { get; }

    /// <summary>What scenarios change.</summary>
    public ScenarioBoard Board { get; } = new();

    /// <summary>What is broken.</summary>
    public CityFaults Faults { get; private set; } = new([], TimeProvider.System);

    /// <summary>The gateways, in the plan's order.</summary>
    public IReadOnlyList<SimGateway> Gateways => _gateways;

    /// <summary>The clock.</summary>
    public TimeProvider Time => _time;

    /// <summary>How it was told to live.</summary>
    public RunOptions Options => _options;

    /// <summary>Starts every gateway of a city.</summary>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="IOException">A certificate or the ledger cannot be read or made.</exception>
    public static CityRun Start(RunOptions options, TimeProvider time, Action<string> notice)
    {
        var scenarios = options.Scenarios.Where(s => !Scenario.Names.Contains(s, StringComparer.Ordinal)).ToList();
        if (scenarios.Count > 0)
        {
            throw new ArgumentException($"no scenario '{scenarios[0]}': {string.Join(", ", Scenario.Names)}", nameof(options));
        }

        var run = new CityRun(options, CityGenerator.Generate(options.City), time, notice);
        run.StartGateways();
        return run;
    }

    /// <summary>Lives until the duration is over or <paramref name="stop"/>, then waits for the last acknowledgements.</summary>
    /// <returns>Whether everything measured was acknowledged.</returns>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        using var duration = new CancellationTokenSource(_options.Duration ?? Timeout.InfiniteTimeSpan, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, duration.Token);
        await LiveAsync(end.Token);
        _phase = "draining";
        await Task.WhenAll(_gateways.Select(g => g.Runtime.StopMeasuringAsync()));
        var drained = await Task.WhenAll(_gateways.Select(g => g.Gateway.DrainAsync(_options.Drain)));
        _phase = "done";
        _ledger?.Flush();
        return drained.All(d => d);
    }

    /// <summary>How it stands; also sees that the ledger reaches its file.</summary>
    public RunStatus Status()
    {
        _ledger?.Flush();
        string[] active;
        lock (_active)
        {
            active = [.. _active];
        }

        return new RunStatus
        {
            Phase = _phase,
            Seconds = Math.Round(_time.GetElapsedTime(_start).TotalSeconds, 1),
            Gateways = _gateways.Count,
            Connected = _gateways.Count(g => g.Gateway.IsConnected),
            Measured = _gateways.Sum(g => g.Gateway.Statistics.Measured),
            Acknowledged = _gateways.Sum(g => g.Gateway.Statistics.Acknowledged),
            Alarms = _gateways.Sum(g => g.Gateway.Statistics.AcknowledgedAlarms),
            NoRoom = _gateways.Sum(g => g.Gateway.Statistics.NoRoom),
            Refused = _gateways.Sum(g => g.Gateway.Statistics.Refused),
            Failovers = _gateways.Sum(g => g.Gateway.Statistics.Failovers),
            BacklogBytes = _gateways.Sum(g => g.Gateway.Backlog),
            Scenarios = active,
            Planted = [.. Faults.Planted.Select(p => $"{p.Device} {p.Fault}")],
        };
    }

    /// <summary>What a scenario did to a device reaches its contacts at once; what is measured is seen at the next look.</summary>
    public void Touch(string device)
    {
        foreach (var gateway in _gateways)
        {
            if (gateway.Devices.FirstOrDefault(d => d.Plan.Id == device) is { } found)
            {
                found.Live(0);
                return;
            }
        }
    }

    /// <summary>Says something to whoever watches.</summary>
    public void Say(string text) => _notice(text);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_gateways.Select(g => g.DisposeAsync().AsTask()));
        await Task.WhenAll(_watching);
        _committer.Dispose();
        _ledger?.Dispose();
    }

    private async Task LiveAsync(CancellationToken stop)
    {
        var work = _gateways.Select(g => Task.Run(() => g.RunAsync(stop), CancellationToken.None))
            .Concat(_options.Scenarios.Select(s => PlayAsync(s, stop)))
            .Append(Task.Delay(Timeout.InfiniteTimeSpan, _time, stop));
        await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PlayAsync(string name, CancellationToken stop)
    {
        try
        {
            await Task.Delay(_options.ScenarioAt, _time, stop);
            Mark(name, begins: true);
            _notice($"scenario {name} begins");
            await Scenario.PlayAsync(name, this, stop);
            _notice($"scenario {name} is over");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The city's day is over first.
        }
        catch (ArgumentException e)
        {
            _notice($"scenario {name}: {e.Message}");
        }
        finally
        {
            Mark(name, begins: false);
        }
    }

    private void Mark(string name, bool begins)
    {
        lock (_active)
        {
            if (begins)
            {
                _active.Add(name);
            }
            else
            {
                _active.Remove(name);
            }
        }
    }

    private void StartGateways()
    {
        var kinds = KindCatalog.BuiltIn;
        var devices = Plan.Devices
            .Select(d => new SimDevice(d, kinds.Find(d.Kind) ?? throw new ArgumentException($"no kind '{d.Kind}' in the catalogue"), Plan.Seed, Board, _time))
            .ToLookup(d => d.Plan.Gateway, StringComparer.Ordinal);
        var natural = devices.SelectMany(d => d).Sum(d => 1 / d.Kind.Interval.TotalSeconds);
        var speed = _options.Rate > 0 ? _options.Rate / natural : 1;
        foreach (var plan in Plan.Gateways)
        {
            var own = devices[plan.Id].ToList();
            var link = _options.Links || _options.Scenarios.Contains("outage", StringComparer.Ordinal) ? Link() : null;
            var wiring = Wire(plan);
            var config = Configure(plan, own, speed, wiring, link);
            var runtime = EdgeRuntime.Start(config, Hooks(plan.Id), wiring.Board, _time);
            _gateways.Add(new SimGateway(runtime, own, wiring, link, _time, text => _notice($"{plan.Id}: {text}")));
            _watching.Add(WatchAsync(runtime.Gateway));
        }

        Faults = new CityFaults(_gateways, _time);
    }

    /// <summary>A gateway whose log can no longer be read has ended before its time: that must not look like quiet.</summary>
    private async Task WatchAsync(Gateway gateway)
    {
        try
        {
            await gateway.Completion;
        }
        catch (Exception e) when (e is LogDamagedException or IOException or UnauthorizedAccessException)
        {
            _notice($"{gateway.Name} has ended: {e.Message}");
        }
    }

    private GatewayWiring Wire(PlanGateway gateway)
    {
        var place = new Moment(Noise.Seed(Plan.Seed, "sky"), Noise.Seed(Plan.Seed, gateway.Id), gateway.At, 0);
        var wiring = new GatewayWiring(_time) { MetersInCabinet = place.Trait(63) < MeteredInCabinet, LineTime = _options.LineTime };
        wiring.Feeder.Mains = () => StreetSignals.Mains(place.With((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds));
        return wiring;
    }

    private LinkProxy Link() => new(_options.Servers[0].Host, _options.Servers[0].Port);

    private RuntimeHooks Hooks(string gateway) => new()
    {
        Committer = _committer,
        Acknowledged = _ledger is null ? null : (_, lines) => _ledger.Add(lines.Span),
        Notice = text => _notice($"{gateway}: {text}"),
        Spread = true,
    };

    private EdgeConfig Configure(PlanGateway gateway, IReadOnlyList<SimDevice> devices, double speed, GatewayWiring wiring, LinkProxy? link)
    {
        var home = Path.Combine(_options.Data, gateway.Id);
        var path = Path.Combine(home, "gateway.yaml");
        var second = _options.InTurn && _options.Servers.Count > 1 && Plan.Gateways.TakeWhile(g => g != gateway).Count() % 2 == 1;
        IReadOnlyList<ServerEndpoint> servers = second ? [.. _options.Servers.Skip(1), _options.Servers[0]] : _options.Servers;
        var left = CounterFile.Read(Path.Combine(home, SimGateway.Counters));
        foreach (var device in devices)
        {
            device.Left = left.GetValueOrDefault(device.Plan.Id);
        }

        GatewayFile.Write(path, gateway, devices, new GatewayLinks(home, servers, _options.Certificates), speed, wiring);
        var config = EdgeConfigFile.Load(path);
        return config with
        {
            Options = config.Options with
            {
                Servers = link is null
                    ? servers
                    : [_options.Servers[0] with { Host = "127.0.0.1", Port = link.Port, TlsName = _options.Servers[0].Host }],

                // An anonymous client of a server under --open may not ask for desired documents and commands.
                Listens = _options.Certificates is not null,

                // A hundred gateways share this machine's memory and disk.
                MemoryBytes = 64 * 1024,
                ReserveBytes = 0,
                AlarmSegmentBytes = 64 * 1024,
                SegmentBytes = 1 << 20,
                BudgetBytes = 256 << 20,
            },
        };
    }
}
