using SmartCity.City;
using SmartCity.Edge.Fire;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Runtime;

/// <summary>What an officer does at the server reaches the gateway's own zones through the desired document, once, and never makes a new fire silent.</summary>
public sealed class FireOfficerTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("edge-officer").FullName;

    private string File => Path.Combine(_home, "fire.json");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task An_acknowledged_pre_alarm_does_not_become_a_fire_and_a_second_detector_still_makes_one()
    {
        await using var rig = new FireRig();
        var onset = Set(rig, "loop-1=1");
        rig.Pass(60);
        rig.Desk.Use(Document(acknowledged: onset));
        rig.Pass(300);
        Assert.Equal((ZoneStage.PreAlarm, false), (rig.Stage, rig.Sounds));
        Assert.Contains("zone zone-a: an officer acknowledged the pre-alarm", rig.Notices);
        Set(rig, "loop-2=1");
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
    }

    [Fact]
    public async Task An_acknowledgement_is_not_about_a_pre_alarm_that_began_after_what_it_was_about()
    {
        await using var rig = new FireRig();
        var first = Set(rig, "loop-1=1");
        Set(rig, "loop-1=0");
        rig.Pass(62);
        Assert.Equal(ZoneStage.Quiet, rig.Stage);

        // The link was down; meanwhile there is another one.
        Set(rig, "loop-2=1");
        rig.Desk.Use(Document(acknowledged: first));
        rig.Pass(182);
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
        Assert.Contains(rig.Notices, n => n.Contains("not that of loop-2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_document_again_and_after_a_restart_acknowledges_nothing_more()
    {
        var time = new FakeTime();
        DesiredDocument document;
        await using (var before = new FireRig(File, time: time))
        {
            var onset = Set(before, "loop-1=1");
            document = Document(acknowledged: onset.AddHours(1)); // a gateway whose clock is behind: the mark is ahead of everything here
            before.Desk.Use(document);
            Set(before, "loop-1=0");
            before.Pass(62);
            Assert.Equal(ZoneStage.Quiet, before.Stage);
            Set(before, "loop-2=1");
            before.Desk.Use(document);
        }

        await using var after = new FireRig(File, time: time) { Loop2 = 1 };
        after.Happen("loop-2");
        after.Desk.Use(document);
        after.Pass(182);
        Assert.Equal((ZoneStage.Fire, true), (after.Stage, after.Sounds));
    }

    [Fact]
    public async Task An_act_that_was_followed_before_a_crash_holds_after_it()
    {
        var time = new FakeTime();
        await using (var before = new FireRig(File, time: time))
        {
            before.Desk.Use(Document(acknowledged: Set(before, "loop-1=1")));
        }

        await using var after = new FireRig(File, time: time) { Loop1 = 1 };
        after.Happen("loop-1");
        after.Pass(300);
        Assert.Equal((ZoneStage.PreAlarm, false), (after.Stage, after.Sounds));
    }

    [Fact]
    public async Task A_reset_makes_a_zone_quiet_when_all_has_ended()
    {
        await using var rig = new FireRig();
        var at = Set(rig, "call-1=1");
        Set(rig, "call-1=0");
        Assert.True(rig.Sounds);
        rig.Desk.Use(Document(reset: at));
        Assert.Equal((ZoneStage.Quiet, false), (rig.Stage, rig.Sounds));
    }

    [Theory]
    [InlineData("call-1=1", ZoneStage.Fire, true)]
    [InlineData("loop-1=1 loop-2=1", ZoneStage.Fire, true)]
    [InlineData("loop-1=1 loop-2=1 loop-1=0", ZoneStage.PreAlarm, false)]
    [InlineData("loop-1=1", ZoneStage.PreAlarm, false)]
    [InlineData("heat-1=60 loop-1=1", ZoneStage.Fire, true)]
    public async Task A_reset_while_something_goes_on_begins_that_anew_and_loud(string events, object stage, bool sounds)
    {
        await using var rig = new FireRig();
        var at = DateTimeOffset.MinValue;
        foreach (var one in events.Split(' '))
        {
            rig.Pass(2);
            at = Set(rig, one);
        }

        rig.Desk.Silence(null);
        Assert.False(rig.Sounds);
        rig.Desk.Use(Document(reset: at));
        Assert.Equal((stage, sounds), (rig.Stage, rig.Sounds));

        // A pre-alarm waits for somebody again.
        rig.Pass(182);
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
    }

    [Fact]
    public async Task A_reset_that_did_not_know_of_a_new_detector_resets_nothing()
    {
        await using var rig = new FireRig();
        var first = Set(rig, "loop-1=1");
        Set(rig, "loop-1=0");
        rig.Pass(30);
        Set(rig, "loop-2=1");
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
        rig.Desk.Use(Document(reset: first));
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
        Assert.Contains(rig.Notices, n => n.EndsWith("the zone is not reset", StringComparison.Ordinal));

        // The next one knows.
        rig.Desk.Use(Document(reset: Now(rig)));
        Assert.Equal((ZoneStage.PreAlarm, false), (rig.Stage, rig.Sounds));
    }

    [Theory]
    [InlineData(true, ZoneStage.Fire)] // reset, and then the old mark of an acknowledgement: the new pre-alarm waits for somebody
    [InlineData(false, ZoneStage.PreAlarm)] // acknowledged after the reset
    public async Task Acts_are_followed_in_the_order_of_their_marks(bool resetLast, object stage)
    {
        await using var rig = new FireRig();
        var onset = Set(rig, "loop-1=1");
        rig.Desk.Use(resetLast ? Document(acknowledged: onset, reset: onset.AddTicks(1)) : Document(acknowledged: onset.AddTicks(2), reset: onset.AddTicks(1)));
        rig.Pass(182);
        Assert.Equal(stage, rig.Stage);
    }

    [Fact]
    public async Task While_nobody_knows_the_time_an_act_waits()
    {
        var known = false;
        await using var rig = new FireRig(knowsTime: () => known);
        var onset = Set(rig, "loop-1=1");
        rig.Desk.Use(Document(acknowledged: onset));
        rig.Pass(30);
        Assert.DoesNotContain(rig.Notices, n => n.Contains("acknowledged", StringComparison.Ordinal));
        known = true;
        rig.Pass(300);
        Assert.Equal((ZoneStage.PreAlarm, false), (rig.Stage, rig.Sounds));
    }

    [Fact]
    public async Task A_test_that_the_city_says_keeps_the_siren_still_until_it_ends()
    {
        await using var rig = new FireRig();
        rig.Desk.Use(Document(testUntil: Now(rig).AddMinutes(5)));
        Set(rig, "call-1=1");
        Assert.Equal((ZoneStage.Fire, false), (rig.Stage, rig.Sounds));
        rig.Desk.Use(Document());
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
    }

    /// <summary>Whatever officers do and whenever it arrives: a pressed button and two detectors in alarm are a fire, and it is loud.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task No_order_of_acts_makes_a_fire_that_goes_on_silent(int seed)
    {
        var random = new Random(seed);
        await using var rig = new FireRig();
        List<DateTimeOffset> moments = [Now(rig)];
        DateTimeOffset? acknowledged = null;
        DateTimeOffset? reset = null;
        for (var step = 0; step < 150; step++)
        {
            switch (random.Next(8))
            {
                case 0 or 1:
                    moments.Add(Set(rig, $"loop-1={random.Next(2)}"));
                    break;
                case 2 or 3:
                    moments.Add(Set(rig, $"loop-2={random.Next(2)}"));
                    break;
                case 4:
                    moments.Add(Set(rig, $"call-1={random.Next(2)}"));
                    break;
                case 5:
                    rig.Pass(random.Next(1, 90));
                    break;
                case 6:
                    acknowledged = Later(moments[random.Next(moments.Count)]);
                    rig.Desk.Use(Document(acknowledged, reset));
                    break;
                default:
                    reset = Later(moments[random.Next(moments.Count)]);
                    rig.Desk.Use(Document(acknowledged, reset));
                    break;
            }

            if (rig.Pressed == 1 || (rig.Loop1 == 1 && rig.Loop2 == 1))
            {
                Assert.Equal((step, ZoneStage.Fire, true), (step, rig.Stage, rig.Sounds));
            }
            else if (rig.Loop1 == 1 || rig.Loop2 == 1)
            {
                Assert.NotEqual((step, ZoneStage.Quiet), (step, rig.Stage));
            }
        }

        // As the book makes them: each later than all before.
        DateTimeOffset Later(DateTimeOffset mark)
        {
            var last = acknowledged > reset ? acknowledged : reset ?? acknowledged;
            return last >= mark ? last.Value.AddTicks(1) : mark;
        }
    }

    private static DesiredDocument Document(DateTimeOffset? acknowledged = null, DateTimeOffset? reset = null, DateTimeOffset? testUntil = null) => DesiredDocument.Read(new DesiredDocument
    {
        Version = 1,
        Zones = new Dictionary<string, DesiredZone>(StringComparer.Ordinal)
        {
            ["zone-a"] = new() { Acknowledged = acknowledged, ResetAt = reset, TestUntil = testUntil },
        },
    }.Write());

    private static DateTimeOffset Now(FireRig rig) => rig.Time.GetUtcNow();

    /// <summary>Something happens, <c>device=value</c>; when.</summary>
    private static DateTimeOffset Set(FireRig rig, string one)
    {
        var (device, value) = (one.Split('=')[0], double.Parse(one.Split('=')[1], System.Globalization.CultureInfo.InvariantCulture));
        switch (device)
        {
            case "loop-1":
                rig.Loop1 = value;
                break;
            case "loop-2":
                rig.Loop2 = value;
                break;
            case "heat-1":
                rig.Heat = value;
                break;
            default:
                rig.Pressed = value;
                break;
        }

        rig.Happen(device);
        return Now(rig);
    }
}
