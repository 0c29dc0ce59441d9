using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>A line taken from the kernel through the GPIO character device.</summary>
internal sealed unsafe class LinuxGpioLine : GpioLine
{
    /// <summary>Events that one read fetches at most.</summary>
    private const int EventsAtOnce = 16;

    private readonly DeviceHandle _file;
    private readonly Poller _poller;
    private readonly TimeProvider _time;
    private readonly string _where;
    private Action<GpioEdge>? _edge;
    private Poller.Watched? _watched;
    private volatile bool _closed;

    private LinuxGpioLine(DeviceHandle file, GpioSettings settings, string where, Poller poller, TimeProvider time)
    {
        _file = file;
        Settings = settings;
        _where = where;
        _poller = poller;
        _time = time;
    }

    /// <inheritdoc/>
    public override GpioSettings Settings { get; }

    /// <summary>Takes a line.</summary>
    /// <exception cref="BusException">There is none, or it is held or denied.</exception>
    public static LinuxGpioLine Open(string dev, GpioSettings settings, Poller poller, TimeProvider time)
    {
        using var chip = GpioChip.Open(dev, settings.Chip);
        var where = string.Create(CultureInfo.InvariantCulture, $"{chip.Name} line {settings.Line}");
        return new LinuxGpioLine(chip.Request(settings), settings, where, poller, time);
    }

    /// <inheritdoc/>
    public override bool Read()
    {
        var levels = new GpioLevels { Mask = 1 };
        return Kernel.Ioctl(_file, GpioAbi.GetValues, &levels) < 0
            ? throw BusErrors.Of(BusWork.Gpio, Kernel.Errno, _where)
            : (levels.Bits & 1) != 0;
    }

    /// <inheritdoc/>
    public override void Write(bool level)
    {
        var levels = new GpioLevels { Mask = 1, Bits = level ? 1UL : 0 };
        if (Kernel.Ioctl(_file, GpioAbi.SetValues, &levels) < 0)
        {
            throw BusErrors.Of(BusWork.Gpio, Kernel.Errno, _where);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="BusException">The line gives no edges.</exception>
    /// <exception cref="InvalidOperationException">It is watched already, or is an output.</exception>
    public override void Watch(Action<GpioEdge> edge)
    {
        if (Settings.Direction != GpioDirection.Input || Interlocked.CompareExchange(ref _edge, edge, null) is not null)
        {
            throw new InvalidOperationException($"{_where}: only an input is watched, and once");
        }

        // Edges are switched on only now: lines that are merely read need no interrupt, and not every chip gives one.
        var config = GpioChip.Config(Settings, watched: true);
        if (Kernel.Ioctl(_file, GpioAbi.SetConfig, &config) < 0)
        {
            var error = Kernel.Errno;
            _edge = null;
            throw BusErrors.Of(BusWork.Gpio, error, _where);
        }

        _watched = _poller.Add(_file, Tell);
    }

    /// <summary>An event's time as a stamp of a clock: its age by the kernel's monotonic clock, taken from the clock's now.</summary>
    /// <param name="nanoseconds">The event's time by CLOCK_MONOTONIC.</param>
    /// <param name="monotonicNow">CLOCK_MONOTONIC now, in nanoseconds.</param>
    /// <param name="now">The clock's stamp at the same moment.</param>
    /// <param name="frequency">Stamps a second of the clock.</param>
    public static long Stamp(ulong nanoseconds, long monotonicNow, long now, long frequency)
    {
        var age = Math.Max(0, monotonicNow - (long)nanoseconds);
        return now - (long)((Int128)age * frequency / 1_000_000_000);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _closed = true;
        if (_watched is { } watched)
        {
            _poller.Remove(watched);
        }

        _file.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Reads what has come and tells it; false when the line is closed or the chip gone.</summary>
    private bool Tell()
    {
        var events = stackalloc GpioEvent[EventsAtOnce];
        var read = _closed ? -1 : Kernel.Read(_file, new Span<byte>(events, EventsAtOnce * sizeof(GpioEvent)));

        // .NET's stopwatch is CLOCK_MONOTONIC on Linux, in nanoseconds, and the system's clock stamps with it: then the event's own time is
        // its stamp. For any other clock both are looked at once for all events, or the later ones would be stamped younger by the telling of
        // those before them, and an edge could come before one that the last read brought.
        var monotonic = Stopwatch.GetTimestamp();
        var now = _time == TimeProvider.System ? monotonic : _time.GetTimestamp();
        var nanoseconds = (long)((Int128)monotonic * 1_000_000_000 / Stopwatch.Frequency);
        for (var i = 0; i < read / sizeof(GpioEvent) && !_closed; i++)
        {
            _edge!(new GpioEdge(
                events[i].Id == GpioAbi.RisingEdge, Stamp(events[i].Nanoseconds, nanoseconds, now, _time.TimestampFrequency), events[i].LineSequence));
        }

        return read > 0;
    }
}
