using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>
/// A serial port of the kernel: raw bytes, one holder (TIOCEXCL against other users' programs, flock against those that ask, root's
/// among them). Waiting costs no thread: the board's poller says when bytes are there.
/// </summary>
internal sealed class LinuxSerialPort : SerialPort
{
    private const string WhenMissing =
        "see which ports there are with: smartcity-edge scan; the board's own is switched on in raspi-config (Serial Port: shell no, hardware yes)";

    /// <summary>A rate may miss by this part: a byte of ten bits is still read in its middle.</summary>
    private const double RateTolerance = 0.03;

    /// <summary>Bits of a byte on the wire, parity among them.</summary>
    private const int BitsPerByte = 11;

    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    private readonly DeviceHandle _file;
    private readonly Poller _poller;
    private readonly TimeProvider _time;

    private LinuxSerialPort(DeviceHandle file, SerialSettings settings, Poller poller, TimeProvider time)
    {
        _file = file;
        Settings = settings;
        _poller = poller;
        _time = time;
    }

    /// <inheritdoc/>
    public override SerialSettings Settings { get; }

    /// <summary>Opens a port.</summary>
    /// <exception cref="BusException">It is missing, denied, held, no serial port, or cannot be set so.</exception>
    public static LinuxSerialPort Open(SerialSettings settings, Poller poller, TimeProvider time)
    {
        if (!TtyAbi.Rates.TryGetValue(settings.Baud, out var rate))
        {
            throw new BusException(BusFault.Unsupported, string.Create(
                CultureInfo.InvariantCulture,
                $"{settings.Path}: {settings.Baud} is no standard rate; they are {string.Join(", ", TtyAbi.Rates.Keys)}"));
        }

        var file = Kernel.Open(settings.Path, Kernel.ReadWrite | Kernel.NoControllingTerminal | Kernel.NonBlocking);
        if (file.IsInvalid)
        {
            var error = Kernel.Errno;
            throw BusErrors.OfOpening(error, settings.Path, WhenMissing, error == Errno.Busy ? HolderOf(settings.Path) : null);
        }

        var port = new LinuxSerialPort(file, settings, poller, time);
        try
        {
            port.TakeAlone();
            port.Configure(rate);
            port.DiscardInput();
            return port;
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> into, TimeSpan patience, CancellationToken cancel)
    {
        var start = _time.GetTimestamp();
        while (!into.IsEmpty)
        {
            cancel.ThrowIfCancellationRequested();
            if (Take(into.Span) is var taken and > 0)
            {
                return taken;
            }

            var left = patience - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || !await _poller.ReadyAsync(_file, Kernel.PollIn, left, _time, cancel))
            {
                return 0;
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        var limit = TimeOnWire(bytes.Length) + Slack;
        var start = _time.GetTimestamp();
        while (!bytes.IsEmpty)
        {
            cancel.ThrowIfCancellationRequested();
            if (Put(bytes.Span) is var put and > 0)
            {
                bytes = bytes[put..];
                continue;
            }

            var left = limit - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || !await _poller.ReadyAsync(_file, Kernel.PollOut, left, _time, cancel))
            {
                throw Stuck();
            }
        }

        // The kernel's queue empties at the line's pace, which is waited for without a thread; draining then waits for the chip's few bytes.
        for (int queued; (queued = Queued()) > 0;)
        {
            if (_time.GetElapsedTime(start) > limit)
            {
                throw Stuck();
            }

            await Task.Delay(TimeOnWire(queued) + TimeSpan.FromMilliseconds(1), _time, cancel);
        }

        Request(TtyAbi.Drain, 1);
    }

    /// <inheritdoc/>
    public override void DiscardInput() => Request(TtyAbi.Flush, TtyAbi.FlushInput);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_file.IsClosed)
        {
            // Closing may have to wait for the poller to let go of the file; the next holder must not.
            _ = Kernel.Ioctl(_file, TtyAbi.NotExclusive, 0);
            _ = Kernel.Lock(_file, Kernel.Unlock);
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private static string? HolderOf(string path) => Holders.Of(path);

    private TimeSpan TimeOnWire(int bytes) => TimeSpan.FromSeconds((double)bytes * BitsPerByte / Settings.Baud);

    private BusException Stuck() => new(BusFault.Timeout, $"{Settings.Path}: the bytes do not leave the port; unplug the adapter and plug it in again");

    private unsafe void TakeAlone()
    {
        // Root opens a port that another program has for itself: ask, and do not take it.
        int exclusive;
        var held = Kernel.Ioctl(_file, TtyAbi.IsExclusive, &exclusive) == 0 && exclusive != 0;
        if (held || Kernel.Lock(_file, Kernel.LockExclusive | Kernel.LockNonBlocking) < 0)
        {
            // Whoever holds it keeps its mark: closing this file must not take it away.
            _file.Dispose();
            throw new BusException(BusFault.Busy, HolderOf(Settings.Path) is { } holder
                ? $"{Settings.Path} is held by {holder}; stop it or choose another port"
                : $"{Settings.Path} is held by another program; sudo lsof {Settings.Path} says which");
        }

        Request(TtyAbi.Exclusive, 0);
    }

    private unsafe void Configure(uint rate)
    {
        var raw = TtyAbi.Raw(Settings, rate);
        Termios now;
        if (Kernel.Ioctl(_file, TtyAbi.SetTermios, &raw) < 0 || Kernel.Ioctl(_file, TtyAbi.GetTermios, &now) < 0)
        {
            throw BusErrors.Of(BusWork.Serial, Kernel.Errno, $"{Settings.Path} at {Settings}");
        }

        // A driver that cannot do a rate says nothing, and sets what it can.
        if (Math.Abs(now.OutputSpeed - (double)Settings.Baud) > Settings.Baud * RateTolerance)
        {
            throw new BusException(BusFault.Unsupported, string.Create(
                CultureInfo.InvariantCulture, $"{Settings.Path} cannot do {Settings.Baud} baud, and made {now.OutputSpeed} of it"));
        }
    }

    /// <summary>Reads what is there; 0 = nothing yet.</summary>
    private int Take(Span<byte> into)
    {
        var read = Kernel.Read(_file, into);
        return read switch
        {
            > 0 => read,
            0 => throw BusErrors.Of(BusWork.Serial, Errno.InputOutput, Settings.Path),
            _ when Kernel.Errno == Errno.Again => 0,
            _ => throw BusErrors.Of(BusWork.Serial, Kernel.Errno, Settings.Path),
        };
    }

    /// <summary>Writes what fits; 0 = nothing now.</summary>
    private int Put(ReadOnlySpan<byte> bytes)
    {
        var written = Kernel.Write(_file, bytes);
        return written >= 0 ? written
            : Kernel.Errno == Errno.Again ? 0
            : throw BusErrors.Of(BusWork.Serial, Kernel.Errno, Settings.Path);
    }

    private unsafe int Queued()
    {
        int queued;
        return Kernel.Ioctl(_file, TtyAbi.OutputQueue, &queued) < 0
            ? throw BusErrors.Of(BusWork.Serial, Kernel.Errno, Settings.Path)
            : queued;
    }

    private void Request(uint request, uint argument)
    {
        if (Kernel.Ioctl(_file, request, argument) < 0)
        {
            throw BusErrors.Of(BusWork.Serial, Kernel.Errno, Settings.Path);
        }
    }
}
