using SmartCity.Edge;
using SmartCity.Edge.Control;
using SmartCity.Edge.Runtime;
using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Wiring;

namespace SmartCity.Simulators.Run;

/// <summary>One real gateway program over a simulated cabinet.</summary>
internal sealed class SimGateway : IAsyncDisposable
{
    /// <summary>Name of the file of counters in the gateway's directory.</summary>
    public const string Counters = "simulated-counters";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Keep = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ControlSocket? _control;

    /// <summary>A gateway that was started, and its devices.</summary>
    public SimGateway(EdgeRuntime runtime, IReadOnlyList<SimDevice> devices, GatewayWiring wiring, LinkProxy? link, TimeProvider time, Action<string>? notice)
    {
        Siren = wiring.Siren;
        Feeder = wiring.Feeder;
        Runtime = runtime;
        Devices = devices;
        Link = link;
        _time = time;

        // So that a technician's `watch` and `test` work on a simulated gateway as on a real one.
        _control = ControlSocket.Listen(runtime, runtime.Config.Options.Directory, time, notice);
    }

    /// <summary>The gateway program.</summary>
    public EdgeRuntime Runtime { get; }

    /// <summary>Its log and uplink.</summary>
    public Gateway Gateway => Runtime.Gateway;

    /// <summary>Its devices.</summary>
    public IReadOnlyList<SimDevice> Devices { get; }

    /// <summary>The wire of its siren; null without one.</summary>
    public SimLine? Siren { get; }

    /// <summary>The main switch of its lamps.</summary>
    public SimFeeder Feeder { get; }

    /// <summary>Its link, when the run may cut it.</summary>
    public LinkProxy? Link { get; }

    /// <summary>Lets the world around the devices go on until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var last = _time.GetTimestamp();
        var kept = last;
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(Beat, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var now = _time.GetTimestamp();
            var seconds = _time.GetElapsedTime(last, now).TotalSeconds;
            last = now;
            Feeder.Now();
            foreach (var device in Devices)
            {
                device.Live(seconds);
            }

            if (_time.GetElapsedTime(kept, now) >= Keep)
            {
                kept = now;
                KeepCounters();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_control is not null)
        {
            await _control.DisposeAsync();
        }

        await Runtime.DisposeAsync();
        KeepCounters();
        if (Link is not null)
        {
            await Link.DisposeAsync();
        }
    }

    private void KeepCounters() => CounterFile.Write(Path.Combine(Runtime.Config.Options.Directory, Counters), Devices);
}
