using SmartCity.City;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Fire;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Runtime;

public sealed class FireTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("edge-fire").FullName;

    private string File => Path.Combine(_home, "fire.json");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task A_call_point_sounds_the_siren_before_anything_is_logged()
    {
        await using var rig = new FireRig();
        Assert.False(rig.Sounds);
        rig.Lines.Clear();
        rig.SirenAtLine.Clear();
        rig.Pressed = 1;
        rig.Happen("call-1");
        Assert.True(rig.Sounds);
        Assert.Equal(ZoneStage.Fire, rig.Stage);
        Assert.Contains(rig.Lines, l => l.StartsWith("call-1 fault_code=0 pressed=1", StringComparison.Ordinal));
        Assert.All(rig.SirenAtLine, level => Assert.Equal(100, level));

        // Every fire device of the zone says that the siren sounds.
        foreach (var device in rig.Parts.Keys)
        {
            Assert.Contains(rig.Lines, l => l.StartsWith(device, StringComparison.Ordinal) && l.EndsWith("siren_on=1", StringComparison.Ordinal));
        }
    }

    /// <summary>What happens, as <c>device=value</c>; what becomes of the zone; does a siren sound that is set to the fire, and one to the pre-alarm.</summary>
    [Theory]
    [InlineData("loop-1=1", ZoneStage.PreAlarm, false, true)]
    [InlineData("loop-1=1 loop-2=1", ZoneStage.Fire, true, true)]
    [InlineData("loop-1=1 loop-1=0 loop-2=1", ZoneStage.Fire, true, true)] // within the coincidence time
    [InlineData("loop-1=1 loop-1=2", ZoneStage.PreAlarm, false, true)] // burnt through: no end of the alarm
    [InlineData("loop-1=2", ZoneStage.Quiet, false, false)] // a cut wire is a fault, no fire
    [InlineData("loop-1=3", ZoneStage.Quiet, false, false)]
    [InlineData("heat-1=60", ZoneStage.PreAlarm, false, true)]
    [InlineData("heat-1=60 loop-1=1", ZoneStage.Fire, true, true)]
    [InlineData("call-1=1", ZoneStage.Fire, true, true)]
    public async Task The_city_s_rules_decide(string events, object stage, bool atFire, bool atPreAlarm)
    {
        foreach (var early in (bool[])[false, true])
        {
            await using var rig = new FireRig(atPreAlarm: early);
            foreach (var one in events.Split(' '))
            {
                rig.Pass(2);
                Set(rig, one);
            }

            Assert.Equal(stage, rig.Stage);
            Assert.Equal(early ? atPreAlarm : atFire, rig.Sounds);
        }
    }

    [Fact]
    public async Task Heat_that_rises_fast_alarms_before_it_is_hot()
    {
        await using var rig = new FireRig();
        for (var i = 0; i < 59 && rig.Stage == ZoneStage.Quiet; i++)
        {
            rig.Heat = Math.Round(rig.Heat + 0.2, 1); // 12 degrees a minute
            rig.Pass(1);
        }

        Assert.Equal(ZoneStage.PreAlarm, rig.Stage);
        Assert.True(rig.Heat < 40);

        // The city hears the value that decided at once, not at the next interval.
        Assert.EndsWith(FormattableString.Invariant($"temperature_celsius={rig.Heat}"), rig.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pre_alarm_that_nobody_acknowledges_becomes_a_fire_without_a_server()
    {
        await using var rig = new FireRig();
        Set(rig, "loop-1=1");
        rig.Pass(179);
        Assert.Equal((ZoneStage.PreAlarm, false), (rig.Stage, rig.Sounds));
        rig.Pass(2);
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
    }

    [Fact]
    public async Task An_acknowledged_pre_alarm_stays_one()
    {
        await using var rig = new FireRig();
        Set(rig, "loop-1=1");
        rig.Desk.Acknowledge("zone-a");
        rig.Pass(300);
        Assert.Equal((ZoneStage.PreAlarm, false), (rig.Stage, rig.Sounds));
    }

    [Fact]
    public async Task A_silenced_siren_keeps_still_until_a_new_detector_alarms_and_the_alarm_stands()
    {
        await using var rig = new FireRig();
        Set(rig, "call-1=1");
        Assert.True(rig.Desk.Silence("call-1").Done);
        Assert.Equal((ZoneStage.Fire, false), (rig.Stage, rig.Sounds));

        // The same one again is no news.
        Set(rig, "call-1=0");
        Set(rig, "call-1=1");
        rig.Pass(5);
        Assert.Equal((ZoneStage.Fire, false), (rig.Stage, rig.Sounds));
        Set(rig, "loop-2=1");
        Assert.True(rig.Sounds);
    }

    [Fact]
    public async Task An_alarm_ends_when_its_contacts_are_back_and_the_rule_says_so_not_before()
    {
        await using var rig = new FireRig();
        Set(rig, "call-1=1");
        rig.Desk.Silence(null);
        rig.Pass(600);
        Assert.Equal(ZoneStage.Fire, rig.Stage);
        Set(rig, "call-1=0");
        rig.Pass(59);
        Assert.Equal(ZoneStage.Fire, rig.Stage);
        rig.Pass(3);
        Assert.Equal((ZoneStage.Quiet, false), (rig.Stage, rig.Sounds));

        // The next one sounds again.
        Set(rig, "call-1=1");
        Assert.True(rig.Sounds);
    }

    [Fact]
    public async Task Silencing_at_the_pre_alarm_does_not_silence_the_fire()
    {
        await using var rig = new FireRig(atPreAlarm: true);
        Set(rig, "loop-1=1");
        Assert.True(rig.Sounds);
        rig.Desk.Silence("zone-a");
        Assert.False(rig.Sounds);
        Set(rig, "loop-2=1");
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_restart_a_closed_contact_sounds_again_unless_a_person_silenced_it(bool silenced)
    {
        var time = new FakeTime();
        var siren = new ScriptedOutput();
        await using (var before = new FireRig(File, time: time, siren: siren))
        {
            Set(before, "call-1=1");
            if (silenced)
            {
                before.Desk.Silence(null);
            }
        }

        siren.Percent = 0; // the line fell back when the program ended
        siren.Levels.Clear();
        time.Advance(TimeSpan.FromMinutes(3));
        await using var after = new FireRig(File, time: time, siren: siren, pressed: 1);
        Assert.Equal(ZoneStage.Fire, after.Stage);
        Assert.Equal(!silenced, after.Sounds);
        Set(after, "loop-1=1");
        Assert.True(after.Sounds); // a new detector
    }

    [Fact]
    public async Task After_a_restart_an_open_contact_ends_the_alarm_and_nothing_sounds()
    {
        var time = new FakeTime();
        var siren = new ScriptedOutput();
        await using (var before = new FireRig(File, time: time, siren: siren))
        {
            Set(before, "call-1=1");
        }

        siren.Percent = 0;
        siren.Levels.Clear();
        await using var after = new FireRig(File, time: time, siren: siren);
        after.Pass(62);
        Assert.Equal(ZoneStage.Quiet, after.Stage);
        Assert.DoesNotContain(100.0, siren.Levels);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"at\":1,\"zones\":{\"zone-a\":{\"state\":\"AAAA\",\"active\":[],\"heard\":[]}},\"devices\":{\"loop-1\":\"!\"}}")]
    [InlineData("nonsense")]
    public async Task A_damaged_memory_is_told_or_passed_over_and_the_desk_watches(string text)
    {
        System.IO.File.WriteAllText(File, text);
        await using var rig = new FireRig(File);
        Assert.Equal(ZoneStage.Quiet, rig.Stage);
        Set(rig, "call-1=1");
        Assert.True(rig.Sounds);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_hides_no_fire()
    {
        await using var rig = new FireRig();
        Set(rig, "loop-1=1");
        Set(rig, "loop-1=0");
        rig.Time.StepTo(rig.Time.GetUtcNow()); // the fire clock follows the monotonic one; a rig's clock has only one hand
        rig.Pass(70);
        Set(rig, "call-1=1");
        Assert.True(rig.Sounds);
    }

    [Fact]
    public async Task A_siren_that_fails_is_a_fault_of_the_zone_s_devices_and_tried_each_second()
    {
        await using var rig = new FireRig();
        rig.Siren.Failure = new BusException(BusFault.Broken, "no acknowledge");
        rig.Lines.Clear();
        Set(rig, "call-1=1");
        Assert.False(rig.Sounds);
        foreach (var device in rig.Parts.Keys)
        {
            Assert.Contains(rig.Lines, l => l.StartsWith($"{device} fault_code=2", StringComparison.Ordinal));
        }

        var starts = rig.Siren.Starts;
        rig.Pass(3);
        Assert.Equal(starts + 3, rig.Siren.Starts);
        rig.Siren.Failure = null;
        rig.Lines.Clear();
        rig.Pass(1);
        Assert.True(rig.Sounds);
        Assert.Contains("loop-2 fault_code=0 siren_on=1", rig.Lines, StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_siren_that_does_not_follow_is_a_fault()
    {
        await using var rig = new FireRig();
        rig.Siren.Feedback = 0;
        rig.Lines.Clear();
        Set(rig, "call-1=1");
        Assert.Contains(rig.Lines, l => l.StartsWith("loop-1 fault_code=6", StringComparison.Ordinal));
        Assert.Contains(rig.Notices, n => n.Contains("was switched on and says off", StringComparison.Ordinal));
        Assert.Null(rig.Desk.Sirens["siren-1"] == true ? "on" : null);
    }

    [Fact]
    public async Task A_zone_under_test_sounds_no_siren_and_then_it_does()
    {
        await using var rig = new FireRig();
        rig.Desk.SetMaintenance("zone-a", rig.Time.GetUtcNow().AddMinutes(5));
        Assert.True(rig.Desk.InMaintenance("zone-a"));
        Set(rig, "call-1=1");
        rig.Pass(299);
        Assert.Equal((ZoneStage.Fire, false), (rig.Stage, rig.Sounds));
        rig.Pass(2);
        Assert.True(rig.Sounds);
    }

    [Fact]
    public async Task A_fire_test_pulses_waits_for_the_detector_and_says_what_was_seen()
    {
        await using var rig = new FireRig();
        var test = rig.Desk.TestFireAsync("loop-1", default);
        Assert.True(rig.Sounds);
        rig.Pass(1);
        Assert.False(rig.Sounds);
        Set(rig, "loop-1=1");
        Set(rig, "loop-1=0");
        await Wait.UntilAsync(() => rig.Sounds, "the siren pulses");
        await rig.PassUntilAsync(() => test.IsCompleted, "the test was answered");
        var (done, detail) = await test;
        Assert.True(done);
        Assert.Contains("loop-1: loop-alarm seen after", detail, StringComparison.Ordinal);
        Assert.Contains("siren pulsed", detail, StringComparison.Ordinal);
        Assert.Contains("sees this as an alarm", detail, StringComparison.Ordinal);

        // When the window closes the test has left nothing behind.
        rig.Pass(60);
        Assert.Equal((ZoneStage.Quiet, false), (rig.Stage, rig.Sounds));
    }

    [Fact]
    public async Task A_fire_test_without_an_alarm_says_so()
    {
        await using var rig = new FireRig();
        var test = rig.Desk.TestFireAsync("loop-1", default);
        rig.Pass(70);
        var (done, detail) = await Wait.ForAsync(test, "the test was answered");
        Assert.False(done);
        Assert.Contains("nothing was seen within 60 s", detail, StringComparison.Ordinal);
        Assert.False((await rig.Desk.TestFireAsync("nobody", default)).Done);
    }

    [Fact]
    public async Task Another_detector_s_alarm_ends_a_fire_test_and_counts()
    {
        await using var rig = new FireRig();
        var test = rig.Desk.TestFireAsync("loop-1", default);
        rig.Pass(1);
        Set(rig, "call-1=1");
        Assert.True(rig.Sounds);
        var (done, detail) = await Wait.ForAsync(test, "the test was answered");
        Assert.False(done);
        Assert.Contains("call-1 alarmed meanwhile (pressed); the test is over and the alarm counts", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_desired_document_gives_zones_their_times()
    {
        await using var rig = new FireRig();
        rig.Desk.Use(DesiredDocument.Read("""{"version":1,"zones":{"zone-a":{"acknowledgeWithinSeconds":30,"coincidenceSeconds":10}}}"""u8.ToArray()));
        Set(rig, "loop-1=1");
        rig.Pass(32);
        Assert.Equal(ZoneStage.Fire, rig.Stage);
    }

    private static void Set(FireRig rig, string what)
    {
        var (device, value) = (what.Split('=')[0], double.Parse(what.Split('=')[1], System.Globalization.CultureInfo.InvariantCulture));
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
    }
}
