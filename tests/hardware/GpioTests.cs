using System.Collections.Concurrent;
using System.Diagnostics;
using SmartCity.Edge.Buses;
using SmartCity.Hardware.Tests.Support;

namespace SmartCity.Hardware.Tests;

/// <summary>Our GPIO code on the kernel's character device; the other side of each line is gpio-sim's.</summary>
public sealed class GpioTests : IDisposable
{
    private readonly LinuxBoard _board = Boards.Linux();
    private readonly SimulatedGpio _chip = new(8, new Dictionary<int, string> { [3] = "DOOR" });

    /// <inheritdoc/>
    public void Dispose()
    {
        _board.Dispose();
        _chip.Dispose();
    }

    [GuestFact]
    public void An_input_follows_its_contact()
    {
        using var line = _board.OpenGpio(Input(3));
        Assert.False(line.Read());
        _chip.Pull(3, up: true);
        Assert.True(line.Read());
    }

    [GuestFact]
    public void Active_low_turns_an_input_and_an_output()
    {
        using var input = _board.OpenGpio(Input(0) with { ActiveLow = true });
        Assert.True(input.Read());
        _chip.Pull(0, up: true);
        Assert.False(input.Read());

        using var output = _board.OpenGpio(Output(1) with { ActiveLow = true, Initial = false });
        Assert.True(_chip.Level(1));
        output.Write(level: true);
        Assert.False(_chip.Level(1));
        Assert.True(output.Read());
    }

    [GuestFact]
    public void A_pull_reaches_the_chip()
    {
        using (var up = _board.OpenGpio(Input(2) with { Pull = GpioPull.Up }))
        {
            Assert.True(up.Read());
        }

        using var down = _board.OpenGpio(Input(2) with { Pull = GpioPull.Down });
        Assert.False(down.Read());
    }

    [GuestFact]
    public void An_output_starts_as_told_and_reads_back()
    {
        using var high = _board.OpenGpio(Output(4) with { Initial = true });
        Assert.True(_chip.Level(4));
        Assert.True(high.Read());
        high.Write(level: false);
        Assert.False(_chip.Level(4));
        Assert.False(high.Read());
        high.Write(level: true);
        Assert.True(_chip.Level(4));
    }

    [GuestFact]
    public void Who_holds_a_busy_line_is_told()
    {
        using var holder = _board.OpenGpio(Output(5) with { Consumer = "door-watch" });
        var error = Assert.Throws<BusException>(() => _board.OpenGpio(Input(5)));
        Assert.Equal(BusFault.Busy, error.Fault);
        Assert.Contains("door-watch", error.Message, StringComparison.Ordinal);
    }

    [GuestFact]
    public void A_line_given_back_is_free()
    {
        _board.OpenGpio(Output(5)).Dispose();
        using var again = _board.OpenGpio(Input(5));
        Assert.False(again.Read());
    }

    [GuestFact]
    public void What_is_not_there_is_told()
    {
        Assert.Equal(BusFault.Missing, Assert.Throws<BusException>(() => _board.OpenGpio(new("gpiochip77", 0, GpioDirection.Input))).Fault);
        var error = Assert.Throws<BusException>(() => _board.OpenGpio(Input(8)));
        Assert.Equal(BusFault.Missing, error.Fault);
        Assert.Contains("8", error.Message, StringComparison.Ordinal);
    }

    [GuestFact]
    public async Task Edges_come_in_order_with_the_kernels_stamps()
    {
        using var line = _board.OpenGpio(Input(3));
        var edges = new BlockingCollection<GpioEdge>();
        line.Watch(edges.Add);
        for (var i = 0; i < 20; i++)
        {
            var before = Stopwatch.GetTimestamp();
            _chip.Pull(3, up: i % 2 == 0);
            var after = Stopwatch.GetTimestamp();
            var edge = await TakeAsync(edges);
            Assert.Equal((uint)(i + 1), edge.Sequence);
            Assert.Equal(i % 2 == 0, edge.Level);

            // The stamp is of the moment of the edge, not of its telling.
            Assert.InRange(edge.Timestamp, before, after);
        }
    }

    [GuestFact]
    public async Task A_burst_of_a_thousand_edges_loses_none()
    {
        using var line = _board.OpenGpio(Input(6));
        using var told = new BlockingCollection<GpioEdge>();
        line.Watch(told.Add);
        var started = Stopwatch.GetTimestamp();
        await _chip.BurstAsync(6, 1000, line.Settings.Consumer);
        TestContext.Current.TestOutputHelper!.WriteLine($"1,000 edges in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:n0} ms");
        var edges = await AllAsync(told, 1000);
        Assert.Equal(1000, edges.Count);
        Assert.All(edges, (edge, i) => Assert.Equal((uint)(i + 1), edge.Sequence));
        Assert.All(edges, (edge, i) => Assert.Equal(i % 2 == 0, edge.Level));
        Assert.All(edges.Zip(edges.Skip(1)), pair => Assert.True(pair.First.Timestamp <= pair.Second.Timestamp, $"{pair}"));
    }

    [GuestFact]
    public async Task Edges_that_the_kernel_has_no_room_for_are_missing_numbers()
    {
        using var line = _board.OpenGpio(Input(6));
        using var told = new BlockingCollection<GpioEdge>();
        using var busy = new ManualResetEventSlim();
        line.Watch(edge =>
        {
            // The program is held up until the burst is over.
            busy.Wait(TimeSpan.FromSeconds(60));
            told.Add(edge);
        });
        await _chip.BurstAsync(6, 1500, line.Settings.Consumer);
        busy.Set();
        var edges = await AllAsync(told, 1500);
        var missing = edges.Select((edge, i) => edge.Sequence - (i == 0 ? 0 : edges[i - 1].Sequence) - 1).Sum(gap => gap);
        Assert.Equal(1500, edges.Count + missing);
        Assert.InRange(missing, 1, 1500 - 1024);
    }

    [GuestFact]
    public async Task A_bouncing_contact_is_one_edge()
    {
        using var line = _board.OpenGpio(Input(7) with { Debounce = TimeSpan.FromSeconds(1) });
        var edges = new BlockingCollection<GpioEdge>();
        line.Watch(edges.Add);
        for (var i = 0; i < 15; i++)
        {
            _chip.Pull(7, up: i % 2 == 0);
        }

        Assert.Equal((true, 1u), await LevelAsync());
        _chip.Pull(7, up: false);
        Assert.Equal((false, 2u), await LevelAsync());

        async Task<(bool Level, uint Sequence)> LevelAsync()
        {
            var edge = await TakeAsync(edges);
            return (edge.Level, edge.Sequence);
        }
    }

    /// <summary>Everything up to a number.</summary>
    private static async Task<List<GpioEdge>> AllAsync(BlockingCollection<GpioEdge> told, uint last)
    {
        var edges = new List<GpioEdge>();
        while (edges is [] || edges[^1].Sequence < last)
        {
            edges.Add(await TakeAsync(told));
        }

        return edges;
    }

    private static async Task<GpioEdge> TakeAsync(BlockingCollection<GpioEdge> edges) => await Task.Run(
        () => edges.TryTake(out var edge, TimeSpan.FromSeconds(20)) ? edge : throw new TimeoutException("no edge comes"),
        TestContext.Current.CancellationToken);

    private GpioSettings Input(int line) => new(_chip.Chip, line, GpioDirection.Input);

    private GpioSettings Output(int line) => new(_chip.Chip, line, GpioDirection.Output);
}
