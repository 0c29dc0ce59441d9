using System.Buffers;
using System.Globalization;

namespace SmartCity.City.Tests;

/// <summary>
/// Coincidence tables. An item is <c>second device+kind</c> or <c>-kind</c> (d detector, h heat, c call point), a second number
/// behind <c>@</c> is the time of arrival; <c>late</c> is a word stamped before what its device had said already, and an end that was over when the beginning was heard; <c>t</c> a tick, <c>a</c> an acknowledgement, <c>r</c> a reset.
/// </summary>
public sealed class ZoneTests
{
    private readonly ZoneContext _zone = ZoneContext.OfZone("hall") with { AcknowledgeWithin = TimeSpan.FromSeconds(180) };
    private readonly ChangeSink _sink = new();
    private readonly List<AlertChange> _changes = [];
    private ZoneState _state = new();

    [Theory]
    // one detector: pre-alarm, and after the zone's time a fire by tick, at the deadline however late the tick
    [InlineData("0 A+d", "prealarm Raised 0")]
    [InlineData("0 A+d, t179.999", "prealarm Raised 0")]
    [InlineData("0 A+d, t180", "prealarm Raised 0|prealarm Cleared 180|fire Raised 180")]
    [InlineData("0 A+d, t500, t501", "prealarm Raised 0|prealarm Cleared 180|fire Raised 180")]
    [InlineData("0 A+d, a100, t500", "prealarm Raised 0")]
    [InlineData("0 A+d, a181", "prealarm Raised 0|prealarm Cleared 180|fire Raised 180")]
    // what arrives late can only be acknowledged from then on; the alert still bears the measured time
    [InlineData("0@1000 A+d, t1179", "prealarm Raised 0")]
    [InlineData("0@1000 A+d, t1180", "prealarm Raised 0|prealarm Cleared 180|fire Raised 180")]
    // a second detector while the first is in alarm, or within 60 s after
    [InlineData("0 A+d, 100 B+d", "prealarm Raised 0|prealarm Cleared 100|fire Raised 100")]
    [InlineData("0 A+d, a1, 1000 B+d", "prealarm Raised 0|prealarm Cleared 1000|fire Raised 1000")]
    [InlineData("0 A+d, 10 A-d, 70 B+d", "prealarm Raised 0|prealarm Cleared 70|fire Raised 70")]
    [InlineData("0 A+d, 10 A-d, 70.001 B+d", "prealarm Raised 0|prealarm Cleared 10|prealarm Raised 70.001")]
    [InlineData("0 A+d, 10 A-d, t70.001 , 71 B+d", "prealarm Raised 0|prealarm Cleared 10|prealarm Raised 71")]
    // the other order of arrival: the same fire
    [InlineData("50 B+d, 20@51 A+d", "prealarm Raised 50|prealarm Cleared 50|fire Raised 50")]
    // the second one's word arrives when the first has long been quiet: by measured time they were together
    [InlineData("0 A+d, 10 A-d, t100, 40@300 B+d", "prealarm Raised 0|prealarm Cleared 10|fire Raised 40")]
    // the same detector again is no second one, nor is another rule of it
    [InlineData("0 A+d, 10 A-d, 20 A+d, 30 A-d, 40 A+d", "prealarm Raised 0")]
    // a call point is a fire at once, and takes a pre-alarm's place
    [InlineData("0 P+c", "fire Raised 0")]
    [InlineData("0 A+d, 5 P+c", "prealarm Raised 0|prealarm Cleared 5|fire Raised 5")]
    // smoke and heat of one device; heat alone is a detector like any other
    [InlineData("0 A+d, 30 A+h", "prealarm Raised 0|prealarm Cleared 30|fire Raised 30")]
    [InlineData("0 A+h, 30 A+d", "prealarm Raised 0|prealarm Cleared 30|fire Raised 30")]
    [InlineData("0 A+h, 30 B+h", "prealarm Raised 0|prealarm Cleared 30|fire Raised 30")]
    [InlineData("0 A+h", "prealarm Raised 0")]
    // quiet for the coincidence time: a suggestion, never a resolution
    [InlineData("0 A+d, 10 A-d, t70", "prealarm Raised 0")]
    [InlineData("0 A+d, 10 A-d, t70.001", "prealarm Raised 0|prealarm Cleared 10")]
    [InlineData("0 P+c, 10 P-c, t1000", "fire Raised 0|fire Cleared 10")]
    [InlineData("0 P+c, 10 A+d, 20 P-c, t1000", "fire Raised 0|fire Updated 10")]
    // a pre-alarm that ended just before its time still becomes a fire when the time comes within the coincidence time
    [InlineData("0 A+d, 150 A-d, t200", "prealarm Raised 0|prealarm Cleared 180|fire Raised 180")]
    [InlineData("0 A+d, 119 A-d, t200", "prealarm Raised 0|prealarm Cleared 119")]
    // who else sees it is added once
    [InlineData("0 P+c, 1 A+d, 2 A-d, 3 A+d, 4 B+d", "fire Raised 0|fire Updated 1|fire Updated 4")]
    // over before anybody heard
    [InlineData("0@1000 P+c, 50@1000 P-c, t1001", "fire Raised 0|fire Cleared 50 historical")]
    // a stamp from the past, by a clock set back: as live as any other
    [InlineData("late 0@1000 A+d", "prealarm Raised 0")]
    [InlineData("late 0@1000 P+c, t5000", "fire Raised 0")]
    [InlineData("late 0@1000 A+d, t1179", "prealarm Raised 0")]
    [InlineData("late 0@1000 A+d, t1180", "prealarm Raised 0|prealarm Cleared 180|fire Raised 180")]
    [InlineData("late 0@1000 A+d, late 59@1001 B+d", "prealarm Raised 0|prealarm Cleared 59|fire Raised 59")]
    [InlineData("100 A+d, late 60@101 B+d", "prealarm Raised 100|prealarm Cleared 100|fire Raised 100")]
    [InlineData("1000 A+d, late 39@1001 B+d", "prealarm Raised 1000|prealarm Cleared 1000|fire Raised 1000")]
    [InlineData("1000 A+d, 1010 A-d, late 39@1015 B+d", "prealarm Raised 1000|prealarm Cleared 1000|fire Raised 1000")]
    [InlineData("500 A+d, 510 A-d, t600, late 39@1015 B+d", "prealarm Raised 500|prealarm Cleared 510|prealarm Raised 39")]
    // its end, by the same clock, is no history: somebody has to look
    [InlineData("late 0@1000 P+c, 120@1120 P-c, t1121", "fire Raised 0|fire Cleared 120")]
    // and what was over when it was heard of is; but not when others saw something too
    [InlineData("late 0@1000 P+c, late 50@1001 P-c, t1002", "fire Raised 0|fire Cleared 50 historical")]
    [InlineData("late 0@1000 A+d, late 59@1001 B+d, late 70@1002 A-d, late 71@1003 B-d, t1004", "prealarm Raised 0|prealarm Cleared 59|fire Raised 59|fire Cleared 71")]
    [InlineData("1000 A+d, late 0@1001 B+d, late 50@1002 B-d, 1010 A-d, t1071", "prealarm Raised 1000|prealarm Cleared 1000|fire Raised 1000|fire Cleared 1010")]
    // after a reset what had ended counts no more
    [InlineData("0 A+d, 5 A-d, r10, 20 B+d", "prealarm Raised 0|prealarm Raised 20")]
    [InlineData("0 P+c, 5 P-c, r10, t1000, 1030 P+c", "fire Raised 0|fire Raised 1030")]
    // and what goes on is a new alarm at once: no reset makes a fire silent
    [InlineData("0 A+d, r10", "prealarm Raised 0|prealarm Raised 10")]
    [InlineData("0 A+d, a5, r10, t189", "prealarm Raised 0|prealarm Raised 10")]
    [InlineData("0 A+d, a5, r10, t190", "prealarm Raised 0|prealarm Raised 10|prealarm Cleared 190|fire Raised 190")]
    [InlineData("0 A+d, r10, 20 B+d", "prealarm Raised 0|prealarm Raised 10|prealarm Cleared 20|fire Raised 20")]
    [InlineData("0 P+c, r10", "fire Raised 0|fire Raised 10")]
    [InlineData("0 P+c, r10, 20 P-c, t81", "fire Raised 0|fire Raised 10|fire Cleared 20")]
    [InlineData("0 A+d, 1 P+c, 2 P-c, r10", "prealarm Raised 0|prealarm Cleared 1|fire Raised 1|prealarm Raised 10")]
    [InlineData("0 A+d, 1 B+d, r10", "prealarm Raised 0|prealarm Cleared 1|fire Raised 1|fire Raised 10")]
    [InlineData("0 A+d, 1 A+h, r10", "prealarm Raised 0|prealarm Cleared 1|fire Raised 1|fire Raised 10")]
    [InlineData("0 A+d, 1 B+d, 5 A-d, r10", "prealarm Raised 0|prealarm Cleared 1|fire Raised 1|prealarm Raised 10")]
    [InlineData("0 A+d, 1 B+d, r10, r20, 30 A-d, 31 B-d, r40, t200", "prealarm Raised 0|prealarm Cleared 1|fire Raised 1|fire Raised 10|fire Raised 20")]
    // by a clock that is behind: never the same moment, which would be the same alert
    [InlineData("100 P+c, r50", "fire Raised 100|fire Raised 100")]
    public void Coincidence(string items, string said)
    {
        foreach (var item in items.Split(", ", StringSplitOptions.TrimEntries))
        {
            Do(item);
            Reload();
        }

        Assert.Equal(said, string.Join('|', _changes.Select(Say)));
        Assert.All(_changes.Where(c => c.Kind == "fire"), c => Assert.False(c.AutoResolve));
        Assert.Distinct(_changes.Select(c => (c.AlertId, c.Cause)));
    }

    [Fact]
    public void A_fire_says_who_saw_what_when_and_the_pre_alarm_says_what_became_of_it()
    {
        Do("0 A+d");
        Do("30 B+h");
        var (pre, fire) = (_changes[1], _changes[2]);
        Assert.Equal(_changes[0].AlertId, pre.AlertId);
        Assert.True(pre.AutoResolve);
        Assert.Contains(fire.AlertId, pre.Detail, StringComparison.Ordinal);
        Assert.Equal("second detector in the zone; A rule-d at 2026-08-31T17:00:00.000Z; B rule-h at 2026-08-31T17:00:30.000Z", fire.Detail);
        Assert.Equal(("hall", "B", Severity.Critical), (fire.Zone, fire.Device, fire.Severity));
        Assert.Equal(AlertIds.Make("zone/hall", "fire", fire.MeasuredAt), fire.AlertId);
    }

    [Fact]
    public void A_device_without_a_zone_is_one_of_its_own()
    {
        var zone = ZoneContext.OfDevice("lonely");
        ZoneLogic.Apply(zone, _state, new ZoneSignal(ZoneSignalKind.Detector, true, "lonely", "loop-alarm", Bench.At(0), Bench.At(0)), _sink);
        ZoneLogic.Tick(zone, _state, Bench.At(180), _sink);
        Assert.Equal(["lonely", "lonely", "lonely"], _sink.Changes.Select(c => c.Device));
        Assert.All(_sink.Changes, c => Assert.Null(c.Zone));
        Assert.Equal("fire", _sink.Changes[^1].Kind);
    }

    [Fact]
    public void More_than_it_can_remember_never_loses_the_fire()
    {
        for (var i = 0; i < 100; i++)
        {
            Do(string.Create(CultureInfo.InvariantCulture, $"{i} D{i}+d"));
            Reload();
        }

        for (var i = 0; i < 100; i++)
        {
            Do(string.Create(CultureInfo.InvariantCulture, $"{100 + i} D{i}-d"));
        }

        Do("t1000");
        Assert.Equal(1, _changes.Count(c => c is { Kind: "fire", What: AlertChangeKind.Raised }));
        Assert.Equal(AlertChangeKind.Cleared, _changes[^1].What);
        Assert.True(_state.IsQuiet);
    }

    [Fact]
    public void A_snapshot_cut_anywhere_is_refused_and_never_throws()
    {
        Do("0 A+d");
        Do("10 B+h");
        Do("11 P+c");
        var bytes = Snapshot();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Null(ZoneState.TryRead(bytes.AsSpan(0, length)));
        }

        Assert.Null(ZoneState.TryRead([.. bytes, 0]));
        var random = new Random(7);
        for (var i = 0; i < 5000; i++)
        {
            var copy = bytes.ToArray();
            copy[random.Next(copy.Length)] = (byte)random.Next(256);
            if (ZoneState.TryRead(copy) is { } state)
            {
                ZoneLogic.Tick(_zone, state, Bench.At(1e6), new ChangeSink());
            }
        }
    }

    private static string Say(AlertChange c) => $"{c.Kind.Replace("fire-", "", StringComparison.Ordinal)} {c.What} {Bench.Seconds(c.MeasuredAt)}{(c.Historical ? " historical" : "")}";

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private void Do(string item)
    {
        var late = item.StartsWith("late ", StringComparison.Ordinal);
        var text = late ? item[5..] : item;
        if (text[0] is 't' or 'a' or 'r')
        {
            var at = Bench.At(Number(text[1..]));
            var due = ZoneLogic.IsDue(_zone, _state, at);
            if (text[0] == 't')
            {
                ZoneLogic.Tick(_zone, _state, at, _sink);
                Assert.Equal(due, !_sink.IsEmpty);
            }
            else
            {
                var kind = text[0] == 'a' ? ZoneSignalKind.Acknowledged : ZoneSignalKind.Reset;
                ZoneLogic.Apply(_zone, _state, new ZoneSignal(kind, true, "", "", at, at), _sink);
            }
        }
        else
        {
            var (time, word) = (text.Split(' ')[0].Split('@'), text.Split(' ')[1]);
            var kind = word[^1] switch { 'd' => ZoneSignalKind.Detector, 'h' => ZoneSignalKind.Heat, _ => ZoneSignalKind.CallPoint };
            ZoneLogic.Apply(
                _zone, _state, new ZoneSignal(kind, word[^2] == '+', word[..^2], $"rule-{word[^1]}", Bench.At(Number(time[0])), Bench.At(Number(time[^1])), Late: late), _sink);
        }

        _changes.AddRange(_sink.Changes);
        _sink.Clear();
    }

    private byte[] Snapshot()
    {
        var output = new ArrayBufferWriter<byte>();
        _state.Write(output);
        return output.WrittenSpan.ToArray();
    }

    private void Reload() => _state = ZoneState.TryRead(Snapshot())!;
}
