using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Api;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Tests.Reports;

/// <summary>Reports over HTTP, from a book of alerts. The rig's clock begins on 1 September 2026, 07:00 in the city.</summary>
public sealed class ReportApiTests
{
    [Fact]
    public async Task A_day_has_its_alerts_by_kind_and_zone_with_their_response_and_what_was_silent()
    {
        await using var rig = await ApiRig.StartAsync();
        var officer = await FillAsync(rig);
        var report = await officer.ReadAsync("/api/v1/reports/daily?date=2026-09-01");
        var alerts = report.GetProperty("alerts");
        Assert.Equal(4, alerts.GetProperty("total").GetInt64());
        Assert.Equal(1, alerts.GetProperty("falseAlarms").GetInt64());
        Assert.Equal(60, alerts.GetProperty("response").GetProperty("median").GetDouble());
        Assert.Equal("=zone", alerts.GetProperty("zones")[0].GetProperty("name").GetString());
        Assert.Equal(["fire", "silence"], alerts.GetProperty("kinds").EnumerateArray().Select(k => k.GetProperty("kind").GetString()));

        // One of two lamps silent for 6 of the 12 hours that are over.
        Assert.Equal("2026-09-01T12:00:00+07:00", report.GetProperty("until").GetString());
        Assert.Equal(75, report.GetProperty("availability").GetProperty("percent").GetDouble());
        Assert.Equal(2, report.GetProperty("energy").GetProperty("counters").GetInt64());
        Assert.Equal(0, (await officer.ReadAsync("/api/v1/reports/daily?date=2026-08-31")).GetProperty("alerts").GetProperty("total").GetInt64());
        Assert.Equal(4, (await officer.ReadAsync("/api/v1/reports/monthly")).GetProperty("alerts").GetProperty("total").GetInt64());
    }

    [Fact]
    public async Task The_page_for_printing_runs_nothing_and_shows_names_as_text()
    {
        await using var rig = await ApiRig.StartAsync();
        var officer = await FillAsync(rig);
        using var answer = await officer.GetAsync("/api/v1/reports/daily?format=html&lang=en");
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var html = await answer.Content.ReadAsStringAsync();
        Assert.Contains("Report of the day 1 September 2026", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("style=", html, StringComparison.OrdinalIgnoreCase);
        var style = html.Split("<style>")[1].Split("</style>")[0];
        Assert.Contains(Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(style))), policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_table_for_a_spreadsheet_has_the_mark_of_utf8_and_no_formula()
    {
        await using var rig = await ApiRig.StartAsync();
        var officer = await FillAsync(rig);
        using var answer = await officer.GetAsync("/api/v1/reports/monthly?month=2026-09&format=csv");
        Assert.Equal("monthly-2026-09.csv", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal([0xEF, 0xBB, 0xBF], bytes[..3]);
        var lines = System.Text.Encoding.UTF8.GetString(bytes[3..]).Split("\r\n");
        Assert.Contains("Theo khu vực,'=zone (z-1),Tổng số,3,", lines);
        Assert.All(lines, line => Assert.DoesNotContain(line.Split(','), cell => cell.Length > 0 && "=+@".Contains(cell.TrimStart('"')[0])));
    }

    [Fact]
    public async Task A_shifts_report_tells_what_its_officer_did_and_what_is_still_open()
    {
        await using var rig = await ApiRig.StartAsync();
        var officer = await FillAsync(rig);
        var shift = (await officer.ReadAsync("/api/v1/shifts/1/report")).GetProperty("shift");
        Assert.Equal("an", shift.GetProperty("officer").GetString());
        Assert.Contains(shift.GetProperty("acts").EnumerateArray(), a => a.GetProperty("cause").GetString() == "acknowledged" && a.GetProperty("total").GetInt64() == 2);
        Assert.Equal(["fire2", "fire3"], shift.GetProperty("stillOpen").EnumerateArray().Select(a => a.GetProperty("id").GetString()!).Order(StringComparer.Ordinal));
        foreach (var path in (string[])["/api/v1/shifts/1/report?format=html", "/api/v1/shifts/1/report?format=csv&lang=en"])
        {
            using var answer = await officer.GetAsync(path);
            Assert.Contains("an", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/api/v1/reports/daily?date=2026-09-31", 400)]
    [InlineData("/api/v1/reports/daily?date=2026-09-02", 400)]
    [InlineData("/api/v1/reports/daily?month=2026-09", 400)]
    [InlineData("/api/v1/reports/monthly?month=2026-9", 400)]
    [InlineData("/api/v1/reports/monthly?format=pdf", 400)]
    [InlineData("/api/v1/reports/monthly?lang=fr", 400)]
    [InlineData("/api/v1/shifts/0/report", 404)]
    [InlineData("/api/v1/shifts/x", 404)]
    [InlineData("/api/v1/history/export?device=nobody&metric=power_w", 400)]
    [InlineData("/api/v1/history/export?device=lamp-1&metric=nothing", 400)]
    [InlineData("/api/v1/history/export?device=lamp-1&metric=power_w&from=2026-09-01T00:00:00Z&to=2025-09-01T00:00:00Z", 400)]
    [InlineData("/api/v1/history/export?device=lamp-1&metric=power_w&from=2020-09-01T00:00:00Z&to=2026-09-01T00:00:00Z", 400)]
    public async Task What_is_asked_wrongly_is_told(string path, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        var officer = await FillAsync(rig);
        using var answer = await officer.GetAsync(path);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Two_reports_at_once_are_enough()
    {
        await using var rig = await ApiRig.StartAsync();
        var officer = await FillAsync(rig);
        using var one = rig.Services.ReportTurns.Take();
        using (rig.Services.ReportTurns.Take())
        {
            using var answer = await officer.GetAsync("/api/v1/reports/daily");
            Assert.Equal(503, (int)answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        using var free = await officer.GetAsync("/api/v1/reports/daily");
        Assert.Equal(200, (int)free.StatusCode);
    }

    [Fact]
    public async Task Readings_go_out_as_csv_page_after_page()
    {
        await using var rig = await ApiRig.StartAsync();
        var officer = await FillAsync(rig);
        using var answer = await officer.GetAsync("/api/v1/history/export?device=lamp-1&metric=power_w&from=2026-08-31T17:00:00Z&to=2026-08-31T17:00:00.000004Z");

        // The rig's history has two readings a page, 1 µs apart, and a further page 2 µs later.
        Assert.Equal(
            "\uFEFFtime,device,metric,value\r\n2026-09-01T00:00:00+07:00,lamp-1,power_w,20.5\r\n2026-09-01T00:00:00.000001+07:00,lamp-1,power_w,21\r\n" +
            "2026-09-01T00:00:00.000002+07:00,lamp-1,power_w,20.5\r\n2026-09-01T00:00:00.000003+07:00,lamp-1,power_w,21\r\n",
            "\uFEFF" + await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public void Every_word_of_a_report_is_there_in_both_languages()
    {
        var report = ServerWords.Vi.Keys.Where(k => k.StartsWith("report.", StringComparison.Ordinal)).ToList();
        Assert.True(report.Count > 50);
        Assert.All(report, key => Assert.NotEmpty(ServerWords.En[key]));

        // A detector's signals are told to its zone, which raises alerts of its own.
        var kinds = KindCatalog.BuiltIn.All.SelectMany(k => k.Rules).Where(r => r.Alert != r.Name).Select(r => r.Alert).Append("fire").Append("fire-prealarm");
        Assert.All(kinds.Distinct(StringComparer.Ordinal), kind => Assert.NotNull(ServerWords.Vi.Find("kind." + kind)));
    }

    // Three fires (one closed as dust, two acknowledged after 60 and 90 s), a lamp that was silent from midnight to six.
    private static async Task<Person> FillAsync(ApiRig rig)
    {
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Zones = [new() { Id = "z-1", Name = "=zone" }, new() { Id = "z-2", Name = "<script>alert(1)</script>" }],
                Devices = [new() { Id = "lamp-1", Kind = "streetlight", Zone = "z-2" }, new() { Id = "lamp-2", Kind = "streetlight" }],
            },
            "test", CancellationToken.None);
        var officer = await rig.SignInAsync("operator", "an");
        using (await officer.PostAsync("/api/v1/shifts/handover"))
        {
        }

        var midnight = Instant.From(new DateTimeOffset(2026, 8, 31, 17, 0, 0, TimeSpan.Zero));
        await rig.RaiseAsync(BookRig.Change("fire1"), BookRig.Change("fire2"), BookRig.Change("fire3"));
        await rig.RaiseAsync(BookRig.Change("quiet1", kind: "silence", severity: Severity.Minor, device: "lamp-1", zone: "z-2", at: midnight));
        await rig.RaiseAsync(BookRig.Change("quiet1", "cleared", AlertChangeKind.Cleared, "silence", Severity.Minor, "lamp-1", "z-2", autoResolve: true, at: midnight + Instant.Of(TimeSpan.FromHours(6))));
        rig.Store.Time.Advance(TimeSpan.FromSeconds(60));
        using (await officer.PostAsync("/api/v1/alerts/fire1/acknowledge", revision: 1))
        {
        }

        using (await officer.PostAsync("/api/v1/alerts/fire1/resolve", revision: 2))
        {
        }

        await rig.Book.Store.WriteAsync(t => t.Sql.Execute("UPDATE alerts SET state = 'closed', cause = 'false-alarm:dust' WHERE id = 'fire1'"), CancellationToken.None);
        rig.Store.Time.Advance(TimeSpan.FromSeconds(30));
        using (await officer.PostAsync("/api/v1/alerts/fire2/acknowledge", revision: 1))
        {
        }

        using (await officer.PostAsync("/api/v1/alerts/fire3/note", """{"note":"x"}""", 1))
        {
        }

        rig.Store.Time.Advance(TimeSpan.FromHours(5) - TimeSpan.FromSeconds(90));
        return officer;
    }
}
