using System.Globalization;
using SmartCity.Edge.Buses.Linux;

namespace SmartCity.Edge.Tests.Buses;

/// <summary>A real pseudo-terminal: the gateway opens <see cref="Path"/>, the test is at the far end.</summary>
internal sealed class Pty : IDisposable
{
    private const uint Number = 0x8004_5430;
    private const uint Lock = 0x4004_5431;

    private readonly DeviceHandle _far;

    public unsafe Pty()
    {
        _far = Kernel.Open("/dev/ptmx", Kernel.ReadWrite | Kernel.NoControllingTerminal | Kernel.NonBlocking);
        int unlocked = 0, number;
        if (_far.IsInvalid || Kernel.Ioctl(_far, Lock, &unlocked) < 0 || Kernel.Ioctl(_far, Number, &number) < 0)
        {
            throw new IOException($"no pseudo-terminal: errno {Kernel.Errno}");
        }

        Path = string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}");
    }

    public string Path { get; }

    /// <summary>How the gateway's side is set.</summary>
    public unsafe Termios Termios
    {
        get
        {
            Termios now;
            Assert.Equal(0, Kernel.Ioctl(_far, TtyAbi.GetTermios, &now));
            return now;
        }
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var sent = Kernel.Write(_far, bytes);
            Assert.True(sent > 0, $"errno {Kernel.Errno}");
            bytes = bytes[sent..];
        }
    }

    /// <summary>Reads this many bytes; what does not come in ten seconds is missing.</summary>
    public async Task<byte[]> ReceiveAsync(int count)
    {
        using var poller = new Poller();
        var all = new byte[count];
        for (var have = 0; have < count;)
        {
            var read = Kernel.Read(_far, all.AsSpan(have));
            if (read > 0)
            {
                have += read;
            }
            else if (!await poller.ReadyAsync(_far, Kernel.PollIn, TimeSpan.FromSeconds(10), TimeProvider.System, default))
            {
                return all[..have];
            }
        }

        return all;
    }

    /// <summary>Hangs up, as an adapter that is pulled out.</summary>
    public void Dispose() => _far.Dispose();
}
