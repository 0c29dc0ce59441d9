using System.Globalization;

namespace SmartCity.Edge.Runtime;

/// <summary>
/// Keeps the service manager informed of a running gateway: its status line, and a sign of life for the watchdog only while the
/// devices take their turns and the log takes what they measure. A gateway that only looks alive is restarted.
/// </summary>
internal sealed class ServiceWatch : IDisposable
{
    /// <summary>A device may be this late: the longest call of the kernel that cannot be cancelled (a wedged bus) takes seconds.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(10);

    private readonly EdgeRuntime _runtime;
    private readonly ServiceNotifier _notifier;
    private readonly Action<string> _notice;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private string _status = "";
    private long _logMoved;
    private long _logAt;
    private bool _stuck;

    /// <summary>Begins to inform.</summary>
    public ServiceWatch(EdgeRuntime runtime, ServiceNotifier notifier, TimeProvider time, Action<string> notice)
    {
        _runtime = runtime;
        _notifier = notifier;
        _notice = notice;
        _time = time;
        _logAt = time.GetTimestamp();
        _status = Line();
        notifier.Ready(_status);
        var interval = notifier.Watchdog is { } watchdog && watchdog < StatusInterval ? watchdog : StatusInterval;
        _timer = time.CreateTimer(static watch => ((ServiceWatch)watch!).Look(), this, interval, interval);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Looks once; true when everything moves.</summary>
    public bool Look()
    {
        var moves = _runtime.IsMoving(Late) && LogMoves();
        if (moves)
        {
            _notifier.Alive();
        }
        else if (!_stuck)
        {
            _notice("devices or log stand still; the watchdog is not told that all is well");
        }

        _stuck = !moves;
        var status = Line();
        if (status != _status)
        {
            _status = status;
            _notifier.Status(status);
        }

        return moves;
    }

    /// <summary>What waits to be committed must be committed before long, unless the disk refuses: no restart would mend that, and the
    /// fire zones are watched all the same.</summary>
    private bool LogMoves()
    {
        var (appended, committed) = _runtime.Gateway.LogPosition;
        if (committed != _logMoved || committed >= appended || _runtime.Gateway.IsDiskRefusing)
        {
            _logMoved = committed;
            _logAt = _time.GetTimestamp();
            return true;
        }

        return _time.GetElapsedTime(_logAt) < Late;
    }

    private string Line()
    {
        var gateway = _runtime.Gateway;
        var faulty = _runtime.Devices.Count(d => d.Fault != Drivers.DeviceFault.None);
        var fires = _runtime.Fire.Zones.Count(z => z.Value != Fire.ZoneStage.Quiet);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(gateway.IsConnected ? "connected" : "no server")}, {_runtime.Devices.Count} devices{(faulty > 0 ? $", {faulty} faulty" : "")}{(fires > 0 ? $", {fires} zones in alarm" : "")}{(gateway.Clock.IsKnown ? "" : ", time unknown")}, {gateway.Backlog / 1024} KiB to send");
    }
}
