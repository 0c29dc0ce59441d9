using SmartCity.City;
using SmartCity.Edge.Lamps;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

/// <summary>Constant light output at the lamps: what people ask and see is percent of the nominal light, what the driver is given follows the curve.</summary>
public sealed class ConstantOutputTests : IDisposable
{
    private const string Curve = "\"clo\":[[0,80],[10000,90],[20000,100]]";

    private static readonly DateTimeOffset Night = new(2026, 11, 22, 15, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("edge-clo");

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public async Task The_driver_is_given_its_share_and_target_feedback_and_steps_stay_the_operators()
    {
        await using var rig = new LampRig(new FakeTime(Night), with: s => s with { Hours = _ => 5_000, Directory = _home.FullName });
        rig.Desk.Use(Document(100));
        rig.Start();
        rig.Advance(60);
        Assert.Equal((85.0, 100.0, 100.0, 85.0), (rig.Output.Level, rig.Status.Target, rig.Status.Feedback, rig.Status.Clo));
        Assert.Contains("lamp-00 dim_percent=100 driver_percent=85 fault_code=0", rig.Lines);
        Assert.Single(rig.Output.Told);

        rig.Desk.Use(Document(40));
        rig.Advance(10);
        Assert.Equal((34.0, 40.0, 40.0), (rig.Output.Level, rig.Status.Target, rig.Status.Feedback));
        rig.Desk.Use(Document(0));
        rig.Advance(10);
        Assert.Equal((0.0, 0.0), (rig.Output.Level, rig.Status.Feedback));

        // Without a curve the driver has the level as it is, and says so.
        rig.Desk.Use(LampRig.Document("""{"version":2,"lamps":{"lamp-00":{}}}"""));
        rig.Advance(60);
        Assert.Equal((100.0, 100.0, null), (rig.Output.Level, rig.Status.Feedback, rig.Status.Clo));
        Assert.DoesNotContain("driver", rig.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hours_move_the_output_in_steps_of_a_tenth_and_the_target_not_at_all()
    {
        var hours = 5_000.0;
        await using var rig = new LampRig(new FakeTime(Night), with: s => s with { Hours = _ => hours });
        rig.Desk.Use(Document(100));
        rig.Start();
        rig.Advance(60);
        var revision = rig.Desk.Revision;
        for (; hours < 5_300; hours += 10)
        {
            rig.Advance(60);
        }

        Assert.Equal([85, 85.1, 85.2, 85.3], rig.Output.Told.Select(t => t.Percent));
        Assert.Equal((100.0, 100.0), (rig.Status.Target, rig.Status.Feedback));
        Assert.InRange(rig.Desk.Revision, revision, revision + 3);
    }

    [Fact]
    public async Task Where_no_meter_counts_the_gateway_does_over_restarts_and_a_new_luminaire_begins_at_nothing()
    {
        var time = new FakeTime(Night);
        var installed = "";
        var left = 0.0;
        async Task RunAsync(double hours, double level)
        {
            await using var rig = new LampRig(time, before: _ => left, with: s => s with { Directory = _home.FullName });
            rig.Desk.Use(Document(level, installed));
            rig.Start();
            for (var minute = 0; minute < hours * 60; minute++)
            {
                rig.Advance(60);
            }

            left = rig.Output.Level;
        }

        double Counted() => new BurningHours(_home.FullName, notice: null).Of("lamp-00");
        await RunAsync(5, 50);
        Assert.Equal(5, Counted(), 0.1);
        Assert.Equal(40, left);
        await RunAsync(3, 0);
        await RunAsync(2, 100);
        Assert.Equal(7, Counted(), 0.1);

        // What was never said before is that of the lamp as it stands.
        installed = ",\"installed\":\"2026-11-01T00:00:00Z\"";
        await RunAsync(1, 100);
        Assert.Equal(8, Counted(), 0.1);
        installed = ",\"installed\":\"2026-11-23T00:00:00Z\"";
        await RunAsync(1, 100);
        Assert.Equal(1, Counted(), 0.1);
    }

    [Fact]
    public void A_meter_counts_from_the_new_luminaire_on_or_begins_again_with_it()
    {
        var hours = new BurningHours(_home.FullName, notice: null);
        var (first, second, third) = (Night, Night.AddDays(1), Night.AddDays(2));
        Assert.Equal(12_000, hours.Count("lamp", 1, 12_000, first));
        Assert.Equal(0, hours.Count("lamp", 1, 12_100, second));
        Assert.Equal(50, hours.Count("lamp", 1, 12_150, second));
        hours.Save();
        hours = new BurningHours(_home.FullName, notice: null);
        Assert.Equal(50, hours.Of("lamp"));
        Assert.Equal(60, hours.Count("lamp", 1, 12_160, second));
        Assert.Equal(61, hours.Count("lamp", 1, null, second)); // its meter is mute for once
        Assert.Equal(0, hours.Count("lamp", 1, 12_200, third));
        Assert.Equal(7, hours.Count("lamp", 1, 7, third)); // the meter was replaced too
        Assert.Equal(8, hours.Count("lamp", 1, 8, null));

        hours.Keep(_ => false);
        Assert.Equal(0, hours.Of("lamp"));
    }

    [Fact]
    public void Rubbish_in_its_file_is_told_and_nothing_is_known()
    {
        var told = new List<string>();
        File.WriteAllText(Path.Combine(_home.FullName, BurningHours.FileName), """{"a":{"hours":-1},"b":{"hours":5,"base":0},"c":null}""");
        Assert.Equal((0, 5, 0), Of(new BurningHours(_home.FullName, told.Add)));
        Assert.Empty(told);
        File.WriteAllText(Path.Combine(_home.FullName, BurningHours.FileName), "{");
        Assert.Equal((0, 0, 0), Of(new BurningHours(_home.FullName, told.Add)));
        Assert.Contains("is not used", Assert.Single(told), StringComparison.Ordinal);

        static (double, double, double) Of(BurningHours hours) => (hours.Of("a"), hours.Of("b"), hours.Of("c"));
    }

    [Fact]
    public async Task A_part_that_only_switches_has_no_use_for_a_curve()
    {
        await using var rig = new LampRig(new FakeTime(Night), with: s => s with { Hours = _ => 5_000 });
        rig.Output.OnlySwitches = true;
        rig.Desk.Use(Document(100));
        rig.Start();
        rig.Advance(10);
        Assert.Equal((100.0, 100.0, null), (rig.Output.Level, rig.Status.Feedback, rig.Status.Clo));
    }

    private static DesiredDocument Document(double level, string more = "") => LampRig.Document(
        "{\"version\":1,\"lamps\":{\"lamp-00\":{" + Curve + more + ",\"overrides\":[{\"id\":\"o\",\"level\":" + level.ToString(System.Globalization.CultureInfo.InvariantCulture) + ",\"start\":\"2026-01-01T00:00:00Z\"}]}}}");
}
