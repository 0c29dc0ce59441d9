using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Api;

public sealed class AlertTests
{
    [Fact]
    public async Task An_alert_has_every_field_of_the_contract()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1"));
        var alert = await (await rig.SignInAsync("viewer")).ReadAsync("/api/v1/alerts/a1");
        string[] fields =
        [
            "id", "kind", "severity", "state", "device", "zone", "location", "rule", "value", "threshold", "measuredAt", "receivedAt",
            "historical", "test", "incident", "assignee", "history", "revision",
        ];
        Assert.All(fields, f => Assert.True(alert.TryGetProperty(f, out _), f));
        Assert.Equal("2026-09-01T00:00:00+00:00", alert.GetProperty("measuredAt").GetString());
        var step = Assert.Single(alert.GetProperty("history").EnumerateArray());
        Assert.Equal(("raised", JsonValueKind.Null, "seen by smoke-1"), (step.GetProperty("what").GetString(), step.GetProperty("who").ValueKind, step.GetProperty("note").GetString()));
    }

    [Fact]
    public async Task Of_two_officers_the_second_hears_who_was_first_and_when()
    {
        await using var rig = await ApiRig.StartAsync();
        var heard = new List<(string, string?, long)>();
        rig.Book.Alerts.Acknowledged = (alert, zone, at) => heard.Add((alert, zone, at));
        await rig.RaiseAsync(BookRig.Change("a1"));
        var (lan, minh) = (await rig.SignInAsync("operator", "lan"), await rig.SignInAsync("operator", "minh"));
        var when = rig.Store.Time.GetUtcNow();
        var answers = await Task.WhenAll(lan.PostAsync("/api/v1/alerts/a1/acknowledge", revision: 1), minh.PostAsync("/api/v1/alerts/a1/acknowledge", revision: 1));
        Assert.Equal([200, 409], answers.Select(a => (int)a.StatusCode).Order());
        var first = answers[0].StatusCode == System.Net.HttpStatusCode.OK ? "lan" : "minh";
        var problem = await answers.First(a => (int)a.StatusCode == 409).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(first, problem.GetProperty("by").GetString());
        Assert.Equal(when, problem.GetProperty("at").GetDateTimeOffset());
        Assert.Equal("acknowledged", problem.GetProperty("what").GetString());
        Assert.Equal(2, problem.GetProperty("revision").GetInt64());
        Assert.Contains(first, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(("a1", "z-1"), (Assert.Single(heard).Item1, heard[0].Item2));
        Assert.Equal(heard[0], Assert.Single(await rig.Book.Alerts.AcknowledgedOpenAsync(CancellationToken.None)));
    }

    [Fact]
    public async Task An_alert_goes_its_way_and_every_step_is_on_the_record()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1"));
        var lan = await rig.SignInAsync("operator", "lan");
        Assert.Equal(409, await ActAsync("close", 1));
        Assert.Equal(200, await ActAsync("acknowledge", 1, """{"note":"seen"}"""));
        Assert.Equal(409, await ActAsync("acknowledge", 2));
        Assert.Equal(200, await ActAsync("assign", 2, """{"assignee":"crew-7"}"""));
        Assert.Equal(200, await ActAsync("start", 3));
        Assert.Equal(200, await ActAsync("note", 4, """{"note":"ladder on its way"}"""));
        Assert.Equal(200, await ActAsync("resolve", 5));
        Assert.Equal(400, await ActAsync("close", 6));
        Assert.Equal(200, await ActAsync("close", 6, """{"cause":"fire"}"""));
        Assert.Equal(409, await ActAsync("resolve", 7));
        Assert.Equal(428, (int)(await lan.PostAsync("/api/v1/alerts/a1/note", """{"note":"x"}""")).StatusCode);
        Assert.Equal(404, (int)(await lan.PostAsync("/api/v1/alerts/a2/note", """{"note":"x"}""", 1)).StatusCode);
        Assert.Equal(404, (int)(await lan.PostAsync("/api/v1/alerts/a1/explode", "{}", 7)).StatusCode);
        Assert.Equal(400, (int)(await lan.PostAsync("/api/v1/alerts/a1/note", "{}", 7)).StatusCode);
        var alert = await lan.ReadAsync("/api/v1/alerts/a1");
        Assert.Equal("closed", alert.GetProperty("state").GetString());
        Assert.Equal("crew-7", alert.GetProperty("assignee").GetString());
        Assert.Equal(
            ["raised", "acknowledged", "assigned", "in-progress", "note", "resolved", "closed"],
            alert.GetProperty("history").EnumerateArray().Select(h => h.GetProperty("what").GetString()));
        Assert.All(alert.GetProperty("history").EnumerateArray().Skip(1), h => Assert.Equal("lan", h.GetProperty("who").GetString()));

        async Task<int> ActAsync(string act, long revision, string body = "{}")
        {
            using var answer = await lan.PostAsync("/api/v1/alerts/a1/" + act, body, revision);
            return (int)answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("technician", "fire", "acknowledge", 403)]
    [InlineData("technician", "fire", "note", 200)]
    [InlineData("technician", "fire-fault", "acknowledge", 200)]
    [InlineData("technician", "flood", "resolve", 403)]
    [InlineData("technician", "silence", "resolve", 200)]
    [InlineData("technician", "silence", "assign", 403)]
    [InlineData("lighting", "lamp", "resolve", 200)]
    [InlineData("lighting", "fire", "acknowledge", 403)]
    [InlineData("operator", "fire", "resolve", 200)]
    [InlineData("viewer", "lamp", "note", 403)]
    public async Task Who_may_do_what_depends_on_the_alert(string role, string kind, string act, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1", kind: kind));
        using var answer = await (await rig.SignInAsync(role)).PostAsync($"/api/v1/alerts/a1/{act}", """{"note":"x"}""", 1);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Pages_hold_every_alert_once_while_new_ones_come()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync([.. Enumerable.Range(0, 25).Select(i => BookRig.Change($"a{i}", kind: i % 2 == 0 ? "fire" : "lamp"))]);
        var viewer = await rig.SignInAsync("viewer");
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await viewer.ReadAsync("/api/v1/alerts?limit=10" + (cursor is null ? "" : "&cursor=" + cursor));
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(a => a.GetProperty("id").GetString()!));
            cursor = page.GetProperty("next").GetString();
            await rig.RaiseAsync(BookRig.Change($"new-{seen.Count}"));
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"a{i}").Reverse(), seen);
        Assert.Equal(12, (await viewer.ReadAsync("/api/v1/alerts?kind=lamp&limit=500")).GetProperty("items").GetArrayLength());
        await rig.Book.Alerts.ActAsync("a0", SmartCity.Ingest.Book.AlertAct.Resolve, 1, "lan", _ => true, null, null, CancellationToken.None);
        Assert.Equal(27, (await viewer.ReadAsync("/api/v1/alerts?state=open&limit=500")).GetProperty("items").GetArrayLength());
        Assert.Equal("a0", Assert.Single((await viewer.ReadAsync("/api/v1/alerts?state=resolved")).GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        foreach (var bad in new[] { "limit=0", "limit=501", "limit=x", "cursor=x", "state=odd", "colour=red" })
        {
            Assert.Equal(400, (int)(await viewer.GetAsync("/api/v1/alerts?" + bad)).StatusCode);
        }
    }

    [Theory]
    [InlineData("fire", "fire", 200)]
    [InlineData("fire", "false-alarm:steam", 200)]
    [InlineData("fire-prealarm", "drill", 200)]
    [InlineData("fire", "mended", 400)]
    [InlineData("fire", "false-alarm", 400)]
    [InlineData("fire", null, 400)]
    [InlineData("fire-prealarm", null, 400)]
    [InlineData("silence", null, 200)]
    [InlineData("silence", "mended", 200)]
    [InlineData("flood", "real", 200)]
    [InlineData("flood", "tide", 400)]
    public async Task Whoever_closes_a_fire_says_what_it_was(string kind, string? cause, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1", kind: kind));
        var lan = await rig.SignInAsync("operator", "lan");
        var body = JsonSerializer.Serialize(new { cause });
        Assert.Equal(cause is null ? 200 : 400, (int)(await lan.PostAsync("/api/v1/alerts/a1/resolve", body, 1)).StatusCode);
        if (cause is not null)
        {
            Assert.Equal(200, (int)(await lan.PostAsync("/api/v1/alerts/a1/resolve", "{}", 1)).StatusCode);
        }

        using var answer = await lan.PostAsync("/api/v1/alerts/a1/close", body, 2);
        Assert.Equal(status, (int)answer.StatusCode);
        var said = await answer.Content.ReadFromJsonAsync<JsonElement>();
        if (status == 200)
        {
            Assert.Equal(cause, said.GetProperty("cause").GetString());
        }
        else
        {
            Assert.Contains("false-alarm:cooking", said.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Silencing_asks_each_gateway_of_the_zone_once_and_the_alarm_stands()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.Book.Registry.PutAsync(
            new SmartCity.Ingest.Book.RegistryEdits
            {
                Zones = [new() { Id = "z-1" }, new() { Id = "z-2" }],
                Gateways = [new() { Id = "g1" }, new() { Id = "g2" }, new() { Id = "g3" }],
                Devices =
                [
                    new() { Id = "smoke-1", Kind = "fire_detector", Gateway = "g1", Zone = "z-1" }, new() { Id = "smoke-2", Kind = "fire_detector", Gateway = "g1", Zone = "z-1" },
                    new() { Id = "call-1", Kind = "manual_call_point", Gateway = "g2", Zone = "z-1" }, new() { Id = "lamp-1", Kind = "streetlight", Gateway = "g3", Zone = "z-1" },
                    new() { Id = "smoke-9", Kind = "fire_detector", Gateway = "g3", Zone = "z-2" },
                ],
            },
            "test",
            CancellationToken.None);
        await rig.RaiseAsync(BookRig.Change("a1"), BookRig.Change("alone", device: "smoke-9", zone: null), BookRig.Change("nowhere", device: "x", zone: null));
        var lan = await rig.SignInAsync("operator", "lan");
        var heard = new List<string>();
        rig.Book.Alerts.Acknowledged = (alert, _, _) => heard.Add(alert);
        using var done = await lan.PostAsync("/api/v1/alerts/a1/silence", """{"note":"crew is there"}""", 1);
        Assert.Equal(200, (int)done.StatusCode);
        var alert = await done.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("acknowledged", "siren-silenced"), (alert.GetProperty("state").GetString(), alert.GetProperty("history")[1].GetProperty("what").GetString()));
        Assert.Equal(["call-1 g2 silence-siren", "smoke-1 g1 silence-siren"], rig.Sent.Select(c => $"{c.Device} {c.Gateway} {c.Command.GetProperty("type").GetString()}"));
        Assert.Equal(["a1"], heard);
        Assert.Equal(2, (await lan.ReadAsync("/api/v1/commands")).GetProperty("items").EnumerateArray().Count(c => c.GetProperty("status").GetString() == "sent"));

        Assert.Equal(200, (int)(await lan.PostAsync("/api/v1/alerts/alone/silence", "{}", 1)).StatusCode);
        Assert.Equal("smoke-9", rig.Sent.Last().Device);
        Assert.Equal(409, (int)(await lan.PostAsync("/api/v1/alerts/nowhere/silence", "{}", 1)).StatusCode);
        Assert.Equal("raised", (await lan.ReadAsync("/api/v1/alerts/nowhere")).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("operator", "fire", 200)]
    [InlineData("admin", "fire-prealarm", 200)]
    [InlineData("technician", "fire", 403)]
    [InlineData("lighting", "lamp", 403)]
    [InlineData("operator", "flood", 409)]
    public async Task A_reset_ends_the_alarm_for_its_zone_and_is_an_officers_act(string role, string kind, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1", kind: kind));
        var ended = new List<string>();
        rig.Book.Alerts.Ended = (alert, _) => ended.Add(alert);
        using var answer = await (await rig.SignInAsync(role)).PostAsync("/api/v1/alerts/a1/reset", "{}", 1);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 200 ? 1 : 0, ended.Count);
        if (status == 200)
        {
            var alert = (await rig.Book.Alerts.FindAsync("a1", CancellationToken.None))!;
            Assert.Equal(("reset", SmartCity.City.AlertState.Resolved), (alert.History![^1].What, alert.State));

            // A server that dies before the zone has heard it tells it again at its start.
            Assert.Equal("a1", Assert.Single(await rig.Book.Alerts.EndedFiresAsync(CancellationToken.None)).Alert);
        }
    }

    [Fact]
    public async Task A_programs_key_neither_silences_nor_resets()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1"));
        var key = await rig.KeyAsync(SmartCity.Ingest.Identity.Scopes.Alerts);
        foreach (var act in new[] { "silence", "reset" })
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/alerts/a1/{act}") { Content = ApiRig.Json("{}") };
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
            request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
            using var answer = await rig.Client.SendAsync(request);
            Assert.Equal(403, (int)answer.StatusCode);
        }
    }
}
