using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Buses.Linux;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Buses;

/// <summary>Serial ports over real pseudo-terminals.</summary>
public sealed class SerialBusTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static TheoryData<int> Rates => new(TtyAbi.Rates.Keys);

    [Theory]
    [MemberData(nameof(Rates))]
    public void A_port_is_raw_at_every_standard_rate(int baud)
    {
        using var pty = new Pty();
        using var board = new LinuxBoard();
        board.OpenSerial(new SerialSettings(pty.Path, baud));
        var termios = pty.Termios;
        Assert.Equal((uint)baud, termios.OutputSpeed);
        Assert.Equal((uint)baud, termios.InputSpeed);
        Assert.Equal(TtyAbi.Rates[baud], termios.Control & TtyAbi.RateMask);
        Assert.Equal(TtyAbi.EightBits | TtyAbi.Receive | TtyAbi.Local, termios.Control & ~TtyAbi.RateMask);
        Assert.Equal((0u, 0u, 0u), (termios.Input, termios.Output, termios.Local));
        Assert.Equal((1, 0), Waits(termios));
    }

    [Theory]
    [InlineData(0, 0u, 0u)]
    [InlineData(1, 0x100u, 0x10u)]
    [InlineData(2, 0x300u, 0x10u)]
    public void Parity_is_asked_for_and_checked(int parity, uint control, uint input)
    {
        var settings = new SerialSettings("", 9_600, (SerialParity)parity);
        var raw = TtyAbi.Raw(settings, TtyAbi.Rates[9_600]);
        Assert.Equal(control, raw.Control & (TtyAbi.Parity | TtyAbi.OddParity));
        Assert.Equal(input, raw.Input);

        // A pseudo-terminal has no wire and takes the parity bit out again; what it keeps shows that the setting arrived.
        using var pty = new Pty();
        using var board = new LinuxBoard();
        board.OpenSerial(settings with { Path = pty.Path });
        Assert.Equal(control & TtyAbi.OddParity, pty.Termios.Control & TtyAbi.OddParity);
        Assert.Equal(input, pty.Termios.Input);
    }

    [Fact]
    public void Any_bytes_pass_unchanged_both_ways() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        bytes =>
        {
            using var pty = new Pty();
            using var board = new LinuxBoard();
            var port = board.OpenSerial(new SerialSettings(pty.Path, 115_200));
            var all = bytes.Concat(Enumerable.Range(0, 256).Select(i => (byte)i)).ToArray();
            port.WriteAsync(all, default).AsTask().GetAwaiter().GetResult();
            pty.Send(all);
            return pty.ReceiveAsync(all.Length).GetAwaiter().GetResult().SequenceEqual(all)
                && ReceiveAsync(port, all.Length).GetAwaiter().GetResult().SequenceEqual(all);
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(20));

    [Fact]
    public async Task A_read_gives_what_is_there_without_waiting_for_more()
    {
        using var pty = new Pty();
        using var board = new LinuxBoard();
        var port = board.OpenSerial(new SerialSettings(pty.Path, 9_600));
        pty.Send([1, 2, 3]);
        Assert.Equal([1, 2, 3], await ReceiveAsync(port, 3));
        Assert.Equal(0, await port.ReadAsync(new byte[8], TimeSpan.Zero, default));
        pty.Send([4, 5, 6]);
        Assert.Equal([4, 5], await ReceiveAsync(port, 2));
        Assert.Equal([6], await ReceiveAsync(port, 1));
    }

    [Fact]
    public async Task A_read_wakes_when_bytes_come()
    {
        using var pty = new Pty();
        using var board = new LinuxBoard();
        var port = board.OpenSerial(new SerialSettings(pty.Path, 9_600));
        var buffer = new byte[8];
        var reading = port.ReadAsync(buffer, Patience, default).AsTask();
        Assert.False(reading.IsCompleted);
        pty.Send([42]);
        Assert.Equal(1, await Wait.ForAsync(reading, "the read ended"));
        Assert.Equal(42, buffer[0]);
    }

    [Fact]
    public async Task Nothing_in_time_is_0_by_the_boards_own_clock()
    {
        var time = new FakeTime();
        using var pty = new Pty();
        using var board = new LinuxBoard(time: time);
        var port = board.OpenSerial(new SerialSettings(pty.Path, 9_600));
        var reading = port.ReadAsync(new byte[8], TimeSpan.FromSeconds(3), default).AsTask();
        time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(reading.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(0, await Wait.ForAsync(reading, "the read ended"));
    }

    [Fact]
    public async Task A_cancelled_read_ends_and_the_next_one_works()
    {
        using var pty = new Pty();
        using var board = new LinuxBoard();
        var port = board.OpenSerial(new SerialSettings(pty.Path, 9_600));
        using var cancel = new CancellationTokenSource();
        var reading = port.ReadAsync(new byte[8], Patience, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Wait.ForAsync(reading, "the read ended"));
        pty.Send([7]);
        Assert.Equal([7], await ReceiveAsync(port, 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pulled_adapter_is_missing_in_words(bool whileReading)
    {
        using var pty = new Pty();
        using var board = new LinuxBoard();
        var port = board.OpenSerial(new SerialSettings(pty.Path, 9_600));
        var reading = whileReading ? port.ReadAsync(new byte[8], Patience, default).AsTask() : null;
        pty.Dispose();
        var e = await Assert.ThrowsAsync<BusException>(() => reading ?? port.ReadAsync(new byte[8], Patience, default).AsTask());
        Assert.Equal(BusFault.Missing, e.Fault);
        Assert.Contains(pty.Path, e.Message, StringComparison.Ordinal);
        Assert.Contains("plug it in again", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<BusException>(() => port.WriteAsync(new byte[] { 1 }, default).AsTask());
        Assert.Equal(BusFault.Missing, e.Fault);
    }

    [Fact]
    public async Task What_came_is_forgotten_when_asked()
    {
        using var pty = new Pty();
        using var board = new LinuxBoard();
        var port = board.OpenSerial(new SerialSettings(pty.Path, 9_600));
        pty.Send([1, 2, 3]);
        Assert.Equal([1], await ReceiveAsync(port, 1));
        port.DiscardInput();
        pty.Send([9]);
        Assert.Equal([9], await ReceiveAsync(port, 1));
    }

    [Fact]
    public async Task A_line_that_takes_no_bytes_is_a_timeout_and_a_slow_one_is_none()
    {
        var time = new FakeTime();
        using var pty = new Pty();
        using var board = new LinuxBoard(time: time);
        var port = board.OpenSerial(new SerialSettings(pty.Path, 921_600));
        var many = new byte[1_000_000];
        var writing = port.WriteAsync(many, default).AsTask();
        Assert.Equal(many.Length, (await pty.ReceiveAsync(many.Length)).Length);
        await Wait.ForAsync(writing, "all was written");

        writing = port.WriteAsync(many, default).AsTask();
        Assert.False(writing.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(60));
        var e = await Assert.ThrowsAsync<BusException>(() => Wait.ForAsync(writing, "the line was given up"));
        Assert.Equal(BusFault.Timeout, e.Fault);
    }

    [Fact]
    public void A_second_program_gets_busy_until_the_first_has_closed()
    {
        using var pty = new Pty();
        using var first = new LinuxBoard();
        using var second = new LinuxBoard();
        var settings = new SerialSettings(pty.Path, 9_600);
        var port = first.OpenSerial(settings);
        var e = Assert.Throws<BusException>(() => second.OpenSerial(settings));
        Assert.Equal(BusFault.Busy, e.Fault);
        Assert.Contains(pty.Path, e.Message, StringComparison.Ordinal);
        Assert.Same(port, first.OpenSerial(settings));
        first.Close(port);
        Assert.Throws<BusException>(() => second.OpenSerial(settings));
        first.Close(port);
        second.Close(second.OpenSerial(settings));
    }

    [Fact]
    public async Task A_port_is_free_as_soon_as_it_is_closed_even_after_a_wait()
    {
        using var pty = new Pty();
        using var board = new LinuxBoard();
        for (var i = 0; i < 50; i++)
        {
            var port = board.OpenSerial(new SerialSettings(pty.Path, 9_600));
            Assert.Equal(0, await port.ReadAsync(new byte[8], TimeSpan.FromMilliseconds(1), default));
            board.Close(port);
        }
    }

    [Fact]
    public void What_is_no_port_or_no_rate_is_said()
    {
        using var board = new LinuxBoard();
        var e = Assert.Throws<BusException>(() => board.OpenSerial(new SerialSettings("/dev/ttyUSB999", 9_600)));
        Assert.Equal(BusFault.Missing, e.Fault);
        Assert.Contains("scan", e.Message, StringComparison.Ordinal);

        e = Assert.Throws<BusException>(() => board.OpenSerial(new SerialSettings("/dev/ttyUSB999", 9_601)));
        Assert.Equal(BusFault.Unsupported, e.Fault);
        Assert.Contains("9600", e.Message, StringComparison.Ordinal);

        e = Assert.Throws<BusException>(() => board.OpenSerial(new SerialSettings("/dev/null", 9_600)));
        Assert.Equal(BusFault.Unsupported, e.Fault);
    }

    private static unsafe (int Minimum, int Time) Waits(Termios termios) =>
        (termios.Characters[TtyAbi.Minimum], termios.Characters[TtyAbi.Time]);

    private static async Task<byte[]> ReceiveAsync(SerialPort port, int count)
    {
        var all = new byte[count];
        for (var have = 0; have < count;)
        {
            var read = await port.ReadAsync(all.AsMemory(have), Patience, default);
            if (read == 0)
            {
                return all[..have];
            }

            have += read;
        }

        return all;
    }
}
