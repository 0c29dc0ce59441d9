using SmartCity.Edge.Buses;

namespace SmartCity.Simulators.Chips;

/// <summary>A simulated serial line with a bounded input buffer, as a kernel's: what does not fit is lost.</summary>
internal sealed class SimSerialPort : SerialPort
{
    /// <summary>Size of the kernel's own input buffer (N_TTY_BUF_SIZE).</summary>
    private const int Capacity = 4_096;

    private readonly Lock _gate = new();
    private readonly byte[] _buffer = new byte[Capacity];
    private readonly SimUart _uart;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private int _count;

    public SimSerialPort(SerialSettings settings, SimUart uart, TimeProvider time)
    {
        Settings = settings;
        _uart = uart;
        _time = time;
        uart.Send = Arrive;
    }

    public override SerialSettings Settings { get; }

    public override async ValueTask<int> ReadAsync(Memory<byte> into, TimeSpan patience, CancellationToken cancel)
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            _uart.Poll(_time.GetTimestamp());
            if (Take(into.Span) is var taken and > 0)
            {
                return taken;
            }

            var left = patience - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return 0;
            }

            if (_uart.Next is { } next)
            {
                var wait = _time.GetElapsedTime(_time.GetTimestamp(), next);
                left = wait < left ? wait : left;
                left = left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left;
            }

            using var limit = new CancellationTokenSource(left, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            try
            {
                await _arrived.WaitAsync(both.Token);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                // The wait is over; the loop looks again.
            }
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        if (!_uart.Absent)
        {
            _uart.Received(bytes.Span);
        }

        return ValueTask.CompletedTask;
    }

    public override void DiscardInput()
    {
        // What a stream has sent before this moment is in the buffer already, and goes with it.
        _uart.Poll(_time.GetTimestamp());
        lock (_gate)
        {
            _count = 0;
        }
    }

    private void Arrive(ReadOnlyMemory<byte> bytes)
    {
        if (_uart.Absent)
        {
            return;
        }

        lock (_gate)
        {
            var fits = Math.Min(bytes.Length, Capacity - _count);
            bytes.Span[..fits].CopyTo(_buffer.AsSpan(_count));
            _count += fits;
            if (_arrived.CurrentCount == 0)
            {
                _arrived.Release();
            }
        }
    }

    private int Take(Span<byte> into)
    {
        lock (_gate)
        {
            var taken = Math.Min(into.Length, _count);
            _buffer.AsSpan(0, taken).CopyTo(into);
            _buffer.AsSpan(taken, _count - taken).CopyTo(_buffer);
            _count -= taken;
            return taken;
        }
    }
}
