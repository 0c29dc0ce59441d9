using System.Globalization;
using System.Text.Json;
using SmartCity.Edge.Fire;
using SmartCity.Ingest.Book;
using SmartCity.SystemTests.Identity;
using SmartCity.SystemTests.Support;
using Until = SmartCity.SystemTests.Support.Until;

namespace SmartCity.SystemTests.Fire;

/// <summary>What an officer does over HTTP, and what the gateway's siren does then: a real server, MQTT over TLS, and the real gateway program.</summary>
public sealed class OfficerTests(ITestOutputHelper output)
{
    /// <summary>Seconds in which a pre-alarm must be acknowledged here.</summary>
    private const int Within = 20;

    [Fact]
    public async Task Acknowledged_it_keeps_still_a_second_detector_sounds_it_a_reset_ends_it_and_a_restart_repeats_nothing()
    {
        await using var town = await TownAsync();
        using var officer = await Administrator.SignInAsync(town.Server);
        await using var seen = new Cabinet(town, "gw-seen", "hall", "smoke-1", "smoke-2");
        await using var unseen = new Cabinet(town, "gw-unseen", "attic", "smoke-3");
        await Until.TrueAsync(() => Task.FromResult(seen.Desired is not null && unseen.Desired is not null), () => "both gateways have a document");

        seen.Alarm("smoke-1", true);
        var prealarm = await AlertAsync(officer, "hall", "fire-prealarm", "raised");
        await ActAsync(officer, prealarm, "acknowledge");
        await Until.TrueAsync(() => Task.FromResult(seen.Desired?.Zones.GetValueOrDefault("hall")?.Acknowledged is not null), () => "the acknowledgement is at the gateway");
        var version = seen.Desired!.Version;

        // One that nobody acknowledges begins after it, so when that one's time is over, so is this one's.
        unseen.Alarm("smoke-3", true);
        await Until.TrueAsync(() => Task.FromResult(unseen.Sounds), () => "the siren of the pre-alarm that nobody saw");
        Assert.Equal((ZoneStage.PreAlarm, false), (seen.Stage, seen.Sounds));

        seen.Alarm("smoke-2", true);
        await Until.TrueAsync(() => Task.FromResult(seen.Sounds), () => "the siren of two detectors");
        var fire = await AlertAsync(officer, "hall", "fire", "raised");
        seen.Alarm("smoke-1", false);
        seen.Alarm("smoke-2", false);
        await Until.TrueAsync(async () => await IsQuietAsync(officer, "smoke-1") && await IsQuietAsync(officer, "smoke-2"), () => "the detectors are quiet");
        Assert.True(seen.Sounds);
        await ActAsync(officer, await AlertAsync(officer, "hall", "fire", null), "reset");
        await Until.TrueAsync(() => Task.FromResult(seen is { Sounds: false, Stage: ZoneStage.Quiet }), () => "the zone is reset at the gateway");
        Assert.True(seen.Desired!.Version > version);

        // The same document is in force again after a restart: nothing of it is done again, and a new fire is loud.
        await seen.StopAsync();
        seen.Start();
        Assert.NotNull(seen.Desired?.Zones["hall"].ResetAt);
        seen.Alarm("smoke-1", true);
        await Until.TrueAsync(() => Task.FromResult(seen.Stage == ZoneStage.PreAlarm), () => "a new pre-alarm");
        seen.Alarm("smoke-2", true);
        await Until.TrueAsync(() => Task.FromResult(seen.Sounds), () => "a new fire sounds");
        output.WriteLine(string.Join('\n', seen.Notices));
    }

    [Fact]
    public async Task In_a_test_the_siren_keeps_still_and_the_alert_says_test_and_when_it_ends_it_sounds()
    {
        await using var town = await TownAsync();
        using var officer = await Administrator.SignInAsync(town.Server);
        await using var hall = new Cabinet(town, "gw-seen", "hall", "call-1");
        await Until.TrueAsync(() => Task.FromResult(hall.Desired is not null), () => "the gateway has a document");
        var window = await officer.DoAsync(
            HttpMethod.Post, "/api/v1/maintenance", new { scope = "zone", target = "hall", mode = "test", to = DateTimeOffset.UtcNow.AddHours(1), note = "yearly test" });
        await Until.TrueAsync(() => Task.FromResult(hall.Desk.InMaintenance("hall")), () => "the gateway knows of the test");
        hall.Alarm("call-1", true);
        var fire = await AlertAsync(officer, "hall", "fire", null);
        Assert.True(fire.GetProperty("test").GetBoolean());
        Assert.Equal("test", fire.GetProperty("occasion").GetString());
        await Until.TrueAsync(() => Task.FromResult(hall.Stage == ZoneStage.Fire), () => "the gateway's zone is on fire");
        Assert.False(hall.Sounds);

        // The button is still pressed when the test is over: that is nobody's test any more.
        await officer.DoAsync(HttpMethod.Post, $"/api/v1/maintenance/{window.GetProperty("id").GetString()}/end", new { note = "done" });
        await Until.TrueAsync(() => Task.FromResult(hall.Sounds), () => "the siren after the test");
        await Until.TrueAsync(async () => !(await AlertAsync(officer, "hall", "fire", null)).GetProperty("test").GetBoolean(), () => "the alert is live");
    }

    private static Task<Town> TownAsync() => Town.StartAsync(
        new RegistryEdits
        {
            Gateways = [new GatewayEdit { Id = "gw-seen" }, new GatewayEdit { Id = "gw-unseen" }],
            Zones = [Zone("hall"), Zone("attic")],
            Devices = [Device("smoke-1", "gw-seen", "hall"), Device("smoke-2", "gw-seen", "hall"), Device("call-1", "gw-seen", "hall"), Device("smoke-3", "gw-unseen", "attic")],
        },
        tls: true, null, "--one-time-login");

    private static ZoneEdit Zone(string id) => new() { Id = id, Settings = new Dictionary<string, double>(StringComparer.Ordinal) { [ZoneSettings.AcknowledgeWithin] = Within } };

    private static DeviceEdit Device(string id, string gateway, string zone) =>
        new() { Id = id, Kind = id.StartsWith("call", StringComparison.Ordinal) ? "manual_call_point" : "fire_detector", Gateway = gateway, Zone = zone };

    private static async Task<JsonElement> AlertAsync(Administrator officer, string zone, string kind, string? state)
    {
        JsonElement found = default;
        await Until.TrueAsync(
            async () =>
            {
                var page = await officer.DoAsync(HttpMethod.Get, $"/api/v1/alerts?state=open&zone={zone}&kind={kind}");
                found = page.GetProperty("items").EnumerateArray().FirstOrDefault(a => state is null || a.GetProperty("state").GetString() == state);
                return found.ValueKind == JsonValueKind.Object;
            },
            () => string.Create(CultureInfo.InvariantCulture, $"a {kind} of {zone}"));
        return found;
    }

    private static Task ActAsync(Administrator officer, JsonElement alert, string act) => officer.DoAsync(
        HttpMethod.Post, $"/api/v1/alerts/{alert.GetProperty("id").GetString()}/{act}", new { note = "seen" }, alert.GetProperty("revision").GetInt64());

    private static async Task<bool> IsQuietAsync(Administrator officer, string device)
    {
        var view = await officer.DoAsync(HttpMethod.Get, $"/api/v1/devices/{device}");
        return view.TryGetProperty("values", out var values) && values.TryGetProperty("loop_state", out var state) && state.GetProperty("value").GetDouble() == 0;
    }
}
