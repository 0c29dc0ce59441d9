using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Api;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>What gateways report: kept over a restart, shown, and never believed beyond what it says.</summary>
public sealed class ReportTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task A_report_is_kept_over_a_restart_and_the_next_one_takes_its_place()
    {
        await using var rig = await BookRig.OpenAsync();
        await TakeAsync(rig.Book, """
            {"version":7,"refused":{"version":8,"why":"lamps: is no object"},"a newer member":1,
             "lamps":{"lamp-2":{"target":60,"feedback":60.01,"actual":58.2,"actualAgeSeconds":12,"reason":"override","detail":"override match"},
                      "lamp-1":{"target":100,"reason":"a newer reason"}}}
            """);
        await using (var again = await rig.AgainAsync())
        {
            var report = again.Reports.Find("gw-1")!.Report;
            Assert.Equal((7, 8, "lamps: is no object", rig.Time.GetUtcNow()), (report.Version, report.Refused, report.RefusedWhy, report.At));
            Assert.Equal(
                [
                    new ReportedLamp("lamp-1", 100, null, null, null, null, null),
                    new ReportedLamp("lamp-2", 60, 60.01, 58.2, rig.Time.GetUtcNow().AddSeconds(-12), "override", "override match"),
                ],
                report.Lamps);
        }

        await TakeAsync(rig.Book, """{"version":8,"lamps":{}}""");
        var next = rig.Book.Reports.Find("gw-1")!.Report;
        Assert.Equal((8, null, null, 0), (next.Version, next.Refused, next.RefusedWhy, next.Lamps.Count));
        Assert.Null(rig.Book.Reports.Find("gw-2"));
    }

    [Fact]
    public async Task A_report_in_parts_comes_together()
    {
        await using var rig = await BookRig.OpenAsync();
        await TakeAsync(rig.Book, """{"version":6,"lamps":{"gone":{"target":1}}}""");
        await TakeAsync(rig.Book, """{"version":7,"part":1,"parts":2,"lamps":{"lamp-1":{"target":1}}}""");
        await TakeAsync(rig.Book, """{"version":7,"part":2,"parts":2,"lamps":{"lamp-2":{"target":2}}}""");
        var report = rig.Book.Reports.Find("gw-1")!.Report;
        Assert.Equal(["lamp-1", "lamp-2"], report.Lamps.Select(l => l.Id));
    }

    [Fact]
    public async Task A_lamp_that_stands_twice_in_a_report_is_one()
    {
        await using var rig = await BookRig.OpenAsync();
        await TakeAsync(rig.Book, """{"version":7,"part":1,"lamps":{"lamp-1":{"target":1},"lamp-1":{"target":2}}}""");
        await TakeAsync(rig.Book, """{"version":7,"part":2,"lamps":{"lamp-2":{"target":3}}}""");
        var report = rig.Book.Reports.Find("gw-1")!.Report;
        Assert.Equal([("lamp-1", 2.0), ("lamp-2", 3.0)], report.Lamps.Select(l => (l.Id, l.Target!.Value)));
    }

    [Fact]
    public async Task Whether_power_was_measured_after_the_last_step_is_seen_to_the_millisecond()
    {
        await using var rig = await BookRig.OpenAsync();
        var report = rig.Book.Reports.Read("gw-1", JsonElement.Parse(
            """
            {"version":1,"lamps":{"a":{"actual":40.5,"actualAgeSeconds":0.999,"stepAgeSeconds":1,"clo":87.5},
                                  "b":{"actual":40.5,"actualAgeSeconds":1.001,"stepAgeSeconds":1,"clo":870},"c":{"stepAgeSeconds":-1}}}
            """));
        await rig.Book.Reports.KeepAsync(report, Cancel);
        var lamps = rig.Book.Reports.Find("gw-1")!.Report.Lamps;
        Assert.Equal([(true, 87.5), (false, null), (false, (double?)null)], lamps.Select(l => (l.ActualAt >= l.StepAt, l.Clo)));
        Assert.Equal(report.At.AddSeconds(-1), lamps[0].StepAt);
        Assert.Null(lamps[2].StepAt);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"version":1.5}""")]
    [InlineData("""{"version":1,"lamps":{"lamp-1":7}}""")]
    public async Task What_is_no_report_is_refused(string json)
    {
        await using var rig = await BookRig.OpenAsync();
        Assert.Throws<FormatException>(() => rig.Book.Reports.Read("gw-1", JsonElement.Parse(json)));
    }

    [Fact]
    public async Task Reports_that_come_while_one_is_being_written_are_written_together()
    {
        await using var rig = await BookRig.OpenAsync();
        using var gate = new ManualResetEventSlim();
        var busy = rig.Book.Store.WriteAsync(_ => gate.Wait(), Cancel);
        var before = rig.Book.Store.Writer.Commits;
        var keeping = Enumerable.Range(0, 100).Select(n => TakeAsync(rig.Book, """{"version":7,"lamps":{}}""", $"gw-{n}")).ToList();
        Assert.All(keeping, k => Assert.False(k.IsCompleted)); // not before they are durable
        Assert.NotNull(rig.Book.Reports.Find("gw-99"));
        gate.Set();
        await busy;
        await Task.WhenAll(keeping);
        Assert.Equal(2, rig.Book.Store.Writer.Commits - before);
        await using var again = await rig.AgainAsync();
        Assert.All(Enumerable.Range(0, 100), n => Assert.Equal(7, again.Reports.Find($"gw-{n}")!.Report.Version));
    }

    [Fact]
    public async Task Lamps_of_a_part_that_is_under_way_are_as_they_were()
    {
        await using var rig = await BookRig.OpenAsync();
        await TakeAsync(rig.Book, """{"version":6,"part":1,"parts":2,"lamps":{"a":{"target":1}}}""");
        await TakeAsync(rig.Book, """{"version":6,"part":2,"parts":2,"lamps":{"b":{"target":1},"gone":{"target":1}}}""");
        await TakeAsync(rig.Book, """{"version":7,"part":1,"parts":2,"lamps":{"a":{"target":2}}}""");
        Assert.Equal((2, 1), (rig.Book.Reports.Find("gw-1")!.Find("a")!.Target, rig.Book.Reports.Find("gw-1")!.Find("b")!.Target));
        await TakeAsync(rig.Book, """{"version":7,"part":2,"parts":2,"lamps":{"b":{"target":2}}}""");
        Assert.Equal(2, rig.Book.Reports.Find("gw-1")!.Find("b")!.Target);
        Assert.Null(rig.Book.Reports.Find("gw-1")!.Find("gone"));
    }

    [Fact]
    public async Task What_a_gateway_says_is_bounded()
    {
        await using var rig = await BookRig.OpenAsync();
        const string lamp1 = """{"target":"much","feedback":1e999,"actual":1,"actualAgeSeconds":-5,"reason":"TEXT","detail":"TEXT"}""";
        var report = rig.Book.Reports.Read("gw-1", JsonElement.Parse(
            "{\"version\":1,\"lamps\":{\"Not An Id\":{},\"lamp-1\":" + lamp1.Replace("TEXT", new string('x', 5_000), StringComparison.Ordinal) + "}}"));
        var lamp = Assert.Single(report.Lamps);
        Assert.Equal((null, null, null, null, 1_000), (lamp.Target, lamp.Feedback, lamp.ActualAt, lamp.Reason, lamp.Detail!.Length));
        var many = "{\"version\":1,\"lamps\":{" + string.Join(',', Enumerable.Range(0, 10_001).Select(n => $"\"l{n}\":{{}}")) + "}}";
        Assert.Throws<FormatException>(() => rig.Book.Reports.Read("gw-1", JsonElement.Parse(many)));
    }

    [Fact]
    public async Task The_api_shows_what_a_gateway_should_do_and_what_it_says_that_it_does()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.PutDeviceAsync("lamp-1", "gw-1");
        var viewer = await rig.SignInAsync("viewer");
        var before = await viewer.ReadAsync("/api/v1/gateways/gw-1");
        Assert.Equal(("gw-1", JsonValueKind.Null, 0), (before.GetProperty("id").GetString(), before.GetProperty("reportedVersion").ValueKind, before.GetProperty("lamps").GetArrayLength()));

        await TakeAsync(rig.Book, """{"version":7,"lamps":{"lamp-1":{"target":60,"feedback":100,"reason":"programme","detail":"programme night"}}}""");
        var after = await viewer.ReadAsync("/api/v1/gateways/gw-1");
        Assert.Equal(7, after.GetProperty("reportedVersion").GetInt64());
        var lamp = after.GetProperty("lamps")[0];
        Assert.Equal(("lamp-1", 60, 100), (lamp.GetProperty("id").GetString(), lamp.GetProperty("target").GetDouble(), lamp.GetProperty("feedback").GetDouble()));
        Assert.Equal(JsonValueKind.Null, lamp.GetProperty("actual").ValueKind);
    }

    private static Task TakeAsync(CityBook book, string json, string gateway = "gw-1") => book.Reports.KeepAsync(book.Reports.Read(gateway, JsonElement.Parse(json)), Cancel);
}
