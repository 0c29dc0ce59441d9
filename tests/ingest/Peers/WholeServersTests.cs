using SmartCity.Ingest.Book;
using SmartCity.Ingest.Peers;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Ingest.Tests.Cluster;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Tests.Peers;

/// <summary>Two whole servers over one PostgreSQL: what the one hears, the other one shows.</summary>
public sealed class WholeServersTests(PostgresBookTests.Server postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_comes_to_one_server_is_seen_at_the_other_and_follows_its_gateway()
    {
        await using var two = await TwoServers.StartAsync(await postgres.StartedAsync());
        await two.A.Engine.Book.Registry.PutAsync(
            new RegistryEdits { Gateways = [new() { Id = "gw" }], Devices = [new() { Id = "d", Kind = "streetlight", Gateway = "gw" }, new() { Id = "e", Kind = "streetlight", Gateway = "gw" }] }, "lan", Cancel);
        using var certificate = two.CertificateOf("gw");
        await using var atA = two.Client(two.A, certificate, "gw");
        await atA.ConnectAsync();
        await atA.SubscribeAsync("city/v1/gw/desired");
        await SayAsync(atA, 41);
        var (a, b) = (two.A.Engine.Api, two.B.Engine.Api);
        await Eventually.TrueAsync(() => Watts(b) == 41);
        Assert.Equal(["ok", "never"], (await b.Views.Map.CurrentAsync(Cancel)).Rows.Select(r => MapStates.Words[(int)r.State]));
        await Eventually.TrueAsync(() => b.Connected("gw") == true && b.Desired("gw")?.Version == a.Desired("gw")!.Version);
        Assert.Equal(("a", null), (b.Holder("gw"), b.Unanswered(b.Book.Registry.Current.Devices.Find("d")!.Row)));

        // How many sessions each has comes with the next look at the other, once a second.
        (string, ServerState, int)[] expected = [("a", ServerState.Here, 1), ("b", ServerState.Here, 0)];
        await Eventually.TrueAsync(() => expected.SequenceEqual(b.Views.Servers.GetAsync(Cancel).AsTask().GetAwaiter().GetResult().Items.Select(s => (s.Name, s.State, s.Telemetry ?? -1))));

        await using var atB = two.Client(two.B, certificate, "gw");
        await atB.ConnectAsync();
        await atB.SubscribeAsync("city/v1/gw/desired");
        await SayAsync(atB, 42);
        await Eventually.TrueAsync(() => Watts(a) == 42 && Watts(b) == 42);
        await Eventually.TrueAsync(() => a.Connected("gw") == true && a.Holder("gw") == "b");
    }

    private static Task SayAsync(GatewayClient client, int watts) =>
        client.PublishAsync("city/v1/gw/telemetry", FormattableString.Invariant($"streetlight,device=d power_w={watts} {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}000000"));

    // As a page does it: it lets come in what the other has, and then looks.
    private static double? Watts(Ingest.Api.ApiServices services)
    {
        services.Fresh(Cancel).AsTask().GetAwaiter().GetResult();
        return services.Newest("d", "power_w")?.Value;
    }
}
