using SmartCity.Edge;

namespace SmartCity.Simulators.Run;

/// <summary>One real gateway over simulated devices, and the rhythm in which they report.</summary>
internal sealed class SimGateway : IAsyncDisposable
{
    /// <summary>A device reports for the first time within this after the start, whatever its interval.</summary>
    private static readonly TimeSpan FirstReports = TimeSpan.FromSeconds(20);

    private readonly Random _random;
    private readonly TimeProvider _time;
    private readonly double _speed;

    /// <summary>A gateway that was started, its devices, and by how much faster than their kinds' intervals they report.</summary>
    public SimGateway(Gateway gateway, IReadOnlyList<SimDevice> devices, double speed, int seed, LinkProxy? link, TimeProvider time)
    {
        Gateway = gateway;
        Devices = devices;
        Link = link;
        _speed = speed;
        _time = time;
        _random = new Random(seed);
    }

    /// <summary>The gateway.</summary>
    public Gateway Gateway { get; }

    /// <summary>Its devices.</summary>
    public IReadOnlyList<SimDevice> Devices { get; }

    /// <summary>Its link, when the run may cut it.</summary>
    public LinkProxy? Link { get; }

    /// <summary>Lets the devices report until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var due = new PriorityQueue<SimDevice, long>();
        var start = _time.GetTimestamp();
        foreach (var device in Devices)
        {
            var first = Math.Min(Interval(device).TotalSeconds, FirstReports.TotalSeconds) * _random.NextDouble();
            due.Enqueue(device, start + Ticks(first));
        }

        while (due.TryPeek(out var device, out var at))
        {
            var wait = _time.GetElapsedTime(_time.GetTimestamp(), at);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait < TimeSpan.FromMilliseconds(5) ? TimeSpan.FromMilliseconds(5) : wait, _time, stop)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (stop.IsCancellationRequested)
            {
                return;
            }

            due.Dequeue();
            if (!device.Paused)
            {
                // A full log takes nothing; it is counted there, and this device measures anew at its next turn.
                device.Measure(Gateway, _time.GetUtcNow());
            }

            // Real devices drift: a tenth early or late, so that the city does not report in step.
            due.Enqueue(device, _time.GetTimestamp() + Ticks(Interval(device).TotalSeconds * (0.9 + (0.2 * _random.NextDouble()))));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        if (Link is not null)
        {
            await Link.DisposeAsync();
        }
    }

    private TimeSpan Interval(SimDevice device) => device.Kind.Interval / _speed;

    private long Ticks(double seconds) => (long)(seconds * _time.TimestampFrequency);
}
