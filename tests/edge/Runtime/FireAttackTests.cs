using SmartCity.Edge.Fire;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Runtime;

/// <summary>What would make a fire silent: a part that dies in the fire, a test, a restart, a wrong clock, a damaged file, words that cannot be written.</summary>
public sealed class FireAttackTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("edge-fire").FullName;

    private string Memory => Path.Combine(_home, "fire.json");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Theory]
    [InlineData("loop-2=1")]
    [InlineData("call-1=1")]
    public async Task Another_detector_s_alarm_ends_a_fire_test_and_the_siren_sounds(string other)
    {
        await using var rig = new FireRig();
        var test = rig.Desk.TestFireAsync("loop-1", default);
        rig.Pass(2);
        Set(rig, "loop-1=1");
        await rig.PassUntilAsync(() => test.IsCompleted, "the test was answered");
        Assert.False(rig.Sounds);
        Set(rig, other);
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
        rig.Pass(70);
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_detector_that_burnt_during_a_restart_does_not_end_the_fire(bool silenced)
    {
        var time = new FakeTime();
        var siren = new ScriptedOutput();
        await using (var before = new FireRig(Memory, time: time, siren: siren))
        {
            Set(before, "call-1=1");
            if (silenced)
            {
                before.Desk.Silence(null);
            }
        }

        await using var after = new FireRig(Memory, time: time, siren: siren, broken: "call-1");
        after.Pass(11);
        Assert.Equal(ZoneStage.Fire, after.Stage);
        Assert.Equal(!silenced, after.Sounds);
        Assert.True(after.Desk.Silence(null).Done);
        Assert.False(after.Sounds);
    }

    [Fact]
    public async Task A_siren_that_sounds_is_not_switched_off_by_a_restart_before_anything_was_measured()
    {
        var time = new FakeTime();
        var siren = new ScriptedOutput();
        await using (var before = new FireRig(Memory, time: time, siren: siren))
        {
            Set(before, "call-1=1");
        }

        siren.Levels.Clear();
        await using var after = new FireRig(Memory, time: time, siren: siren, pressed: 1);
        after.Pass(5);
        Assert.DoesNotContain(0.0, siren.Levels);
        Assert.True(after.Sounds);
    }

    [Fact]
    public async Task A_detector_that_was_taken_out_while_it_alarmed_does_not_alarm_for_ever()
    {
        var time = new FakeTime();
        await using (var before = new FireRig(Memory, time: time))
        {
            Set(before, "loop-1=1");
            Set(before, "loop-2=1");
        }

        var text = System.IO.File.ReadAllText(Memory);
        Assert.Contains("loop-2 loop-alarm", text, StringComparison.Ordinal);
        await using var after = new FireRig(Memory, time: time, without: "loop-1 loop-2");
        after.Pass(70);
        Assert.Equal((ZoneStage.Quiet, false), (after.Stage, after.Sounds));
    }

    [Fact]
    public async Task Whatever_is_left_of_the_memory_the_desk_watches()
    {
        var time = new FakeTime();
        await using (var before = new FireRig(Memory, time: time))
        {
            Set(before, "call-1=1");
            Set(before, "loop-1=1");
        }

        var whole = System.IO.File.ReadAllBytes(Memory);
        var texts = new List<byte[]>
        {
            "{\"at\":1,\"zones\":{\"zone-a\":null},\"devices\":{\"loop-1\":null}}"u8.ToArray(),
            "{\"at\":1,\"zones\":{\"zone-a\":{\"state\":null,\"active\":[null],\"heard\":[null]}},\"devices\":{}}"u8.ToArray(),
            "{\"at\":9223372036854775807,\"zones\":{},\"devices\":{}}"u8.ToArray(),
            "{\"at\":9223372036854775000,\"zones\":{},\"devices\":{}}"u8.ToArray(),
            "{\"at\":-9223372036854775808,\"zones\":{},\"devices\":{}}"u8.ToArray(),
        };
        for (var i = 0; i < whole.Length; i += 3)
        {
            texts.Add(whole[..i]);
            var flipped = whole.ToArray();
            flipped[i] ^= (byte)(1 << (i % 8));
            texts.Add(flipped);
        }

        foreach (var text in texts)
        {
            System.IO.File.WriteAllBytes(Memory, text);
            await using var rig = new FireRig(Memory, time: time);
            Set(rig, "call-1=1");
            Set(rig, "loop-2=1");
            rig.Pass(12);
            Assert.True(rig.Stage == ZoneStage.Fire, System.Text.Encoding.UTF8.GetString(text));
            Assert.True(rig.Sounds || rig.Desk.InMaintenance("zone-a"), System.Text.Encoding.UTF8.GetString(text));
        }
    }

    [Fact]
    public async Task A_zone_is_under_test_only_while_the_time_is_known_and_that_is_told()
    {
        var known = false;
        await using var rig = new FireRig(knowsTime: () => known);
        rig.Desk.SetMaintenance("zone-a", rig.Time.GetUtcNow().AddMinutes(5));
        rig.Pass(1);
        Set(rig, "call-1=1");
        Assert.True(rig.Sounds);
        known = true;
        rig.Pass(1);
        Assert.False(rig.Sounds);
        Assert.Contains(rig.Notices, n => n.Contains("zone-a: the city has it under test", StringComparison.Ordinal));
        rig.Pass(300);
        Assert.True(rig.Sounds);
        Assert.Contains(rig.Notices, n => n.Contains("zone-a: no longer under test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_detector_that_measures_more_than_it_can_is_on_fire_and_has_a_fault()
    {
        await using var rig = new FireRig();
        Set(rig, "loop-1=1");
        rig.Lines.Clear();
        Set(rig, "heat-1=312");
        Assert.Equal((ZoneStage.Fire, true), (rig.Stage, rig.Sounds));
        Assert.Contains(rig.Lines, l => l.StartsWith("heat-1", StringComparison.Ordinal) && l.Contains("fault_code=", StringComparison.Ordinal) && !l.Contains("fault_code=0", StringComparison.Ordinal));
        Assert.DoesNotContain(rig.Lines, l => l.Contains("=312", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Words_that_cannot_be_written_keep_no_siren_still()
    {
        await using var rig = new FireRig(notice: _ => throw new IOException("No space left on device"));
        Set(rig, "call-1=1");
        Assert.True(rig.Sounds);
        Assert.True(rig.Desk.Silence(null).Done);
        Assert.False(rig.Sounds);
        rig.Siren.Failure = new InvalidOperationException("surprise");
        Set(rig, "loop-1=1");
        rig.Pass(2);
        rig.Siren.Failure = null;
        rig.Pass(2);
        Assert.True(rig.Sounds);
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
