using SmartCity.Simulators.Plan;
using SmartCity.Telemetry;

namespace SmartCity.Simulators.Tests;

public sealed class PlanTests
{
    private static string Json(CityOptions options)
    {
        using var stream = new MemoryStream();
        RegistryFile.Of(CityGenerator.Generate(options)).Write(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    [Fact]
    public void The_same_seed_gives_the_same_city_to_the_byte()
    {
        Assert.Equal(Json(new CityOptions { Seed = 7 }), Json(new CityOptions { Seed = 7 }));
        Assert.NotEqual(Json(new CityOptions { Seed = 7 }), Json(new CityOptions { Seed = 8 }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(40)]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public void A_city_has_the_devices_it_was_asked_for_each_with_a_valid_name_and_a_gateway(int devices)
    {
        var city = CityGenerator.Generate(new CityOptions { Devices = devices });

        Assert.Equal(devices, city.Devices.Count);
        Sound(city);
        var load = city.Devices.GroupBy(d => d.Gateway, StringComparer.Ordinal).Select(g => g.Count()).ToList();
        Assert.True(load.Max() <= 60, $"a gateway serves {load.Max()} devices");
    }

    [Fact]
    public void A_thousand_devices_are_a_whole_city()
    {
        var city = CityGenerator.Generate(new CityOptions());

        Assert.Equal(25, city.Gateways.Count);
        EachGatewayHasTheCabinetOfItsLamps(city);
        Assert.Equal(12, city.Devices.Select(d => d.Kind).Distinct(StringComparer.Ordinal).Count());
        Assert.Contains(city.Streets, s => s.Name == "Đại lộ Lê Lợi" && s.Id == "hac-thanh-dai-lo-le-loi");
        Assert.Contains(city.Devices, d => d.Id == "lamp-hac-thanh-le-loi-012");
        var giang = Assert.Single(city.Devices, d => d.Id == Gauges.Giang);
        Assert.Equal([4.00, 5.50, 6.50], new[] { giang.Thresholds["I"], giang.Thresholds["II"], giang.Thresholds["III"] });
        Assert.All(city.Zones, z => Assert.True(
            city.Devices.Count(d => d.Zone == z.Id && d.Kind == KindNames.FireDetector) >= 2, $"{z.Id}: a fire needs a second detector"));
    }

    private static void EachGatewayHasTheCabinetOfItsLamps(CityPlan city) =>
        Assert.All(city.Gateways, g => Assert.Equal(g.At, Assert.Single(city.Devices, d => d.Gateway == g.Id && d.Kind == KindNames.PowerCabinet).At));

    [Fact]
    public void Ha_Long_has_its_4300_lamps_on_145_streets_and_100_gateways()
    {
        var city = CityGenerator.Generate(new CityOptions { City = "ha-long" });

        Assert.Equal(4_300, city.Devices.Count(d => d.Kind == KindNames.Streetlight));
        Assert.Equal(100, city.Devices.Count(d => d.Kind == KindNames.PowerCabinet));
        Assert.Equal(4_400, city.Devices.Count);
        EachGatewayHasTheCabinetOfItsLamps(city);
        Assert.Equal(145, city.Streets.Count);
        Assert.Equal(145, city.Devices.Select(d => d.Street).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(100, city.Gateways.Count);
        Sound(city);
    }

    [Fact]
    public void Wards_share_the_city_between_them_and_each_place_lies_in_its_ground()
    {
        var city = CityGenerator.Generate(new CityOptions());

        var wards = city.Areas.Where(a => a.Kind == "ward").ToList();
        Assert.Equal(7, wards.Count);
        Assert.Equal("Sông Mã", Assert.Single(city.Areas, a => a.Kind == "river").Name);
        Assert.All(city.Areas, a => Assert.True(Identifier.IsValid(a.Id), a.Id));
        Assert.All(city.Areas.Concat(city.Zones), a => Assert.Equal(a.Boundary[0], a.Boundary[^1]));
        Assert.All(wards, ward => Assert.Equal([ward], wards.Where(w => Inside(w.Boundary, ward.At))));
        Assert.All(
            city.Devices.Where(d => d.Zone is not null),
            d => Assert.True(Inside(city.Zones.First(z => z.Id == d.Zone).Boundary, d.At), $"{d.Id} is outside of its zone"));
        Assert.All(city.Areas.Select(a => a.Id), id => Assert.DoesNotContain(city.Zones, z => z.Id == id));
    }

    private static bool Inside(IReadOnlyList<GeoPoint> ring, GeoPoint p)
    {
        var inside = false;
        for (var i = 1; i < ring.Count; i++)
        {
            var (a, b) = (ring[i - 1], ring[i]);
            if (a.Lat > p.Lat != b.Lat > p.Lat && p.Lon < ((b.Lon - a.Lon) * (p.Lat - a.Lat) / (b.Lat - a.Lat)) + a.Lon)
            {
                inside = !inside;
            }
        }

        return inside;
    }

    [Fact]
    public void Detectors_of_a_zone_hang_on_one_gateway()
    {
        var city = CityGenerator.Generate(new CityOptions { Devices = 5_000 });
        Assert.All(
            city.Devices.Where(d => d.Zone is not null).GroupBy(d => d.Zone, StringComparer.Ordinal),
            zone => Assert.Single(zone.Select(d => d.Gateway).Distinct(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("thanh-hoa", 0)]
    [InlineData("thanh-hoa", 200_001)]
    [InlineData("ha-noi", 10)]
    public void A_city_that_cannot_be_is_refused_with_words(string name, int devices)
    {
        var e = Assert.Throws<ArgumentException>(() => CityGenerator.Generate(new CityOptions { City = name, Devices = devices }));
        Assert.NotEmpty(e.Message);
    }

    private static void Sound(CityPlan city)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var gateways = city.Gateways.Select(g => g.Id).ToHashSet(StringComparer.Ordinal);
        var zones = city.Zones.Select(z => z.Id).ToHashSet(StringComparer.Ordinal);
        var streets = city.Streets.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(city.Gateways.Count, gateways.Count);
        Assert.Equal(city.Zones.Count, zones.Count);
        Assert.Equal(city.Streets.Count, streets.Count);
        foreach (var id in gateways.Concat(zones).Concat(streets))
        {
            Assert.True(Identifier.IsValid(id), id);
        }

        foreach (var device in city.Devices)
        {
            Assert.True(Identifier.IsValid(device.Id), device.Id);
            Assert.True(ids.Add(device.Id), device.Id);
            Assert.Contains(device.Gateway, gateways);
            Assert.True(device.Zone is null || zones.Contains(device.Zone));
            Assert.True(device.Street is null || streets.Contains(device.Street));
            Assert.InRange(device.At.Lat, 19, 22);
            Assert.InRange(device.At.Lon, 105, 108);
        }
    }
}
