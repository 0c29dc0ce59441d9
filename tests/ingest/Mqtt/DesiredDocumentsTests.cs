using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Mqtt;

public sealed class DesiredDocumentsTests
{
    [Fact]
    public async Task A_gateway_is_told_of_its_own_devices_and_zones_and_only_when_something_changed()
    {
        await using var rig = await BookRig.OpenAsync();
        var registry = rig.Book.Registry;
        await PutAsync(registry, new RegistryEdits
        {
            Gateways = [new() { Id = "gw-1" }, new() { Id = "gw-2" }],
            Zones = [new() { Id = "z-1", Settings = Numbers((ZoneSettings.AcknowledgeWithin, 120)) }, new() { Id = "z-2", Settings = Numbers((ZoneSettings.Coincidence, 30)) }],
            Devices =
            [
                new() { Id = "lamp-1", Kind = "streetlight", Gateway = "gw-1", Lat = 19.8, Lon = 105.7 },
                new() { Id = "water-1", Kind = "water_level", Gateway = "gw-1", Thresholds = Numbers(("II", 4.5)) },
                new() { Id = "fire-1", Kind = "fire_detector", Gateway = "gw-1", Zone = "z-1" },
                new() { Id = "lamp-2", Kind = "streetlight", Gateway = "gw-2" },
            ],
        });
        var desired = Of(rig.Book);
        var first = desired.Make("gw-1");
        var document = DesiredDocument.Read(first.Payload);
        Assert.Equal(("Asia/Ho_Chi_Minh", 105.7, 4.5), (document.TimeZone, Assert.Single(document.Lamps).Value.Longitude, document.Thresholds["water-1"]["II"]));
        Assert.Equal(new DesiredZone { AcknowledgeWithin = TimeSpan.FromSeconds(120) }, Assert.Single(document.Zones).Value);
        Assert.Equal((first.Version, null), (desired.Look("gw-1").Version, desired.Look("gw-1").Fault));
        Assert.Equal(document.Version, first.Version);

        // Another gateway's business is not its own: it has nothing to hear, and is not behind.
        await PutAsync(registry, new RegistryEdits { Devices = [new() { Id = "lamp-3", Kind = "streetlight", Gateway = "gw-2" }] });
        Assert.Null(desired.MakeIfChanged("gw-1"));
        Assert.Equal(first.Version, desired.Look("gw-1").Version);

        await PutAsync(registry, new RegistryEdits { Zones = [new() { Id = "z-1", Settings = Numbers((ZoneSettings.AcknowledgeWithin, 60)) }] });
        Assert.True(desired.Look("gw-1").Version > first.Version);
        var second = desired.MakeIfChanged("gw-1")!;
        Assert.True(second.Version > first.Version);
        Assert.Equal(desired.Look("gw-1").Version, second.Version);

        // Another server with the same book says the same.
        Assert.Equal(second.Payload, Of(rig.Book).Make("gw-1").Payload);
    }

    [Fact]
    public async Task A_document_that_no_packet_can_hold_is_not_sent_and_says_so()
    {
        await using var rig = await BookRig.OpenAsync();
        await PutAsync(rig.Book.Registry, new RegistryEdits
        {
            Gateways = [new() { Id = "gw-1" }],
            Devices = [.. Enumerable.Range(0, 6_000).Select(n => new DeviceEdit { Id = $"lamp-{n:0000}", Kind = "streetlight", Gateway = "gw-1", Lat = 19.80712, Lon = 105.77634 })],
        });
        var desired = Of(rig.Book);
        Assert.StartsWith("the document has ", desired.Make("gw-1").Fault, StringComparison.Ordinal);
        Assert.NotNull(desired.Look("gw-1").Fault);
    }

    [Fact]
    public async Task Levels_that_no_sensor_of_their_kind_can_measure_are_left_out()
    {
        await using var rig = await BookRig.OpenAsync();
        await PutAsync(rig.Book.Registry, new RegistryEdits { Gateways = [new() { Id = "gw-1" }] });

        // As a book of before this was refused may hold it.
        await rig.Book.Store.WriteAsync(t => t.Sql.Execute("INSERT INTO devices(id, kind, gateway, thresholds, registered, state, revision, changed_at) VALUES ('fire-1', 'fire_detector', 'gw-1', '{\"heat.raise\":9000,\"smoke.raise\":3}', 1, 'active', 1, 1)"), CancellationToken.None);
        await rig.Book.Registry.LoadAsync(null, CancellationToken.None);
        Assert.Empty(DesiredDocument.Read(Of(rig.Book).Make("gw-1").Payload).Thresholds);
    }

    private static DesiredDocuments Of(CityBook book, RunningTests? tests = null) =>
        new(book.Registry, book.ZoneActs, () => tests ?? RunningTests.None, book.Lighting, KindCatalog.BuiltIn, "Asia/Ho_Chi_Minh");

    private static Dictionary<string, double> Numbers(params (string Name, double Value)[] numbers) => numbers.ToDictionary(n => n.Name, n => n.Value, StringComparer.Ordinal);

    private static Task PutAsync(Registry registry, RegistryEdits edits) => registry.PutAsync(edits, "test", CancellationToken.None);
}
