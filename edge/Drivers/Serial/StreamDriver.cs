using System.Globalization;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Serial;

/// <summary>
/// A sensor that sends frames by itself. A measurement throws away what is in the kernel's buffer (it was measured some time ago) and
/// takes the next right frame. It waits, and reads, no more than its limits; then it says which of the possible faults it saw.
/// </summary>
/// <param name="name">The sensor's name, for people.</param>
/// <param name="settings">Setting <c>port</c>.</param>
/// <param name="context">What drivers are made with.</param>
/// <param name="format">Its frames.</param>
internal abstract class StreamDriver(string name, PartSettings settings, DriverContext context, FrameFormat format) : Driver
{
    /// <summary>Most bytes looked at for one measurement: far more than 9600 baud brings in the time.</summary>
    private const int MostBytes = 16_384;

    private readonly SerialSettings _settings = new(settings.Text("port"), 9600);
    private readonly FrameFinder _finder = new(format);
    private readonly byte[] _input = new byte[256];
    private readonly byte[] _frame = new byte[format.Length];
    private SerialPort? _port;
    private int _at;
    private int _end;
    private int _seen;
    private bool _silent;
    private long? _heard;

    /// <inheritdoc/>
    public override string Where => $"{name} at {_settings.Path}";

    /// <inheritdoc/>
    public override TimeSpan MinimumInterval => TimeSpan.FromSeconds(1);

    /// <summary>Clock.</summary>
    protected TimeProvider Time => context.Time;

    /// <summary>Candidates out of range in this measurement.</summary>
    protected int OutOfRange => _finder.OutOfRange;

    /// <summary>Time after its first frame until it is fit to measure.</summary>
    protected virtual TimeSpan WarmUp => TimeSpan.Zero;

    /// <summary>Longest wait for one measurement: at least two of its longest periods.</summary>
    protected virtual TimeSpan Patience => TimeSpan.FromSeconds(5);

    /// <summary>Commands that wake a sensor that says nothing; sent at a start after silence only, because some keep them in flash.</summary>
    protected virtual ReadOnlyMemory<byte> Wake => ReadOnlyMemory<byte>.Empty;

    /// <inheritdoc/>
    public override async ValueTask StartAsync(CancellationToken cancel)
    {
        Close();
        _port = context.Board.OpenSerial(_settings);
        if (_silent && Wake.Length > 0)
        {
            await WakeAsync(_port, cancel);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var port = _port ?? throw new DriverException(DeviceFault.Unavailable, $"{Where} has not been started");
        using var turn = await SerialTurn.TakeAsync(port, Time, cancel);
        port.DiscardInput();
        _finder.Clear();
        _at = _end = _seen = 0;
        await MeasureStreamAsync(into, cancel);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Close();
        return base.DisposeAsync();
    }

    /// <summary>Takes the frames it needs and adds the values, the last thing it does.</summary>
    protected abstract ValueTask MeasureStreamAsync(Measurement into, CancellationToken cancel);

    /// <summary>What a value out of range means for this sensor, for people.</summary>
    protected virtual string RangeWords => "it says a value outside its range";

    /// <summary>The next right frame; valid until the next call.</summary>
    /// <param name="start">Stamp at which the measurement began: its patience is for all frames together.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="DriverException">None came in time.</exception>
    protected async ValueTask<ReadOnlyMemory<byte>> FrameAsync(long start, CancellationToken cancel)
    {
        while (true)
        {
            while (_at < _end)
            {
                if (_finder.Push(_input[_at++], _frame))
                {
                    _heard ??= Time.GetTimestamp();
                    _silent = false;
                    return _frame;
                }
            }

            var left = Patience - Time.GetElapsedTime(start);
            _at = 0;
            _end = left > TimeSpan.Zero && _seen < MostBytes ? await ReadAsync(left, cancel) : 0;
            _seen += _end;
            if (_end == 0)
            {
                throw Silence();
            }
        }
    }

    /// <summary>Throws while the sensor is not yet fit to measure.</summary>
    /// <exception cref="DriverException">It is warming up.</exception>
    protected void CheckWarm()
    {
        var left = WarmUp - Time.GetElapsedTime(_heard ?? Time.GetTimestamp());
        if (left > TimeSpan.Zero)
        {
            throw new DriverException(
                DeviceFault.WarmingUp,
                string.Create(CultureInfo.InvariantCulture, $"{Where} is warming up: {Math.Ceiling(left.TotalSeconds)} s more"));
        }
    }

    /// <summary>Begins the warm-up again: the sensor has been off, and runs since now.</summary>
    protected void WarmAgain() => _heard = Time.GetTimestamp();

    private DriverException Silence()
    {
        var patience = Times.Write(Patience);
        if (_seen == 0)
        {
            _silent = true;
            _heard = null;
            return new DriverException(
                DeviceFault.NoAnswer,
                $"{Where}: not one byte in {patience}; check its supply, that its TX goes to this port's RX, and that the port is its own");
        }

        return _finder.Trouble switch
        {
            FrameVerdict.BadChecksum => new DriverException(
                DeviceFault.Checksum,
                $"{Where}: no frame with a right checksum in {patience}; shorten the cable, keep it away from mains, check the ground"),
            FrameVerdict.BadFrame => new DriverException(
                DeviceFault.Frame, $"{Where}: its frames are not this sensor's; is it another model?"),
            FrameVerdict.OutOfRange => new DriverException(DeviceFault.Range, $"{Where}: {RangeWords}"),
            _ when _finder.Begun > 0 => new DriverException(
                DeviceFault.Frame, $"{Where}: a frame broke off after {_finder.Begun} of {format.Length} bytes; check plug and supply"),
            _ => new DriverException(
                DeviceFault.Frame, $"{Where}: {_seen} bytes in {patience} and no frame among them; is it this sensor, at 9600 baud?"),
        };
    }

    private async ValueTask<int> ReadAsync(TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            return await _port!.ReadAsync(_input, patience, cancel);
        }
        catch (BusException)
        {
            Lose();
            throw;
        }
    }

    private async ValueTask WakeAsync(SerialPort port, CancellationToken cancel)
    {
        using var turn = await SerialTurn.TakeAsync(port, Time, cancel);
        try
        {
            await port.WriteAsync(Wake, cancel);
        }
        catch (BusException)
        {
            Lose();
            throw;
        }
    }

    private void Lose()
    {
        _heard = null;
        if (_port is { } port)
        {
            _port = null;
            context.Board.Lose(port);
        }
    }

    private void Close()
    {
        if (_port is { } port)
        {
            _port = null;
            context.Board.Close(port);
        }
    }
}
