namespace SmartCity.City.Tests;

/// <summary>Threshold, rate, contact, silence: tables of (second, value) and what is said. <c>t</c> before a second is a tick.</summary>
public sealed class ConditionTests
{
    [Theory]
    // hysteresis and its boundaries: at the level is on, at the clear level is off
    [InlineData("above: 10, clear: 8", "0=9.99 10=10 20=9 30=8.01 40=8", "Raised raised 10|Cleared cleared 40")]
    [InlineData("above: 10, clear: 8", "0=9 10=9.5", "")]
    [InlineData("below: 10, clear: 12", "0=10.1 10=10 20=11.9 30=12", "Raised raised 10|Cleared cleared 30")]
    [InlineData("above: 10", "0=10 10=9.9 20=10", "Raised raised 0|Cleared cleared 10|Raised raised 20")]
    // a hold: the reading at its very end counts; the onset is where it began
    [InlineData("above: 10, hold: 30s", "0=11 10=11 20=11 30=11", "Raised raised 0")]
    [InlineData("above: 10, hold: 30s", "0=11 10=11 20=11 29=11", "")]
    [InlineData("above: 10, hold: 30s", "0=11 10=11 20=9 30=11 40=11", "")]
    [InlineData("above: 10, clear: 8, hold: 30s", "0=11 10=9 20=9 30=9", "Raised raised 0")]
    // a hold that ended between two readings, the last one fresh (1.5 intervals = 15 s): by tick or by the next reading, the same
    [InlineData("above: 10, hold: 25s", "0=11 10=11 20=11 t25 t26", "Raised raised 0")]
    [InlineData("above: 10, hold: 25s", "0=11 10=11 20=11 27=9", "Raised raised 0|Cleared cleared 27")]
    [InlineData("above: 10, hold: 25s", "0=11 10=11 20=11 25=9", "")]
    // the last reading is too old to speak for the end of the hold
    [InlineData("above: 10, hold: 60s", "0=11 10=11 t61 t1000", "")]
    [InlineData("above: 10, hold: 60s", "0=11 10=11 90=9", "")]
    [InlineData("above: 10, hold: 60s", "0=11 10=11 90=11", "Raised raised 0")]
    // late and duplicate readings change nothing
    [InlineData("above: 10", "10=9 5=11 10=11", "")]
    [InlineData("above: 10", "10=11 5=9 10=9 20=9", "Raised raised 10|Cleared cleared 20")]
    public void Threshold(string rule, string readings, string said)
    {
        var bench = Run(Bench.WithRule($"type: threshold, metric: v, {rule}"), readings);
        Assert.Equal(said, string.Join('|', bench.Story));
    }

    [Theory]
    [InlineData("rises_per_minute: 10, clear: 3, window: 60s", "0=20 30=24.9 60=29.9", "")]
    [InlineData("rises_per_minute: 10, clear: 3, window: 60s", "0=20 30=25 60=30", "Raised raised 30")]
    [InlineData("rises_per_minute: 10, clear: 3, window: 60s", "0=20 60=30 120=33 180=40", "Raised raised 60|Cleared cleared 120")]
    [InlineData("rises_per_minute: 10, clear: 3, window: 60s", "0=20 60=30 120=33.1 180=40", "Raised raised 60")]
    [InlineData("falls_per_minute: 5, window: 60s", "0=20 60=15", "Raised raised 60")]
    [InlineData("rises_per_minute: 10, window: 60s", "0=20 10=40", "")] // nearer than half a window: noise
    [InlineData("rises_per_minute: 10, window: 60s", "0=20 91=60", "")] // further than one and a half: no rate
    public void Rate(string rule, string readings, string said)
    {
        var bench = Run(Bench.WithRule($"type: rate, metric: v, {rule}"), readings);
        Assert.Equal(said, string.Join('|', bench.Story));
    }

    [Fact]
    public void A_rate_is_seen_over_many_near_readings_as_well()
    {
        var bench = Bench.WithRule("type: rate, metric: v, rises_per_minute: 10, clear: 3, window: 60s");
        for (var s = 0; s <= 600; s++)
        {
            bench.Read(s, ("v", 20 + (s < 300 ? 0 : (s - 300) / 60.0 * 12)));
        }

        var raised = Assert.Single(bench.Changes);
        Assert.InRange((raised.MeasuredAt - Bench.At(300)) / Bench.Second, 10, 80);
    }

    [Theory]
    [InlineData("equals: 1", "0=0 10=1 20=2", "Raised raised 10|Cleared cleared 20")]
    [InlineData("equals: 1, ends: 0", "0=0 10=1 20=2 30=3 40=0", "Raised raised 10|Cleared cleared 40")]
    [InlineData("other_than: [0, 1, 2, 3]", "0=3 10=7 20=3", "Raised raised 10|Cleared cleared 20")]
    [InlineData("equals: [2, 3]", "0=1 10=2 20=3 30=0", "Raised raised 10|Cleared cleared 30")]
    public void Contact(string rule, string readings, string said)
    {
        var bench = Run(Bench.WithRule($"type: contact, metric: v, {rule}"), readings);
        Assert.Equal(said, string.Join('|', bench.Story));
    }

    [Theory]
    [InlineData("0=0 t30", "")] // exactly three intervals is not longer than three
    [InlineData("0=0 t30.001 t100 t1000", "Raised raised 30")]
    [InlineData("0=0 t31 40=0 t69 t71", "Raised raised 30|Cleared cleared 40|Raised raised 70")]
    [InlineData("0=0 t31 -5=0 t32", "Raised raised 30")] // an older reading is no sign of life
    [InlineData("t1000", "")] // never heard: nothing to be silent about
    public void Silence(string readings, string said)
    {
        var bench = Run(Bench.WithRule("type: silence"), readings);
        Assert.Equal(said, string.Join('|', bench.Story));
    }

    [Fact]
    public void Nobody_is_silent_before_the_backlog_is_read_or_while_a_backlog_arrives()
    {
        var bench = Bench.WithRule("type: silence").Read(0, ("v", 0));
        bench.Tick(1000, caughtUp: false).Tick(1000, listeningSince: 980);
        bench.Read(10, 1000, ReadingFaults.None, ("v", 0)).Tick(1020);
        Assert.Empty(bench.Changes);
        Assert.Equal(["Raised raised 40"], bench.Tick(1031).Story);
    }

    [Theory]
    [InlineData(10, "Raised raised 10")] // off and on in one second of a gateway that stamps whole seconds
    [InlineData(9, "Raised raised 9")] // a clock set back a little
    [InlineData(0, "Raised raised 0")]
    [InlineData(-1, "Raised raised -1 historical|Cleared cleared -1 historical")]
    public void A_clock_that_jumps_a_little_makes_no_alarm_a_thing_of_the_past(double stamp, string story)
    {
        var bench = Bench.WithRule("type: contact, metric: v, equals: 1", "alarm");
        bench.Read(10, ("v", 0)).Read(stamp, 10.5, ReadingFaults.None, ("v", 1));
        Assert.Equal(story.Split('|'), bench.Story);

        // The same again changes nothing; a newer "off" ends it.
        bench.Read(10, ("v", 0)).Read(stamp, 11, ReadingFaults.None, ("v", 1));
        Assert.Equal(story.Split('|'), bench.Story);
        if (bench.Changes.Count == 1)
        {
            Assert.Equal([.. story.Split('|'), "Cleared cleared 20"], bench.Read(20, ("v", 0)).Story);
        }
    }

    [Fact]
    public void What_was_over_before_the_server_heard_of_it_ends_historical()
    {
        var bench = Bench.WithRule("type: threshold, metric: v, above: 10");
        bench.Read(0, 500, ReadingFaults.None, ("v", 11)).Read(100, 500, ReadingFaults.None, ("v", 1));
        bench.Read(1000, ("v", 11)).Read(1100, ("v", 1));
        Assert.Equal(["Raised raised 0", "Cleared cleared 100 historical", "Raised raised 1000", "Cleared cleared 1100"], bench.Story);
    }

    [Theory]
    // on the alarm lane news that come late are told as history, once
    [InlineData("alarm", "100=0 50=11 60=11 70=0 50=11", "Raised raised 50 historical|Cleared cleared 50 historical")]
    [InlineData("telemetry", "100=0 50=11 60=11", "")]
    // readings of an episode that has had its alert are no news
    [InlineData("alarm", "0=0 10=11 20=11 30=0 10=11 20=11", "Raised raised 10|Cleared cleared 30")]
    // a second late episode is another one
    [InlineData("alarm", "100=0 10=11 20=0 30=11 40=0", "Raised raised 10 historical|Cleared cleared 10 historical|Raised raised 30 historical|Cleared cleared 30 historical")]
    // while it stands, older readings add nothing
    [InlineData("alarm", "100=11 50=11", "Raised raised 100")]
    public void Late(string lane, string readings, string said)
    {
        var bench = Run(Bench.WithRule("type: threshold, metric: v, above: 10", lane), readings);
        Assert.Equal(said, string.Join('|', bench.Story));
    }

    [Fact]
    public void A_late_condition_with_a_hold_must_have_lasted()
    {
        var bench = Run(Bench.WithRule("type: threshold, metric: v, above: 10, hold: 20s", "alarm"), "100=0 40=11 50=11 59=11");
        Assert.Empty(bench.Changes);
        Assert.Equal(["Raised raised 40 historical", "Cleared cleared 60 historical"], bench.Read(60, ("v", 11)).Story);
    }

    [Fact]
    public void Faults_of_a_reading_stand_beside_its_alert_and_a_wrong_clock_is_replaced()
    {
        var bench = Bench.WithRule("type: threshold, metric: v, above: 10", "alarm");
        bench.Device = new DeviceContext(bench.Kind, "dev-1", registered: false);
        bench.Read(1e8, 5, ReadingFaults.Clock | ReadingFaults.Range, ("v", 5000));
        var raised = Assert.Single(bench.Changes);
        Assert.Equal(Bench.At(5), raised.MeasuredAt);
        Assert.Equal("clock fault, time of arrival used; value outside its plausible range; device is not registered", raised.Detail);
    }

    [Fact]
    public void A_device_has_its_own_figures()
    {
        var bench = Bench.WithRule("type: threshold, metric: v, above: 10, clear: 8, hold: 30s");
        bench.Device = new DeviceContext(bench.Kind, "x", null, true, new Dictionary<string, double>(StringComparer.Ordinal) { ["rule.raise"] = 5, ["clear"] = 4, ["hold"] = 0 });
        Assert.Equal(["Raised raised 0", "Cleared cleared 10"], bench.Read(0, ("v", 5)).Read(10, ("v", 4)).Story);
    }

    private static Bench Run(Bench bench, string readings)
    {
        foreach (var item in readings.Split(' '))
        {
            if (item[0] == 't')
            {
                bench.Tick(Number(item[1..]));
            }
            else
            {
                var parts = item.Split('=');
                bench.Read(Number(parts[0]), ("v", Number(parts[1])));
            }

            bench.Reload();
        }

        return bench;
    }

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
