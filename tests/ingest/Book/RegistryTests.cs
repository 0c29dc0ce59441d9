using System.Text;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

public sealed class RegistryTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly string Kind = KindCatalog.BuiltIn.All[0].Name;

    [Fact]
    public async Task A_lookup_allocates_nothing_and_finds_only_what_is_in_service()
    {
        await using var rig = await BookRig.OpenAsync();
        var registry = rig.Book.Registry;
        await registry.PutAsync(
            new RegistryEdits
            {
                Zones = [new() { Id = "z-1", Settings = new Dictionary<string, double> { [ZoneSettings.AcknowledgeWithin] = 90 } }],
                Devices = [.. Enumerable.Range(0, 1000).Select(i => new DeviceEdit { Id = $"lamp-{i}", Kind = Kind, Zone = "z-1" })],
            },
            "test",
            Cancel);
        byte[] known = [.. "lamp-777"u8], unknown = [.. "lamp-1000"u8];
        Assert.Equal("lamp-777", registry.Find(known)?.Id);
        var zone = registry.FindZone("z-1");
        Assert.Equal(TimeSpan.FromSeconds(90), zone?.AcknowledgeWithin);
        Assert.Same(zone, registry.FindZone("z-1"));
        var found = 0;
        Look();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Look();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(4000, found);

        Assert.True(await registry.DecommissionDeviceAsync("lamp-777", "test", Cancel));
        Assert.False(await registry.DecommissionDeviceAsync("lamp-777", "test", Cancel));
        Assert.Null(registry.Find(known));
        Assert.Equal(Service.Decommissioned, registry.Current.Devices.Find("lamp-777")?.Row.State);

        void Look()
        {
            for (var i = 0; i < 1000; i++)
            {
                found += registry.Find(known) is null ? 0 : 1;
                found += registry.Find(unknown) is null ? 0 : 1;
                found += registry.FindZone("z-1") is null ? 0 : 1;
            }
        }
    }

    [Fact]
    public async Task What_is_put_is_there_after_a_restart_and_unchanged_things_keep_their_objects()
    {
        await using var rig = await BookRig.OpenAsync();
        var registry = rig.Book.Registry;
        var edits = new RegistryEdits
        {
            Gateways = [new() { Id = "gw-1", Name = "Cầu Hàm Rồng", Lat = 19.84, Lon = 105.79 }],
            Devices = [new() { Id = "d-1", Kind = "water_level", Gateway = "gw-1", Thresholds = new Dictionary<string, double> { ["I"] = 4.5 } }, new() { Id = "d-2", Kind = Kind }],
        };
        await registry.PutAsync(edits, "test", Cancel);
        var one = registry.Find("d-1"u8);
        await registry.PutAsync(new RegistryEdits { Devices = [new() { Id = "d-2", Kind = Kind, Name = "x" }] }, "test", Cancel);
        await registry.LoadAsync(null, Cancel);
        Assert.Same(one, registry.Find("d-1"u8));

        await using var again = await rig.AgainAsync();
        Assert.Equal(4.5, again.Registry.Find("d-1"u8)?.Thresholds?["I"]);
        Assert.Equal("Cầu Hàm Rồng", again.Registry.Current.Gateways["gw-1"].Name);
        Assert.Equal(2, again.Registry.Current.Devices.Find("d-2")?.Row.Revision);
        var record = await again.Store.ReadAsync(sql => sql.AuditOf("device/d-2", 10), Cancel);
        Assert.Equal([("put", "test"), ("put", "test")], record.Select(r => (r.Act, r.Who)));
    }

    [Fact]
    public async Task The_same_import_twice_writes_once()
    {
        await using var rig = await BookRig.OpenAsync();
        var edits = new RegistryEdits { Zones = [new() { Id = "z" }], Devices = [new() { Id = "d", Kind = "water_level", Zone = "z", Thresholds = new Dictionary<string, double> { ["I"] = 1 } }] };
        await rig.Book.Registry.PutAsync(edits, "test", Cancel);
        var info = rig.Book.Registry.Find("d"u8);
        await rig.Book.Registry.PutAsync(edits, "test", Cancel);
        Assert.Same(info, rig.Book.Registry.Find("d"u8));
        Assert.Equal(1, rig.Book.Registry.Current.Devices.Find("d")?.Row.Revision);
    }

    [Fact]
    public async Task A_replacement_takes_the_place_and_the_old_one_says_by_whom()
    {
        await using var rig = await BookRig.OpenAsync();
        var registry = rig.Book.Registry;
        await registry.PutAsync(new RegistryEdits { Devices = [new() { Id = "old", Kind = Kind, Name = "corner", Lat = 1, Lon = 2 }] }, "test", Cancel);
        Assert.True(await registry.ReplaceDeviceAsync("old", "new", "test", Cancel));
        Assert.Null(registry.Find("old"u8));
        Assert.Equal(1, registry.Find("new"u8)?.Latitude);
        Assert.Equal(("new", Service.Replaced), (registry.Current.Devices.Find("old")!.Row.ReplacedBy, registry.Current.Devices.Find("old")!.Row.State));
        await Assert.ThrowsAsync<RegistryException>(() => registry.ReplaceDeviceAsync("new", "new", "test", Cancel));
    }

    [Fact]
    public async Task Unknown_devices_come_in_up_to_the_cap()
    {
        await using var rig = await BookRig.OpenAsync();
        var registry = new Registry(rig.Book.Store, k => k == Kind, rig.Time, new RegistryLimits { MaximumUnknown = 3 });
        Assert.True(await registry.RegisterUnknownAsync([new("a", Kind, "gw"), new("b", Kind, "gw"), new("a", Kind, "gw")], Cancel));
        Assert.False(await registry.RegisterUnknownAsync([new("c", Kind, "gw"), new("d", Kind, "gw")], Cancel));
        Assert.False(await registry.RegisterUnknownAsync([new("no-such-kind", "ufo", null)], Cancel));
        Assert.Equal((3, 2L), (registry.Current.Devices.Count, registry.RefusedByCap));
        Assert.False(registry.Find("a"u8)?.Registered);
    }

    [Fact]
    public async Task Every_fault_of_an_import_is_told_and_nothing_is_changed()
    {
        await using var rig = await BookRig.OpenAsync();
        var csv = $"""
            type,id,kind,gateway,lat,lon,thresholds
            gateway,gw-1,,,,,
            device,good-1,water_level,gw-1,19.8,105.7,I=4;II=5
            device,Bad Id,{Kind},gw-1,,,
            device,d-3,ufo,gw-1,,,
            device,d-4,{Kind},gw-77,99,105,
            device,good-1,{Kind},gw-1,,,
            """;
        var refused = await Assert.ThrowsAsync<RegistryException>(() => ImportAsync(rig, csv, csv: true));
        Assert.Equal(
            [(4, "id"), (5, "kind"), (6, "lat"), (6, "gateway"), (7, "id")],
            refused.Errors.Select(e => (e.Row, e.Field)));
        Assert.Equal(0, rig.Book.Registry.Current.Devices.Count);
        Assert.Empty(rig.Book.Registry.Current.Gateways);

        var cells = await Assert.ThrowsAsync<RegistryException>(() => ImportAsync(rig, $"id,kind,lat\nx,{Kind},north\n\"y", csv: true));
        Assert.Contains(cells.Errors, e => e.Message.Contains("never closed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_export_can_be_imported_again_as_csv_and_as_json()
    {
        await using var rig = await BookRig.OpenAsync();
        var edits = new RegistryEdits
        {
            Zones = [new() { Id = "z", Name = "Chợ, \"Vườn Hoa\"", Kind = "fire", Ward = "Hạc Thành", Settings = new Dictionary<string, double> { [ZoneSettings.Coincidence] = 30 } }],
            Streets = [new() { Id = "s", Name = "Lê Lợi", Ward = "w" }],
            Gateways = [new() { Id = "g", Street = "s", Lat = -1.5, Lon = 100.25 }],
            Devices = [new() { Id = "d", Kind = "water_level", Gateway = "g", Zone = "z", Street = "s", Name = "line\nbreak"[..4], Lat = 19.806692, Lon = 105.785182, Thresholds = new Dictionary<string, double> { ["I"] = 4.5, ["II"] = 5 } }],
        };
        await rig.Book.Registry.PutAsync(edits, "test", Cancel);
        var export = RegistryImport.Export(rig.Book.Registry.Current);
        var csv = new StringWriter();
        RegistryCsv.Write(csv, export);
        var json = System.Text.Json.JsonSerializer.Serialize(export, BookJson.Options);

        foreach (var (text, isCsv) in new[] { (csv.ToString(), true), (json, false) })
        {
            await using var other = await BookRig.OpenAsync();
            await ImportAsync(other, text, isCsv);
            Assert.Equal(json, System.Text.Json.JsonSerializer.Serialize(RegistryImport.Export(other.Book.Registry.Current), BookJson.Options));
        }
    }

    private static async Task ImportAsync(BookRig rig, string text, bool csv)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await RegistryImport.RunAsync(rig.Book.Registry, content, csv ? RegistryFormat.Csv : RegistryFormat.Json, dryRun: false, "test", null, Cancel);
    }
}
