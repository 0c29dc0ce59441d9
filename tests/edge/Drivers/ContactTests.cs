using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Lines;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>Contacts: every change is reported once, with its own time, and the last level is always right.</summary>
public sealed class ContactTests
{
    private readonly JumpTime _time = new();
    private readonly ScriptedBoard _board;

    public ContactTests() => _board = new ScriptedBoard(_time);

    [Theory]
    [InlineData(null, null, GpioPull.Down, false)]
    [InlineData("true", null, GpioPull.Up, true)]
    [InlineData("true", "none", GpioPull.None, true)]
    [InlineData("false", "up", GpioPull.Up, false)]
    [InlineData("false", "as-is", GpioPull.AsIs, false)]
    public async Task An_open_contact_reads_as_off_unless_the_wiring_says_otherwise(string? low, string? pull, object expected, bool activeLow)
    {
        await using var contact = await StartAsync([.. new[] { ("activeLow", low), ("pull", pull) }.Where(s => s.Item2 is not null).Select(s => (s.Item1, s.Item2!))]);
        Assert.Equal(
            new GpioSettings("gpiochip0", 5, GpioDirection.Input) { Pull = (GpioPull)expected, ActiveLow = activeLow, Debounce = TimeSpan.FromMilliseconds(20) },
            _board.Line.Settings);
    }

    [Fact]
    public async Task Between_changes_the_level_of_now_is_measured()
    {
        await using var contact = await StartAsync(("metric", "cover_open"));
        Assert.Equal((0, Now), await TakeAsync(contact, "cover_open"));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal((0, Now), await TakeAsync(contact, "cover_open"));
    }

    [Fact]
    public async Task A_change_and_its_return_between_two_polls_are_both_reported_with_the_kernel_s_stamps()
    {
        await using var contact = await StartAsync();
        var attention = new List<long>();
        contact.Attention = attention.Add;
        await contact.MeasureAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        var pressed = Now;
        _board.Line.Tell(true, pressed);
        _time.Advance(TimeSpan.FromMilliseconds(300));
        var released = Now;
        _board.Line.Tell(false, released);
        Assert.Equal([pressed, released], attention);

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((1, pressed), await TakeAsync(contact));
        Assert.Equal(3, attention.Count); // one is left: asked to measure again
        Assert.Equal((0, released), await TakeAsync(contact));
        Assert.Equal(3, attention.Count);
        Assert.Equal((0, Now), await TakeAsync(contact));
        Assert.Equal(0, contact.LostEvents);
    }

    [Fact]
    public async Task A_level_that_was_read_before_its_event_came_is_reported_once()
    {
        await using var contact = await StartAsync();
        await contact.MeasureAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        var closed = Now;
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _board.Line.Level = true;
        Assert.Equal((1, Now), await TakeAsync(contact));
        var told = 0;
        contact.Attention = _ => told++;
        _board.Line.Tell(true, closed);
        Assert.Equal(0, told);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1, Now), await TakeAsync(contact));
    }

    [Fact]
    public async Task A_contact_that_chatters_keeps_the_last_64_changes_and_the_right_level()
    {
        await using var contact = await StartAsync();
        for (var i = 1; i <= 1_001; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            _board.Line.Tell(i % 2 == 1, Now);
        }

        var levels = new List<double>();
        var stamps = new List<long>();
        for (var i = 0; i < EdgeLatch.Capacity; i++)
        {
            var (level, at) = await TakeAsync(contact);
            levels.Add(level);
            stamps.Add(at);
            if (levels.Count > 1)
            {
                Assert.NotEqual(levels[^1], levels[^2]);
                Assert.True(stamps[^1] > stamps[^2]);
            }

            if (at == Now)
            {
                break;
            }
        }

        Assert.Equal(1, levels[^1]);
        Assert.Equal(Now, stamps[^1]);
        Assert.Equal(1_001 - levels.Count, contact.LostEvents);
        Assert.InRange(levels.Count, EdgeLatch.Capacity - 2, EdgeLatch.Capacity);
    }

    [Fact]
    public async Task What_the_kernel_had_to_drop_is_counted()
    {
        await using var contact = await StartAsync();
        _board.Line.Tell(true, Now);
        _board.Line.Tell(true, Now + 10, dropped: 1);
        Assert.Equal(1, contact.LostEvents);
        Assert.Equal(1, (await TakeAsync(contact)).Level);
        Assert.Equal(1, (await TakeAsync(contact)).Level);
    }

    [Fact]
    public async Task Stamps_never_go_back_and_are_never_of_the_future()
    {
        await using var contact = await StartAsync();
        _board.Line.Tell(true, Now + 1_000_000);
        Assert.Equal((1, Now), await TakeAsync(contact));
        var first = Now;
        _board.Line.Tell(false, Now - 5);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, first + 1), await TakeAsync(contact));
    }

    [Fact]
    public async Task A_restart_begins_with_the_level_of_now()
    {
        await using var contact = await StartAsync();
        _board.Line.Tell(true, Now);
        _board.OpeningLine = l => l.Level = true;
        await contact.StartAsync(default);
        Assert.True(_board.Lines[0].Disposed);
        Assert.Equal((1, Now), await TakeAsync(contact));
        _board.Line.Tell(false, Now);
        Assert.Equal(0, (await TakeAsync(contact)).Level);
        Assert.Equal(0, contact.LostEvents);
    }

    [Fact]
    public void Settings_are_checked()
    {
        var context = new DriverContext(_board, _time);
        Assert.Contains("part.line: missing", Parts.Faults("contact", context));
        Assert.Contains(Parts.Faults("contact", context, ("line", "5"), ("metric", "Cửa")), f => f.Contains("no name of a metric", StringComparison.Ordinal));
        Assert.Contains(Parts.Faults("contact", context, ("line", "5"), ("pull", "sideways")), f => f.Contains("up, down, none, as-is", StringComparison.Ordinal));
        Assert.Contains(Parts.Faults("contact", context, ("line", "5"), ("debounce", "2s")), f => f.Contains("debounce", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Before_its_start_it_has_no_level()
    {
        await using var contact = Make();
        await contact.FaultAsync(DeviceFault.Unavailable);
    }

    [Fact]
    public void Whatever_happens_the_latch_alternates_is_bounded_and_ends_with_the_level_of_now() =>
        Prop.ForAll(Gen.Choose(0, 9).ListOf().ToArbitrary(), acts =>
        {
            var latch = new EdgeLatch();
            latch.Open(false);
            var level = false;
            bool? reported = null;
            uint sequence = 0;
            foreach (var act in acts.SelectMany(a => a == 9 ? Enumerable.Repeat(0, 70) : [a]))
            {
                switch (act)
                {
                    case < 5:
                        level = !level;
                        latch.Add(new GpioEdge(level, sequence + 1, ++sequence));
                        break;
                    case 5:
                        latch.Add(new GpioEdge(level, sequence + 1, sequence += 3)); // two dropped, the level is the old one
                        break;
                    case 6:
                        level = !level; // an event that is lost altogether
                        sequence++;
                        break;
                    default:
                        var left = latch.Take(() => level, out var edge);
                        Assert.InRange(left, 0, EdgeLatch.Capacity);
                        Assert.True(edge.Timestamp == 0 || reported is null || edge.Level != reported);
                        reported = edge.Level;
                        break;
                }
            }

            for (var i = 0; i <= EdgeLatch.Capacity; i++)
            {
                latch.Take(() => level, out var last);
                reported = last.Level;
            }

            Assert.Equal(level, reported);
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(2_000));

    private long Now => _time.GetTimestamp();

    private static async Task<(double Level, long At)> TakeAsync(Contact contact, string metric = "pressed")
    {
        var into = new Measurement();
        await contact.MeasureAsync(into, default);
        return (Parts.Values(into)[metric], into.At);
    }

    private Contact Make(params (string Name, string Value)[] settings) =>
        Parts.Make<Contact>("contact", new DriverContext(_board, _time), [("chip", "gpiochip0"), ("line", "5"), .. settings]);

    private async Task<Contact> StartAsync(params (string Name, string Value)[] settings)
    {
        var contact = Make(settings);
        await contact.StartAsync(default);
        return contact;
    }
}
