using System.Globalization;
using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Influx;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.History;

/// <summary>Every answer a store, or what stands before it, can give to a write.</summary>
public sealed class InfluxAnswerTests
{
    private static string Lines(int count, Func<int, bool>? bad = null) => string.Concat(Enumerable.Range(0, count)
        .Select(n => bad?.Invoke(n) == true ? $"k,device=bad v={n} {n}\n" : $"k,device=d{n % 5} v={n} {n}\n"));

    private static InfluxOptions V1(FakeStore fake) => new() { Url = fake.Url, Database = "city" };

    private static InfluxOptions V2(FakeStore fake) => V1(fake) with { Api = InfluxApi.V2, Organisation = "thanh hoa", Database = "a&b", Token = "t0p-s3cret" };

    [Fact]
    public async Task V1_writes_nanoseconds_compressed_and_with_basic_credentials()
    {
        await using var fake = await FakeStore.StartAsync();
        await using var rig = StoreRig.Influx(V1(fake) with { Username = "u", Password = "p", RetentionPolicy = "ten years" });
        await rig.WriteAsync(Lines(3));
        var request = Assert.Single(fake.Requests);
        Assert.Equal("/write?db=city&rp=ten%20years&precision=ns", request.Target);
        Assert.Equal("Basic dTpw", request.Authorization);
        Assert.Equal("gzip", request.Encoding);
        Assert.Equal(3, request.Lines.Length);
    }

    [Fact]
    public async Task V2_names_organisation_and_bucket_and_brings_its_token()
    {
        await using var fake = await FakeStore.StartAsync();
        await using var rig = StoreRig.Influx(V2(fake) with { Gzip = false });
        await rig.WriteAsync(Lines(3));
        var request = Assert.Single(fake.Requests);
        Assert.Equal("/api/v2/write?org=thanh%20hoa&bucket=a%26b&precision=ns", request.Target);
        Assert.Equal("Token t0p-s3cret", request.Authorization);
        Assert.Equal("", request.Encoding);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(302)]
    [InlineData(405)]
    public async Task An_answer_that_is_not_about_lines_stops_the_store_and_moves_nothing(int status)
    {
        await using var fake = await FakeStore.StartAsync();
        fake.OnWrite = _ => new FakeStore.Reply(status, "{\"code\":\"x\",\"message\":\"no t0p-s3cret here\"}", status == 429 ? "17" : null);
        await using var rig = StoreRig.Influx(V2(fake));
        var error = await Assert.ThrowsAsync<HistoryStoppedException>(() => rig.WriteAsync(Lines(10)));
        Assert.Contains(status.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
        Assert.Contains("no *** here", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Fix);
        Assert.DoesNotContain("t0p-s3cret", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(status == 429 ? TimeSpan.FromSeconds(17) : null, error.RetryAfter);
        Assert.Single(fake.Requests);
        Assert.Equal(0, rig.Quarantine.Figures.Total);
        Assert.Null(await rig.Store.LoadCursorAsync(Lane.Telemetry, default));
    }

    [Fact]
    public async Task No_answer_is_a_stop_too()
    {
        var time = new FakeTime();
        await using var fake = await FakeStore.StartAsync();
        using var hold = new SemaphoreSlim(0);
        using var came = new SemaphoreSlim(0);
        fake.OnWrite = _ =>
        {
            came.Release();
            hold.Wait(TimeSpan.FromSeconds(20));
            return FakeStore.Reply.NoContent;
        };
        await using var rig = StoreRig.Influx(V1(fake) with { Timeout = TimeSpan.FromSeconds(5) }, time: time);
        var writing = rig.WriteAsync(Lines(1));
        Assert.True(await came.WaitAsync(TimeSpan.FromSeconds(20)));
        time.Advance(TimeSpan.FromSeconds(6));
        var error = await Assert.ThrowsAsync<HistoryStoppedException>(() => writing);
        Assert.Contains("within 5 s", error.Message, StringComparison.Ordinal);
        hold.Release();

        await using var nobody = StoreRig.Influx(new InfluxOptions { Url = new Uri("http://127.0.0.1:1"), Database = "x", Password = "p4ss", Username = "u" });
        error = await Assert.ThrowsAsync<HistoryStoppedException>(() => nobody.WriteAsync(Lines(1)));
        Assert.DoesNotContain("p4ss", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "{\"error\":\"unable to parse 'k': missing fields\"}")]
    [InlineData(422, "{\"code\":\"unprocessable entity\",\"message\":\"failure writing points to database: partial write: field type conflict\"}")]
    [InlineData(400, "a proxy's page")]
    public async Task Refused_lines_are_found_by_bisection(int status, string body)
    {
        await using var fake = await FakeStore.StartAsync();
        fake.OnWrite = r => r.Lines.Any(l => l.Contains("bad", StringComparison.Ordinal)) ? new(status, body) : FakeStore.Reply.NoContent;
        await using var rig = StoreRig.Influx(V2(fake));
        Assert.Equal(new HistoryWritten(997, 3), await rig.WriteAsync(Lines(1000, n => n is 0 or 400 or 999)));
        Assert.Equal(997, fake.Stored.Count);
        Assert.Equal(["k,device=bad v=999 999", "k,device=bad v=400 400", "k,device=bad v=0 0"], rig.Quarantine.List(10).Items.Select(i => i.Line));
        Assert.InRange(fake.Requests.Count, 4, 80);
    }

    [Fact]
    public async Task A_partial_write_that_dropped_a_whole_kind_takes_few_requests()
    {
        await using var fake = await FakeStore.StartAsync();
        fake.OnWrite = r => r.Lines.Count(l => l.Contains("bad", StringComparison.Ordinal)) is > 0 and var dropped
            ? new(400, $"{{\"error\":\"partial write: field type conflict: input field \\\"v\\\" dropped={dropped}\"}}", Partial: true)
            : FakeStore.Reply.NoContent;
        await using var rig = StoreRig.Influx(V1(fake));
        var text = string.Concat(Enumerable.Range(0, 4000).Select(n => n % 2 == 0 ? $"bad,device=d v={n} {n}\n" : $"good,device=d v={n} {n}\n"));
        Assert.Equal(new HistoryWritten(2000, 2000), await rig.WriteAsync(text));
        Assert.Equal(2000, fake.Stored.Count);
        Assert.InRange(fake.Requests.Count, 3, 60);
    }

    [Theory]
    [InlineData("Client sent an HTTP request to an HTTPS server.")]
    [InlineData("{\"error\":\"something new\"}")]
    public async Task A_store_that_refuses_everything_in_unknown_words_is_a_stop_not_a_pile_in_the_quarantine(string body)
    {
        await using var fake = await FakeStore.StartAsync();
        fake.OnWrite = _ => new(400, body);
        await using var rig = StoreRig.Influx(V1(fake));
        foreach (var count in new[] { 1, 5, 5000 })
        {
            await Assert.ThrowsAsync<HistoryStoppedException>(() => rig.WriteAsync(Lines(count)));
        }

        Assert.Equal(0, rig.Quarantine.Figures.Total);
        Assert.InRange(fake.Requests.Count, 3, 100);
    }

    [Theory]
    [InlineData("partial write: max-values-per-tag limit exceeded (100000/100000): measurement=\\\"k\\\" tag=\\\"device\\\" dropped=4")]
    [InlineData("partial write: max-series-per-database limit exceeded: (1000000) dropped=4")]
    [InlineData("database is required")]
    public async Task A_limit_of_the_store_is_a_stop(string words)
    {
        await using var fake = await FakeStore.StartAsync();
        fake.OnWrite = _ => new(400, $"{{\"error\":\"{words}\"}}");
        await using var rig = StoreRig.Influx(V1(fake));
        await Assert.ThrowsAsync<HistoryStoppedException>(() => rig.WriteAsync(Lines(4)));
        Assert.Equal(0, rig.Quarantine.Figures.Total);
    }

    [Fact]
    public async Task A_line_cannot_make_itself_look_like_a_limit()
    {
        await using var fake = await FakeStore.StartAsync();
        fake.OnWrite = r => r.Lines.FirstOrDefault(l => l.Contains("bad", StringComparison.Ordinal)) is { } bad
            ? new(400, $"{{\"error\":\"unable to parse '{bad.Replace("\"", "\\\"", StringComparison.Ordinal)}': bad\"}}")
            : FakeStore.Reply.NoContent;
        await using var rig = StoreRig.Influx(V1(fake));
        Assert.Equal(new HistoryWritten(1, 1), await rig.WriteAsync("k,device=bad s=\"max-series-per-database limit exceeded dropped=2\" 1\nk,device=d v=1 2\n"));
    }

    [Fact]
    public async Task Too_large_is_halved_and_remembered()
    {
        await using var fake = await FakeStore.StartAsync();
        fake.OnWrite = r => r.Lines.Length > 100 ? new(413, "too large") : FakeStore.Reply.NoContent;
        await using var rig = StoreRig.Influx(V1(fake));
        Assert.Equal(new HistoryWritten(1000, 0), await rig.WriteAsync(Lines(1000)));
        Assert.Equal(1000, fake.Stored.Count);
        fake.Requests.Clear();
        Assert.Equal(new HistoryWritten(1000, 0), await rig.WriteAsync(Lines(1000)));
        Assert.All(fake.Requests, r => Assert.InRange(r.Lines.Length, 1, 100));

        fake.OnWrite = _ => new(413, "everything is too large");
        await Assert.ThrowsAsync<HistoryStoppedException>(() => rig.WriteAsync(Lines(50)));
        Assert.Equal(0, rig.Quarantine.Figures.Total);
    }

    [Fact]
    public async Task One_line_too_large_for_the_store_goes_to_the_quarantine_alone()
    {
        await using var fake = await FakeStore.StartAsync();
        fake.OnWrite = r => r.Lines.Any(l => l.Length > 20_000) ? new(413) : FakeStore.Reply.NoContent;
        await using var rig = StoreRig.Influx(V1(fake));
        var text = Lines(10) + $"k,device=x s=\"{new string('x', 30_000)}\" 5\n" + Lines(20);
        Assert.Equal(new HistoryWritten(30, 1), await rig.WriteAsync(text));
        Assert.Equal("store-too-large", Assert.Single(rig.Quarantine.List(10).Items).Reason);
    }

    [Fact]
    public async Task Bisection_that_the_store_breaks_off_decides_nothing()
    {
        await using var fake = await FakeStore.StartAsync();
        var calls = 0;
        fake.OnWrite = r => ++calls == 6 ? new(503) : r.Lines.Any(l => l.Contains("bad", StringComparison.Ordinal)) ? new(400, "{\"error\":\"unable to parse\"}") : FakeStore.Reply.NoContent;
        await using var rig = StoreRig.Influx(V1(fake));
        var text = Lines(64, n => n is 0 or 40);
        await Assert.ThrowsAsync<HistoryStoppedException>(() => rig.WriteAsync(text));
        Assert.Equal(0, rig.Quarantine.Figures.Total);
        Assert.Equal(new HistoryWritten(62, 2), await rig.WriteAsync(text));
        Assert.Equal(62, fake.Stored.Count);
        Assert.Equal(2, rig.Quarantine.Figures.Total);
    }

    [Fact]
    public void Options_name_the_key_and_print_no_secret()
    {
        var options = new InfluxOptions { Url = new Uri("http://u:hunter2@h:1"), Database = "", Password = "hunter2", Token = "tok", Api = InfluxApi.V2 };
        Assert.Equal(["influx.url", "influx.bucket", "influx.org"], options.Validate().Select(v => v[..v.IndexOf(':')]));
        Assert.DoesNotContain("hunter2", string.Concat(options.Validate()) + options + options.Name, StringComparison.Ordinal);
        Assert.DoesNotContain("tok", options.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", Assert.Throws<ArgumentException>(() => new InfluxHttp(options, TimeProvider.System)).ToString(), StringComparison.Ordinal);
    }
}
