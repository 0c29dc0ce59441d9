using SmartCity.Edge.Buses;

namespace SmartCity.Hardware.Tests.Support;

/// <summary>The far end of a serial line: a sensor that talks by itself, or a unit that answers.</summary>
internal sealed class Far : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    private Far(Func<CancellationToken, Task> work) => _work = work(_stop.Token);

    /// <summary>Says the pieces in turn, over and over, a moment apart.</summary>
    public static Far Saying(FileStream device, params byte[][] pieces) => new(async stop =>
    {
        for (var i = 0; ; i++)
        {
            await device.WriteAsync(pieces[i % pieces.Length], stop);
            await Task.Delay(TimeSpan.FromMilliseconds(50), stop);
        }
    });

    /// <summary>Answers each request of so many bytes with the next answer; the last goes on.</summary>
    public static Far Answering(FileStream device, int length, params byte[][] answers) => new(async stop =>
    {
        var request = new byte[length];
        for (var i = 0; ; i++)
        {
            await device.ReadExactlyAsync(request, stop);
            await device.WriteAsync(answers[Math.Min(i, answers.Length - 1)], stop);
        }
    });

    /// <summary>The same at the other end of the cable.</summary>
    public static Far Answering(SerialPort port, int length, params byte[][] answers) => new(async stop =>
    {
        var request = new byte[length];
        for (var i = 0; ; i++)
        {
            for (var have = 0; have < length;)
            {
                have += await port.ReadAsync(request.AsMemory(have), TimeSpan.FromSeconds(1), stop);
            }

            await port.WriteAsync(answers[Math.Min(i, answers.Length - 1)], stop);
        }
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();

        // A read of a pty cannot be called back; it ends when the program closes its end.
        await Task.WhenAny(_work, Task.Delay(TimeSpan.FromMilliseconds(100)));
        _stop.Dispose();
    }
}
