using System.Text;
using SmartCity.City;
using SmartCity.Edge.Commands;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

/// <summary>A gateway that nobody can reach for three nights; it is restarted in the middle of an override.</summary>
public sealed class OfflineNightsTests : IDisposable
{
    private const string Document = """
        {"version":5,"timeZone":"Asia/Ho_Chi_Minh",
         "programmes":{"night":{"points":[{"at":"sunset-10","level":100,"rampSeconds":120},{"at":"22:30","level":60,"rampSeconds":300},{"at":"04:45","level":90},{"at":"sunrise+5","level":0}]},
                       "weekend":{"points":[{"at":"sunset","level":100},{"at":"sunrise","level":0}]}},
         "calendars":{"default":{"default":"night","rules":[{"programme":"weekend","weekdays":["sat"]}]}},
         "lamps":{"lamp-00":{"minimum":25,"overrides":[{"id":"match","level":10,"priority":5,"start":"2026-11-21T20:00:00+07:00","expires":"2026-11-21T23:15:00+07:00"}]}}}
        """;

    private static readonly DateTimeOffset Start = new(2026, 11, 20, 5, 0, 0, TimeSpan.Zero); // Friday noon in Thanh Hóa

    // Saturday 21:00, in the middle of the override.
    private static readonly DateTimeOffset Restart = new(2026, 11, 21, 14, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("edge-nights");

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public async Task With_a_clock_the_level_is_right_at_every_minute()
    {
        var time = new FakeTime(Start);
        new DesiredDesk(_home.FullName, notice: null).Take(Encoding.UTF8.GetBytes(Document));
        var expected = LampRig.Document(Document).Plan("lamp-00", 19.807, 105.776);
        var left = 0.0;
        var overridden = 0;
        foreach (var until in new[] { Restart, Start.AddDays(3) })
        {
            // What is in force after a start is what was written; the lamp stands where it was left.
            var desired = new DesiredDesk(_home.FullName, notice: null);
            await using var rig = new LampRig(time, before: _ => left);
            rig.Desk.Use(desired.Document);
            rig.Start();
            while (time.GetUtcNow() < until)
            {
                // Half a minute past each full one: a large step has been made, and a ramp is at most one step behind.
                var minute = new DateTimeOffset((time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute) + (TimeSpan.TicksPerMinute / 2), TimeSpan.Zero);
                rig.Advance((minute - time.GetUtcNow()).TotalSeconds);
                var level = Lighting.Level(expected, minute);
                Assert.Equal(level.Percent, rig.Status.Target);
                Assert.InRange(rig.Output.Level, level.Percent - 1.01, level.Percent + 1.01);
                Assert.Equal(level.Reason, rig.Status.Reason);
                overridden += level.Reason == LightReason.Override ? 1 : 0;
                rig.Advance(30);
            }

            left = rig.Output.Level;
        }

        Assert.Equal(195, overridden); // 20:00 to 23:15
    }

    [Fact]
    public async Task Without_a_clock_the_photocell_leads_through_the_same_nights()
    {
        var time = new FakeTime(Start);
        new DesiredDesk(_home.FullName, notice: null).Take(Encoding.UTF8.GetBytes(Document));
        var dark = 0;
        await using var rig = new LampRig(time, with: s => s with { Light = () => (Lux(time.GetUtcNow()), time.GetTimestamp()) }) { ClockKnown = false };
        rig.Desk.Use(new DesiredDesk(_home.FullName, notice: null).Document);
        rig.Start();
        for (var minute = 0; minute < 3 * 1440; minute++)
        {
            rig.Advance(60);
            var lux = Lux(time.GetUtcNow());
            if (lux is < 35 or > 70)
            {
                Assert.Equal(lux < 35 ? 100 : 0, rig.Output.Level);
            }

            dark += rig.Output.Level > 0 ? 1 : 0;
            Assert.Equal(LightReason.Sensor, rig.Status.Reason);
        }

        Assert.InRange(dark, 3 * 11 * 60, 3 * 14 * 60);
    }

    [Fact]
    public async Task Without_clock_and_photocell_it_burns_day_and_night()
    {
        var time = new FakeTime(Start);
        await using var rig = new LampRig(time) { ClockKnown = false };
        rig.Desk.Use(LampRig.Document(Document));
        rig.Start();
        for (var minute = 0; minute < 1440; minute++)
        {
            rig.Advance(60);
            Assert.Equal((100.0, LightReason.Default), (rig.Output.Level, rig.Status.Reason));
        }
    }

    [Fact]
    public void A_document_is_in_force_only_when_it_is_read_whole_and_stays_over_a_restart()
    {
        var told = new List<string>();
        var desk = new DesiredDesk(_home.FullName, told.Add);
        var changed = new List<long>();
        desk.Changed += d => changed.Add(d.Version);
        Assert.Equal((0, null), (desk.Version, desk.Document));

        desk.Take(Encoding.UTF8.GetBytes(Document));
        desk.Take(Encoding.UTF8.GetBytes(Document));
        Assert.Equal((5L, 1), (desk.Version, changed.Count));
        desk.Take("""{"version":6,"lamps":{"lamp-00":{"calendar":"nowhere"}}}"""u8.ToArray());
        Assert.Equal((5L, 1), (desk.Version, changed.Count));
        Assert.Equal((6L, "lamps.lamp-00.calendar: there is no calendar 'nowhere'"), desk.Refused);
        desk.Take("rubbish"u8.ToArray());
        Assert.Null(desk.Refused!.Value.Version);
        Assert.Equal(2, told.Count);

        var again = new DesiredDesk(_home.FullName, told.Add);
        Assert.Equal((5L, null), (again.Version, again.Refused));

        // A lower version is the server's word too: its book came back from a backup.
        again.Take("""{"version":2}"""u8.ToArray());
        Assert.Equal(2, new DesiredDesk(_home.FullName, told.Add).Version);
        File.WriteAllText(Path.Combine(_home.FullName, DesiredDesk.FileName), "{\"version\":");
        Assert.Null(new DesiredDesk(_home.FullName, told.Add).Document);
        Assert.Contains("is not used", told[^1], StringComparison.Ordinal);
    }

    private static double Lux(DateTimeOffset at)
    {
        var elevation = Sun.Elevation((at - DateTimeOffset.UnixEpoch).Ticks * 100, 19.807, 105.776);
        return elevation > 0 ? 400 * elevation : 400 * Math.Exp(elevation / 1.2);
    }
}
