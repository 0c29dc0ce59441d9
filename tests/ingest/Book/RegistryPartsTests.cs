using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>A registry too large for one transaction is written in parts: nothing twice, nothing left out, nothing before what it names.</summary>
public sealed class RegistryPartsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(100)]
    public void Parts_hold_every_row_and_every_act_once_and_in_order(int rows)
    {
        var batch = new RegistryBatch();
        batch.Zones.Add(new ZoneRow("z", null, null, null, null, null, null, Service.Active, 1, DateTimeOffset.UnixEpoch));
        batch.Streets.Add(new StreetRow("s", null, null, null, Service.Active, 1, DateTimeOffset.UnixEpoch));
        batch.Gateways.Add(new GatewayRow("g", null, null, null, null, null, Service.Active, 1, DateTimeOffset.UnixEpoch));
        for (var i = 0; i < 5; i++)
        {
            batch.Devices.Add(new DeviceRow($"d{i}", "streetlight", "g", "z", "s", null, null, null, null, Registered: true, null, Service.Active, 1, DateTimeOffset.UnixEpoch));
        }

        static string[] RowsOf(RegistryBatch b) =>
        [
            .. b.Zones.Select(z => "zone/" + z.Id), .. b.Streets.Select(s => "street/" + s.Id), .. b.Gateways.Select(g => "gateway/" + g.Id), .. b.Devices.Select(d => "device/" + d.Id),
        ];
        batch.Audit.AddRange(RowsOf(batch).Select(r => ("put", r, (string?)null)));
        batch.Audit.Add(("note", "elsewhere", "x"));

        var parts = batch.Parts(rows).ToList();
        Assert.Equal(Math.Max(1, (8 + rows - 1) / rows), parts.Count);
        Assert.Equal(RowsOf(batch), parts.SelectMany(RowsOf));
        Assert.All(parts, part => Assert.InRange(RowsOf(part).Length, 1, rows));
        Assert.All(parts, part => Assert.Superset(RowsOf(part).ToHashSet(), part.Audit.Select(a => a.Target).ToHashSet()));
        Assert.Equal(batch.Audit, parts.SelectMany(p => p.Audit));
    }
}
