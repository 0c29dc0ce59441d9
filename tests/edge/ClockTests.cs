using System.Globalization;
using System.Text;
using SmartCity.Edge.Clocks;

namespace SmartCity.Edge.Tests;

/// <summary>When a machine without a clock of its own knows the time, and what it remembers of that.</summary>
public sealed class ClockTests : IDisposable
{
    private const string Other = "ffffffffffffffffffffffffffffffff";
    private static readonly DateTimeOffset Noon = new(2026, 9, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("edge-clock").FullName;
    private readonly List<string> _notices = [];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("nothing is said", false, null, 0, false)]
    [InlineData("a time service", true, null, 0, true)]
    [InlineData("a time service, though the clock of before was ahead", true, null, 3600, true)]
    [InlineData("a real-time clock that agrees", false, "2026-09-01T11:59:58Z", 0, true)]
    [InlineData("a real-time clock that agrees, and was right before", false, "2026-09-01T11:59:58Z", -3600, true)]
    [InlineData("a real-time clock behind what was known before", false, "2026-09-01T11:59:58Z", 3600, false)]
    [InlineData("a real-time clock without a battery", false, "2000-01-01T00:00:09Z", 0, false)]
    [InlineData("a real-time clock that something else has overruled", false, "2026-08-31T12:00:00Z", 0, false)]
    public void Only_evidence_makes_the_time_known(string what, bool synchronised, string? rtc, int lastKnownSeconds, bool known)
    {
        if (lastKnownSeconds != 0)
        {
            new BootTable(Path.Combine(_directory, "clock")).Save((Noon.AddSeconds(lastKnownSeconds) - DateTimeOffset.UnixEpoch).Ticks * 100);
        }

        using var clock = Clock(new FakeEvidence { Synchronised = synchronised, Rtc = rtc is null ? null : DateTimeOffset.Parse(rtc, CultureInfo.InvariantCulture) });
        Assert.True(clock.IsKnown == known, what);
        Assert.Equal(known, clock.Known.IsCompleted);
        Assert.Equal(known, clock.Reason.Length > 0);
        Assert.Equal(known ? "the time is known" : "the time is not known", _notices[0].Split(':')[0]);
    }

    [Fact]
    public void A_real_time_clock_before_this_program_was_made_is_not_believed()
    {
        var old = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var clock = Clock(new FakeEvidence { Rtc = old }, time: new TwoClocks(old));
        Assert.False(clock.IsKnown);
    }

    [Fact]
    public void Evidence_that_comes_later_is_found_and_the_start_is_remembered()
    {
        var evidence = new FakeEvidence();
        var time = new TwoClocks(Noon);
        var heard = 0;
        using (var clock = Clock(evidence, time: time))
        {
            clock.BecameKnown += () => heard++;
            Assert.Null(clock.Offset(Ascii(evidence.BootId), out var never));
            Assert.False(never);
            Assert.Null(clock.Offset(Ascii(Other), out never));
            Assert.True(never);

            time.Pass(TimeSpan.FromSeconds(30));
            time.Now += TimeSpan.FromDays(400);
            evidence.Synchronised = true;
            clock.Check();
            clock.Check();
            Assert.True(clock.IsKnown);
            Assert.Equal(1, heard);
            Assert.Equal(0, clock.Steps);
        }

        // 77 s and 30 s of the monotonic clock were this moment: a reading of 77 s was made 30 s before.
        var expected = ((Noon.AddDays(400) - DateTimeOffset.UnixEpoch).Ticks * 100) - 77_000_000_000;

        // The program starts again, long after the time service was last heard of; then the machine does.
        evidence.Synchronised = false;
        time.Pass(TimeSpan.FromHours(20));
        using (var again = Clock(evidence, time: time))
        {
            Assert.True(again.IsKnown);
            Assert.Equal(expected, again.Offset(Ascii(evidence.BootId), out _));
        }

        using var next = Clock(new FakeEvidence(Other), time: time);
        Assert.False(next.IsKnown);
        Assert.Equal(expected, next.Offset(Ascii(evidence.BootId), out _));
    }

    [Fact]
    public void A_technician_s_word_holds_until_the_next_start()
    {
        var evidence = new FakeEvidence();
        using var clock = Clock(evidence);
        EdgeClock.Confirm(_directory, new FakeEvidence(Other));
        clock.Check();
        Assert.False(clock.IsKnown);
        EdgeClock.Confirm(_directory, evidence);
        clock.Check();
        Assert.True(clock.IsKnown);
        using var next = Clock(new FakeEvidence(Other[1..] + "0"));
        Assert.False(next.IsKnown);
    }

    [Fact]
    public void A_clock_that_is_set_is_noticed_and_the_stamps_of_before_stay()
    {
        var evidence = new FakeEvidence { Synchronised = true };
        var time = new TwoClocks(Noon);
        using var clock = Clock(evidence, time: time);
        var offset = clock.Offset(Ascii(evidence.BootId), out _);
        foreach (var (seconds, steps) in new[] { (0.03, 0), (-1.9, 0), (2.1, 1), (-3600.0, 2), (0.0, 2) })
        {
            time.Pass(TimeSpan.FromMinutes(1));
            time.Now += TimeSpan.FromSeconds(seconds);
            clock.Check();
            Assert.Equal(steps, clock.Steps);
        }

        Assert.Contains("the clock was set back by 3600.0 s", _notices[^1], StringComparison.Ordinal);
        Assert.Equal(offset, clock.Offset(Ascii(evidence.BootId), out _));
    }

    [Fact]
    public void A_trusted_clock_writes_nothing_until_a_reading_without_a_stamp_asks()
    {
        var evidence = new FakeEvidence();
        using var clock = Clock(evidence, ClockMode.Trusted);
        Assert.True(clock.IsKnown);
        Assert.Empty(Directory.GetFiles(_directory));
        Assert.Empty(_notices);
        var offset = clock.Offset(Ascii(evidence.BootId), out _);
        Assert.NotNull(offset);
        Assert.Equal(offset, new BootTable(Path.Combine(_directory, "clock")).Offset(Ascii(evidence.BootId)));
    }

    [Fact]
    public void A_disk_that_refuses_keeps_the_time_unknown_for_no_stamp_may_be_given_that_a_crash_takes_away()
    {
        var evidence = new FakeEvidence { Synchronised = true };
        var blocked = Path.Combine(_directory, "clock.next");
        Directory.CreateDirectory(blocked);
        using var clock = Clock(evidence);
        Assert.False(clock.IsKnown);
        Assert.Contains(_notices, n => n.Contains("could not be written", StringComparison.Ordinal));
        Directory.Delete(blocked);
        clock.Check();
        Assert.True(clock.IsKnown);
    }

    [Fact]
    public void The_memory_is_bounded_and_half_a_file_is_no_memory()
    {
        var path = Path.Combine(_directory, "clock");
        var table = new BootTable(path);
        for (var i = 0; i < BootTable.MaximumBoots + 2; i++)
        {
            table.Add(i.ToString("x32", CultureInfo.InvariantCulture), -i, 5);
        }

        Assert.Null(table.Offset(Ascii(1.ToString("x32", CultureInfo.InvariantCulture))));
        var whole = File.ReadAllBytes(path);
        var read = new BootTable(path);
        Assert.Equal(-2, read.Offset(Ascii(2.ToString("x32", CultureInfo.InvariantCulture))));
        Assert.Equal(5, read.LastKnown);
        for (var cut = 0; cut < whole.Length - 4; cut += cut > 200 ? 97 : 1)
        {
            File.WriteAllBytes(path, whole[..cut]);
            Assert.Equal(0, new BootTable(path).LastKnown);
        }
    }

    [Theory]
    [InlineData("1", "1788264000", "2026-09-01T12:00:00Z")]
    [InlineData("0", "1788264000", null)]
    [InlineData("1", "-5", null)]
    [InlineData("1", "99999999999999", null)]
    [InlineData("1", "", null)]
    [InlineData(null, null, null)]
    public void Linux_is_asked_where_it_says_so(string? hctosys, string? since, string? expected)
    {
        var rtc = Directory.CreateDirectory(Path.Combine(_directory, "sys/class/rtc/rtc0")).FullName;
        Directory.CreateDirectory(Path.Combine(_directory, "proc/sys/kernel/random"));
        File.WriteAllText(Path.Combine(_directory, "proc/sys/kernel/random/boot_id"), "d4a5f1f0-0b5e-4c3a-9d5e-0123456789ab\n");
        if (hctosys is not null)
        {
            File.WriteAllText(Path.Combine(rtc, "hctosys"), hctosys + "\n");
            File.WriteAllText(Path.Combine(rtc, "since_epoch"), since + "\n");
        }

        var evidence = new LinuxClockEvidence(_directory);
        Assert.Equal("d4a5f1f00b5e4c3a9d5e0123456789ab", evidence.BootId);
        Assert.Equal(expected is null ? null : DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), evidence.RealTimeClock);
    }

    [Fact]
    public void This_machine_s_own_evidence_can_be_asked()
    {
        var here = new LinuxClockEvidence();
        Assert.Matches("^[0-9a-f]{32}$", here.BootId);
        Assert.Equal(here.BootId, new LinuxClockEvidence().BootId);
        Assert.Equal(here.IsSynchronised, here.IsSynchronised);
    }

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private EdgeClock Clock(FakeEvidence evidence, ClockMode mode = ClockMode.Auto, TwoClocks? time = null) =>
        new(mode, _directory, evidence, time ?? new TwoClocks(Noon), _notices.Add);
}
