using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Lines;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>The tipping bucket: tips, bounces, lost events, the rate, and the total over restarts and power cuts.</summary>
public sealed class RainGaugeTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly ScriptedBoard _board = new(new JumpTime());
    private readonly string _state = Directory.CreateTempSubdirectory("rain-").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task Tips_are_counted_and_the_rate_is_that_of_the_last_ten_minutes()
    {
        await using var gauge = await StartAsync();
        Assert.Equal(new() { ["rain_total_mm"] = 0 }, await gauge.MeasureAsync()); // the first minute has no rate
        _time.Advance(TimeSpan.FromMinutes(10));
        for (var i = 0; i < 20; i++)
        {
            Tip();
            _time.Advance(TimeSpan.FromSeconds(15));
        }

        // 20 × 0.2 mm in five minutes; the window is ten.
        Assert.Equal(new() { ["rain_total_mm"] = 4, ["rain_mm_h"] = 24 }, await gauge.MeasureAsync());
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(22.8, (await gauge.MeasureAsync())["rain_mm_h"]); // the first tip is ten minutes old
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(new() { ["rain_total_mm"] = 4, ["rain_mm_h"] = 0 }, await gauge.MeasureAsync());
    }

    [Fact]
    public async Task In_the_first_ten_minutes_the_rate_is_over_the_time_it_has_watched()
    {
        await using var gauge = await StartAsync();
        Tip();
        Tip(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(24, (await gauge.MeasureAsync())["rain_mm_h"], 0.01); // 0.4 mm in one minute
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(4.8, (await gauge.MeasureAsync())["rain_mm_h"], 0.01);
    }

    [Fact]
    public async Task A_reed_that_rings_tips_once()
    {
        await using var gauge = await StartAsync();
        Tip();
        for (var i = 0; i < 3; i++)
        {
            Tip(TimeSpan.FromMilliseconds(60));
        }

        Assert.Equal(0.2, (await gauge.MeasureAsync())["rain_total_mm"]);
        Tip(TimeSpan.FromMilliseconds(200));
        Assert.Equal(0.4, (await gauge.MeasureAsync())["rain_total_mm"]);
    }

    [Theory]
    [InlineData(2u, 60, true, 2)] // closed, opened, and now closed
    [InlineData(20u, 60, true, 11)]
    [InlineData(20u, 1, true, 5)] // no more than fit into a second
    [InlineData(1u, 60, false, 1)]
    [InlineData(3u, 60, false, 2)]
    public void Events_that_the_kernel_dropped_are_counted_as_the_tips_they_were(uint dropped, int seconds, bool level, int expected)
    {
        var counter = new TipCounter(TimeSpan.FromMilliseconds(200), _time);
        counter.Open(false);
        Assert.Equal(1, counter.Take(new GpioEdge(true, _time.GetTimestamp(), 1)));
        Assert.Equal(0, counter.Take(new GpioEdge(false, _time.GetTimestamp() + 1, 2)));
        var later = _time.GetTimestamp() + TimeSpan.FromSeconds(seconds).Ticks;
        var tips = counter.Take(new GpioEdge(level, later, 3 + dropped));
        Assert.Equal(expected, tips);
        Assert.Equal(tips, counter.Lost + (level ? 1 : 0));
    }

    [Fact]
    public void Dropping_events_in_pairs_or_singly_loses_no_tip() =>
        Prop.ForAll(Gen.Choose(0, 6).ListOf().ToArbitrary(), gaps =>
        {
            var counter = new TipCounter(TimeSpan.FromMilliseconds(200), _time);
            counter.Open(false);
            var stamp = _time.GetTimestamp();
            uint sequence = 0;
            var level = false;
            var closures = 0;
            var counted = 0;
            foreach (var gap in gaps)
            {
                // Events a second apart; of each run only the last is told.
                for (var i = 0; i <= gap; i++)
                {
                    stamp += TimeSpan.TicksPerSecond;
                    sequence++;
                    level = !level;
                    closures += level ? 1 : 0;
                }

                counted += counter.Take(new GpioEdge(level, stamp, sequence));
            }

            Assert.Equal(closures, counted);
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public async Task The_total_outlives_restarts_and_the_disk_sees_one_write_a_minute()
    {
        var writes = 0;
        using (var watcher = new Watch(() => writes++, this))
        {
            await using var gauge = await StartAsync();
            for (var second = 0; second < 300; second++)
            {
                Tip(TimeSpan.FromSeconds(1));
                _time.Advance(TimeSpan.Zero);
                watcher.Look();
            }

            Assert.InRange(writes, 5, 6);
        }

        await using var again = await StartAsync();
        Assert.Equal(60, (await again.MeasureAsync())["rain_total_mm"]);
    }

    [Fact]
    public async Task A_power_cut_costs_a_minute_s_rain_at_most()
    {
        var gauge = await StartAsync(); // never disposed: the power is cut
        Tip();
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 30; i++)
        {
            Tip(TimeSpan.FromSeconds(1));
        }

        _board.Line.Dispose();
        await using (var cut = await StartAsync())
        {
            Assert.Equal(0.2, (await cut.MeasureAsync())["rain_total_mm"]);
        }

        GC.KeepAlive(gauge);
    }

    [Fact]
    public async Task A_file_cut_in_the_middle_is_put_aside_and_told_once()
    {
        var path = Path.Combine(_state, "rain-gpiochip0-6.total");
        await File.WriteAllTextAsync(path, "12.", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(path, "garbage", TestContext.Current.CancellationToken);
        await using var gauge = Make();
        var fault = await Assert.ThrowsAsync<DriverException>(async () => await gauge.StartAsync(default));
        Assert.Equal(DeviceFault.Reset, fault.Fault);
        Assert.True(File.Exists(path + ".broken"));
        await gauge.StartAsync(default);
        Assert.Equal(0, (await gauge.MeasureAsync())["rain_total_mm"]);
    }

    [Fact]
    public async Task A_disk_that_refuses_is_tried_again_and_the_total_goes_on()
    {
        var path = Path.Combine(_state, "rain-gpiochip0-6.total");
        Directory.CreateDirectory(path + ".new"); // nobody can write here
        await using var gauge = await StartAsync();
        Tip();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, gauge.Refused);
        Assert.Equal(0.2, (await gauge.MeasureAsync())["rain_total_mm"]);
        Directory.Delete(path + ".new");
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, gauge.Refused);
        Assert.Equal("0.2", (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).Trim());
    }

    [Fact]
    public async Task Without_a_place_to_keep_it_the_total_begins_at_zero()
    {
        await using var gauge = Parts.Make<RainGauge>("rain-gauge", new DriverContext(_board, _time), ("line", "6"), ("mm", "0.5"));
        await gauge.StartAsync(default);
        Tip();
        Assert.Equal(0.5, (await gauge.MeasureAsync())["rain_total_mm"]);
    }

    [Fact]
    public async Task Each_tip_asks_for_attention()
    {
        await using var gauge = await StartAsync();
        var told = new List<long>();
        gauge.Attention = told.Add;
        Tip();
        Assert.Equal([_time.GetTimestamp()], told);
    }

    [Fact]
    public void A_decade_of_tips_does_not_drift()
    {
        var total = new RainTotal(null);
        for (var i = 0; i < 90_000; i++)
        {
            total.Add(0.2);
        }

        Assert.Equal(18_000, total.Millimetres);
    }

    [Fact]
    public void The_size_of_a_tip_must_be_given() =>
        Assert.Contains("part.mm: missing", Parts.Faults("rain-gauge", new DriverContext(_board, _time), ("line", "6")));

    private void Tip(TimeSpan after = default)
    {
        _time.Advance(after);
        _board.Line.Tell(true, _time.GetTimestamp());
        _board.Line.Tell(false, _time.GetTimestamp());
    }

    private RainGauge Make() => Parts.Make<RainGauge>("rain-gauge", new DriverContext(_board, _time, _state), ("chip", "gpiochip0"), ("line", "6"), ("mm", "0.2"));

    private async Task<RainGauge> StartAsync()
    {
        var gauge = Make();
        await gauge.StartAsync(default);
        return gauge;
    }

    /// <summary>Counts how often the file's content changes.</summary>
    private sealed class Watch(Action changed, RainGaugeTests test) : IDisposable
    {
        private readonly string _path = Path.Combine(test._state, "rain-gpiochip0-6.total");
        private string _last = "";

        public void Look()
        {
            var text = File.Exists(_path) ? File.ReadAllText(_path) : "";
            if (text != _last)
            {
                _last = text;
                changed();
            }
        }

        public void Dispose()
        {
        }
    }
}
