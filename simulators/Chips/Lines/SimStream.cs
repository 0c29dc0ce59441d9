namespace SmartCity.Simulators.Chips.Lines;

/// <summary>What is wrong with a simulated part that talks in frames.</summary>
internal enum SimFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Its frames carry a wrong checksum (noise on the line).</summary>
    BadChecksum,

    /// <summary>Its frames break off in the middle (a loose plug).</summary>
    BrokenFrame,

    /// <summary>It repeats what it sent last, whatever happens around it.</summary>
    Stuck,
}

/// <summary>A sensor that sends a frame by itself at a steady pace. What it would have sent while nobody read is one frame, not all of
/// them: the driver throws stale frames away, and a city has thousands of such sensors.</summary>
/// <param name="time">Clock of its pace.</param>
/// <param name="period">Time from one frame to the next.</param>
internal abstract class SimStream(TimeProvider time, TimeSpan period) : SimUart
{
    private readonly long _period = (long)(period.TotalSeconds * time.TimestampFrequency);
    private byte[]? _last;
    private long? _next;

    /// <summary>What is wrong with it.</summary>
    public SimFault Fault { get; set; }

    /// <inheritdoc/>
    public override long? Next => _next;

    /// <inheritdoc/>
    public override void Poll(long timestamp)
    {
        _next ??= timestamp + _period;
        if (timestamp < _next)
        {
            return;
        }

        _next += ((timestamp - _next.Value) / _period * _period) + _period;
        var frame = Fault == SimFault.Stuck && _last is not null ? _last : Frame();
        _last = frame;
        Send(Damage(frame));
    }

    /// <summary>The frame of this moment, whole and right.</summary>
    protected abstract byte[] Frame();

    /// <summary>Makes the checksum of a frame wrong.</summary>
    protected abstract void Spoil(byte[] frame);

    private ReadOnlyMemory<byte> Damage(byte[] frame)
    {
        switch (Fault)
        {
            case SimFault.BadChecksum:
                var spoilt = (byte[])frame.Clone();
                Spoil(spoilt);
                return spoilt;
            case SimFault.BrokenFrame:
                return frame.AsMemory(0, frame.Length / 2);
            default:
                return frame;
        }
    }
}
