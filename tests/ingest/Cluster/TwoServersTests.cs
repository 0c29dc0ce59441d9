using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Cluster;

/// <summary>What a gateway meets that knows two servers.</summary>
public sealed class TwoServersTests(PostgresBookTests.Server postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateways_session_its_commands_and_its_desired_document_are_where_it_is()
    {
        await using var two = await TwoServers.StartAsync(await postgres.StartedAsync());
        await RegisterAsync(two);
        using var certificate = two.CertificateOf("gw");
        await using var atA = two.Client(two.A, certificate, "gw");
        await atA.ConnectAsync();
        await atA.SubscribeAsync("city/v1/gw/desired");
        await Eventually.TrueAsync(() => !atA.Heard.IsEmpty);
        Assert.True(two.A.Engine.Node.Holds("gw", Lane.Telemetry));

        // It turns to the other server: served at once, and closed here.
        await using var atB = two.Client(two.B, certificate, "gw");
        await atB.ConnectAsync();
        Assert.True(two.B.Engine.Node.Holds("gw", Lane.Telemetry));
        await Eventually.TrueAsync(() => atA.Ends.Contains(ReasonCode.SessionTakenOver));
        await atB.SubscribeAsync("city/v1/gw/desired");
        await atB.SubscribeAsync("city/v1/gw/command");
        await Eventually.TrueAsync(() => !atB.Heard.IsEmpty);
        Assert.Equal(Version(atA), Version(atB));

        // What is changed at one server reaches the gateway at the other.
        await two.A.Engine.Book.Registry.PutAsync(new RegistryEdits { Zones = [new() { Id = "z", Settings = new Dictionary<string, double> { [ZoneSettings.AcknowledgeWithin] = 77 } }] }, "lan", Cancel);
        await Eventually.TrueAsync(() => atB.Heard.Count(h => h.Topic == "desired") >= 2);
        Assert.True(Version(atB) > Version(atA));

        // A command that is given to the server that has not the gateway.
        var services = two.A.Engine.Api;
        var command = await services.Book.Commands.AddAsync("d", "gw", JsonElement.Parse("""{"type":"identify"}"""), TimeSpan.FromMinutes(1), "lan", Cancel);
        Assert.False(await services.SendCommand(command, Cancel));
        await Eventually.TrueAsync(() => atB.Heard.Any(h => h.Topic == "command" && h.Payload.Contains(command.Id, StringComparison.Ordinal)));
        await atB.PublishAsync("city/v1/gw/command/result", $$"""{"id":"{{command.Id}}","status":"done"}""");
        var row = (await services.Book.Commands.ListAsync("d", long.MaxValue, 9, Cancel)).Items.Single();
        Assert.Equal("done", row.Status);
        Assert.Single(atB.Heard, h => h.Topic == "command");
    }

    [Fact]
    public async Task A_gateway_that_is_revoked_at_one_server_is_out_at_the_other_and_so_are_keys_and_people()
    {
        await using var two = await TwoServers.StartAsync(await postgres.StartedAsync());
        await RegisterAsync(two);
        using var certificate = two.CertificateOf("gw");
        await two.A.Engine.Book.Store.WriteAsync(t => Ingest.Identity.GatewayTrust.Note(t, certificate, "gw", 1), Cancel);
        await using var atB = two.Client(two.B, certificate, "gw");
        await atB.ConnectAsync();
        await two.A.Engine.Identity.Trust.RevokeAsync("gw", "lan", Cancel);
        await Eventually.TrueAsync(() => atB.Ends.Contains(ReasonCode.NotAuthorized));
        await using var again = two.Client(two.B, certificate, "gw");
        Assert.Equal(ReasonCode.NotAuthorized, await again.RefusalAsync());

        // Sign-in at one server is sign-in at both; so is its end, and a role that is taken away.
        var (a, b) = (two.A.Engine.Identity, two.B.Engine.Identity);
        await a.Users.PutAsync("lan", Ingest.Identity.Roles.Admin | Ingest.Identity.Roles.Operator, "a long password", disabled: false, "x", Cancel);
        await a.Users.PutAsync("minh", Ingest.Identity.Roles.Admin, "a long password", disabled: false, "x", Cancel);
        var token = Assert.IsType<Ingest.Identity.LoginResult.Ok>(await a.Sessions.LoginAsync("lan", "a long password", null, Cancel)).Token;
        Assert.Equal("lan", (await b.Sessions.FindAsync(token, Cancel))!.User);
        await b.Users.PutAsync("lan", Ingest.Identity.Roles.Operator, null, disabled: false, "x", Cancel);
        Assert.Equal(Ingest.Identity.Roles.Operator, (await a.Sessions.FindAsync(token, Cancel))!.Roles);
        await b.Users.PutAsync("lan", Ingest.Identity.Roles.Operator, null, disabled: true, "x", Cancel);
        Assert.Null(await a.Sessions.FindAsync(token, Cancel));
    }

    [Fact]
    public async Task A_server_that_drains_sends_its_gateways_away_and_takes_none()
    {
        await using var two = await TwoServers.StartAsync(await postgres.StartedAsync());
        await RegisterAsync(two);
        using var certificate = two.CertificateOf("gw");
        await using var atA = two.Client(two.A, certificate, "gw");
        await atA.ConnectAsync();

        // Who only asks whether to come takes nothing.
        await using var probe = two.Client(two.B, certificate, "gw.probe");
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, await probe.RefusalAsync());
        Assert.True(two.A.Engine.Node.Holds("gw", Lane.Telemetry));

        await ClusterBook.OrderDrainAsync(two.B.Engine.Book.Store, "a", drain: true, "lan", TimeProvider.System, Cancel);
        await Eventually.TrueAsync(() => atA.Ends.Contains(ReasonCode.UseAnotherServer));
        await Eventually.TrueAsync(() => two.B.Engine.Node.IsLeader && two.B.Engine.Node.Holds("gw", Lane.Telemetry));
        Assert.False(two.A.Engine.Node.IsLeader || two.A.Engine.Node.Holds("gw", Lane.Telemetry));
        await using var again = two.Client(two.A, certificate, "gw");
        Assert.Equal(ReasonCode.UseAnotherServer, await again.RefusalAsync());
        await using var asking = two.Client(two.A, certificate, "gw.probe");
        Assert.Equal(ReasonCode.ServerUnavailable, await asking.RefusalAsync());
        await using var atB = two.Client(two.B, certificate, "gw");
        await atB.ConnectAsync();
        var stamp = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;
        Assert.Equal(ReasonCode.Success, await atB.PublishAsync("city/v1/gw/telemetry", FormattableString.Invariant($"streetlight,device=lamp power_w=4 {stamp}")));

        // Lines over HTTP are taken where they are judged.
        var written = await two.A.Engine.Api.Intake.SubmitAsync(new WritePrincipal("k", true, []), System.Text.Encoding.UTF8.GetBytes("streetlight,device=lamp power_w=5"), Precision.Nanosecond, Cancel);
        Assert.Contains("device lamp is another server's", written.Paused, StringComparison.Ordinal);
        Assert.Equal(1, (await two.B.Engine.Api.Intake.SubmitAsync(new WritePrincipal("k", true, []), System.Text.Encoding.UTF8.GetBytes("streetlight,device=lamp power_w=5"), Precision.Nanosecond, Cancel)).Accepted);
    }

    [Fact]
    public async Task A_line_over_http_of_a_device_that_nobody_knew_is_taken_by_the_leader_alone()
    {
        await using var two = await TwoServers.StartAsync(await postgres.StartedAsync());
        var fire = System.Text.Encoding.UTF8.GetBytes("fire_detector,device=unheard loop_state=1i");
        var who = new WritePrincipal("k", true, []);
        var atB = await two.B.Engine.Api.Intake.SubmitAsync(who, fire, Precision.Nanosecond, Cancel);
        Assert.Contains("device unheard is another server's", atB.Paused, StringComparison.Ordinal);
        Assert.Equal(1, (await two.A.Engine.Api.Intake.SubmitAsync(who, fire, Precision.Nanosecond, Cancel)).Accepted);
        Assert.Equal(1, await two.A.Engine.Book.Store.ReadAsync(sql => sql.Number("SELECT count(*) FROM alerts WHERE device = 'unheard'"), Cancel));
    }

    [Fact]
    public async Task A_line_over_http_that_was_on_its_way_when_its_device_went_is_not_said_to_be_taken()
    {
        await using var two = await TwoServers.StartAsync(await postgres.StartedAsync());
        await RegisterAsync(two);
        var (a, b) = (two.A.Engine, two.B.Engine);
        await a.Node.TakeAsync("gw.alarm", Cancel);
        foreach (var back in new[] { false, true })
        {
            var on = new MovedOnTheWay(async () =>
            {
                await b.Node.TakeAsync("gw.alarm", Cancel);
                await (back ? a.Node.TakeAsync("gw.alarm", Cancel) : a.Book.Store.WriteAsync(_ => 0, Cancel));
            });
            var taken = await new HeldLines(on, a.Node, a.Book.Registry, KindCatalog.BuiltIn).SubmitAsync(
                new WritePrincipal("k", true, []), System.Text.Encoding.UTF8.GetBytes("fire_detector,device=d loop_state=1i"), Precision.Nanosecond, Cancel);
            Assert.NotNull(taken.Paused);
            await a.Node.TakeAsync("gw.alarm", Cancel);
        }

        // What a server leaves to another, and what it did twice because of it, can be watched.
        Assert.Equal(6, a.Api.Metrics().Count(s => s.Name is "smartcity_lines_foreign_total" or "smartcity_alert_changes_late_total" or "smartcity_book_commits_moved_total"));
    }

    private sealed class MovedOnTheWay(Func<Task> moves) : ILineIntake
    {
        public async ValueTask<WriteOutcome> SubmitAsync(WritePrincipal who, ReadOnlyMemory<byte> lines, Precision precision, CancellationToken cancel)
        {
            await moves();
            return new WriteOutcome(1, 0, []);
        }
    }

    private static Task RegisterAsync(TwoServers two) => two.A.Engine.Book.Registry.PutAsync(
        new RegistryEdits
        {
            Gateways = [new() { Id = "gw" }],
            Zones = [new() { Id = "z" }],
            Devices = [Detector("d"), new() { Id = "lamp", Kind = "streetlight", Gateway = "gw" }],
        },
        "lan",
        Cancel);

    private static DeviceEdit Detector(string id) => new() { Id = id, Kind = "fire_detector", Gateway = "gw", Zone = "z" };

    private static long Version(GatewayClient client) => JsonElement.Parse(client.Heard.Last(h => h.Topic == "desired").Payload).GetProperty("version").GetInt64();
}
