using SmartCity.Edge.Buses;
using SmartCity.Hardware.Tests.Support;

namespace SmartCity.Hardware.Tests;

/// <summary>Our serial code on ptys, and on two 16550s that a cable joins.</summary>
public sealed class SerialTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly byte[] Everything = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
    private readonly LinuxBoard _board = Boards.Linux();

    /// <inheritdoc/>
    public void Dispose() => _board.Dispose();

    [GuestFact]
    public async Task Every_byte_passes_a_pty_untouched_and_unechoed()
    {
        using var pty = new Pty();
        var port = _board.OpenSerial(new SerialSettings(pty.Path, 9600));
        await port.WriteAsync(Everything, TestContext.Current.CancellationToken);
        var arrived = new byte[256];
        await pty.Device.ReadExactlyAsync(arrived, TestContext.Current.CancellationToken);
        Assert.Equal(Everything, arrived);

        await pty.Device.WriteAsync(Everything, TestContext.Current.CancellationToken);
        Assert.Equal(Everything, await ReadAsync(port, 256));
        Assert.Equal(0, await port.ReadAsync(new byte[1], TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken));
    }

    [GuestFact]
    public async Task Two_uarts_speak_over_a_cable_in_both_directions()
    {
        foreach (var parity in Enum.GetValues<SerialParity>())
        {
            var one = _board.OpenSerial(new SerialSettings("/dev/ttyS2", 115200, parity));
            var other = _board.OpenSerial(new SerialSettings("/dev/ttyS3", 115200, parity));
            await one.WriteAsync(Everything, TestContext.Current.CancellationToken);
            Assert.Equal(Everything, await ReadAsync(other, 256));
            await other.WriteAsync(Everything, TestContext.Current.CancellationToken);
            Assert.Equal(Everything, await ReadAsync(one, 256));

            var set = await Tool.RunAsync("stty", "-F", "/dev/ttyS2", "-a");
            Assert.Contains("speed 115200 baud", set.Text, StringComparison.Ordinal);
            var flags = set.Text.Split([' ', '\n', ';']);
            Assert.Contains(parity == SerialParity.None ? "-parenb" : "parenb", flags);
            Assert.Contains(parity == SerialParity.Odd ? "parodd" : "-parodd", flags);
            Assert.Contains("-ixon", flags);
            _board.Close(one);
            _board.Close(other);
        }
    }

    [GuestFact]
    public async Task What_is_discarded_is_not_read()
    {
        var one = _board.OpenSerial(new SerialSettings("/dev/ttyS2", 9600));
        var other = _board.OpenSerial(new SerialSettings("/dev/ttyS3", 9600));
        await one.WriteAsync("noise"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.True(await other.ReadAsync(new byte[1], Patience, TestContext.Current.CancellationToken) > 0);
        await Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
        other.DiscardInput();
        await one.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("x"u8.ToArray(), await ReadAsync(other, 1));
    }

    [GuestFact]
    public async Task Silence_is_nothing_and_a_device_pulled_out_is_an_error()
    {
        var pty = new Pty();
        var port = _board.OpenSerial(new SerialSettings(pty.Path, 9600));
        Assert.Equal(0, await port.ReadAsync(new byte[8], TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));
        var waiting = port.ReadAsync(new byte[8], Patience, TestContext.Current.CancellationToken);
        pty.Dispose();
        await Assert.ThrowsAsync<BusException>(async () => await waiting);
    }

    [GuestFact]
    public void What_is_not_there_and_what_is_open_otherwise_is_told()
    {
        Assert.Equal(BusFault.Missing, Assert.Throws<BusException>(() => _board.OpenSerial(new SerialSettings("/dev/ttyUSB0", 9600))).Fault);
        var one = _board.OpenSerial(new SerialSettings("/dev/ttyS2", 9600));
        Assert.Equal(BusFault.Busy, Assert.Throws<BusException>(() => _board.OpenSerial(new SerialSettings("/dev/ttyS2", 4800))).Fault);
        Assert.Same(one, _board.OpenSerial(new SerialSettings("/dev/ttyS2", 9600)));

        // Another gateway program on the same machine.
        using var second = Boards.Linux();
        Assert.Equal(BusFault.Busy, Assert.Throws<BusException>(() => second.OpenSerial(new SerialSettings("/dev/ttyS2", 9600))).Fault);
    }

    private static async Task<byte[]> ReadAsync(SerialPort port, int count)
    {
        var read = new byte[count];
        for (var have = 0; have < count;)
        {
            var more = await port.ReadAsync(read.AsMemory(have), Patience, TestContext.Current.CancellationToken);
            Assert.True(more > 0, $"{have} bytes instead of {count}");
            have += more;
        }

        return read;
    }
}
