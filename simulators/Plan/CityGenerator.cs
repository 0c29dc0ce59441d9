using SmartCity.Simulators.Signals;

namespace SmartCity.Simulators.Plan;

/// <summary>What city to make.</summary>
internal sealed record CityOptions
{
    /// <summary><c>thanh-hoa</c>, or <c>ha-long</c> for its 4,300 lamps on 145 streets (reference: lighting).</summary>
    public string City { get; init; } = "thanh-hoa";

    /// <summary>The same seed gives the same city, on every machine.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Devices in all, 1 … 200,000; not used for <c>ha-long</c>, whose size is known.</summary>
    public int Devices { get; init; } = 1_000;

    /// <summary>Devices a gateway serves, about: what hangs on one Raspberry Pi with two RS-485 lines.</summary>
    public int DevicesPerGateway { get; init; } = 40;
}

/// <summary>Makes a city from a seed.</summary>
internal sealed class CityGenerator
{
    /// <summary>Reference lighting: Hạ Long runs 4,300 LED lamps on 145 streets.</summary>
    private const int HaLongLamps = 4_300;
    private const int HaLongStreets = 145;
    private const int HaLongGateways = 100;

    /// <summary>A stretch of street that one row of the pilot's lamps lights.</summary>
    private const int LampsPerStreet = 14;

    /// <summary>Rated power that the kind assumes (city/kinds/streetlight.yaml).</summary>
    private const double UsualWatts = 100;

    private readonly int _seed;
    private readonly Gazetteer _map;
    private readonly Random _random;
    private readonly List<PlanDevice> _devices = [];
    private readonly List<PlanZone> _zones = [];
    private readonly List<PlanStreet> _streets;
    private readonly GatewayBoard _board;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    private CityGenerator(Gazetteer map, int seed, int streets, int capacity)
    {
        _seed = seed;
        _map = map;
        _random = new Random(seed);
        _streets = StreetMap.Build(map, streets, _random);
        _board = new GatewayBoard(capacity);
    }

    /// <summary>The city of these options.</summary>
    /// <exception cref="ArgumentException">No such city, or a size out of range.</exception>
    public static CityPlan Generate(CityOptions options)
    {
        if (options.City is not ("thanh-hoa" or "ha-long"))
        {
            throw new ArgumentException($"no city '{options.City}': thanh-hoa or ha-long", nameof(options));
        }

        if (options.Devices is < 1 or > 200_000 || options.DevicesPerGateway is < 1 or > 1_000)
        {
            throw new ArgumentException("a city has 1 to 200,000 devices, a gateway 1 to 1,000 of them", nameof(options));
        }

        var map = Gazetteer.Load(options.City);
        if (options.City == "ha-long")
        {
            var lamps = new CityGenerator(map, options.Seed, HaLongStreets, HaLongLamps / HaLongGateways);
            lamps.Lamps(HaLongLamps, HaLongGateways);
            lamps.Cabinets(HaLongGateways);
            return lamps.Plan(options);
        }

        var gateways = (options.Devices + options.DevicesPerGateway - 1) / options.DevicesPerGateway;
        var mix = DeviceMix.Of(options.Devices, gateways);
        var city = new CityGenerator(
            map, options.Seed, Math.Max(1, mix[KindNames.Streetlight] / LampsPerStreet), options.DevicesPerGateway + 2);
        city.Lamps(mix[KindNames.Streetlight], gateways);
        city.Cabinets(mix[KindNames.PowerCabinet]);
        city.Fire(mix[KindNames.FireDetector], mix[KindNames.CallPoint]);
        city.Water(mix[KindNames.WaterLevel]);
        foreach (var (kind, prefix, name) in Furniture.Kinds)
        {
            city.Along(kind, prefix, name, mix[kind]);
        }

        return city.Plan(options);
    }

    private CityPlan Plan(CityOptions options) => new(options.City, options.Seed, _streets, _zones, _board.Gateways, _devices) { Areas = Borders.Areas(_map) };

    /// <summary>Lamps stand in rows; a gateway serves a run of them, and stands at the first.</summary>
    private void Lamps(int count, int gateways)
    {
        var row = 0;
        PlanGateway? gateway = null;
        var gatewayIndex = -1;
        for (var s = 0; s < _streets.Count; s++)
        {
            var street = _streets[s];
            var end = (int)((long)count * (s + 1) / _streets.Count);
            var inStreet = end - row;
            for (var n = 1; n <= inStreet; n++, row++)
            {
                var at = StreetMap.Along(street.Line, inStreet == 1 ? 0.5 : (n - 1.0) / (inStreet - 1));
                var wanted = (int)((long)row * gateways / count);
                if (gateway is null || wanted != gatewayIndex)
                {
                    gatewayIndex = wanted;
                    gateway = NewGateway(street, at);
                }

                _board.Take(gateway, 1);
                _devices.Add(Lamp(street, n, gateway, at));
            }
        }

        // A city of a handful of devices may have no lamp at all.
        if (_board.Gateways.Count == 0)
        {
            NewGateway(_streets[0], _streets[0].Line[0]);
        }
    }

    /// <summary>The power cabinets of the lamps: what feeds a gateway's lamps stands beside it and is measured by it.</summary>
    private void Cabinets(int count)
    {
        foreach (var gateway in _board.Gateways.Take(count))
        {
            _board.Take(gateway, 1);
            _devices.Add(new PlanDevice(
                $"cabinet-{gateway.Id["gw-".Length..]}", $"Tủ điện {gateway.Name["Tủ ".Length..]}", KindNames.PowerCabinet, gateway.Id, null, gateway.Street, gateway.At));
        }
    }

    /// <summary>A lamp whose rated power is not the kind's usual one says so, or it would be judged by the wrong figure.</summary>
    private PlanDevice Lamp(PlanStreet street, int number, PlanGateway gateway, GeoPoint at)
    {
        var id = $"lamp-{street.Id}-{number:000}";
        var lamp = new PlanDevice(id, $"Đèn {street.Name} {number}", KindNames.Streetlight, gateway.Id, null, street.Id, at);
        var watts = LampSignals.RatedWatts(Noise.Seed(_seed, id));
        return watts == UsualWatts
            ? lamp
            : lamp with { Thresholds = new Dictionary<string, double>(StringComparer.Ordinal) { ["rated_w"] = watts } };
    }

    /// <summary>Detectors of a zone confirm each other on the spot, so they hang on one gateway (reference: fire).</summary>
    private void Fire(int detectors, int callPoints)
    {
        var zones = Math.Max(1, (detectors + callPoints) / 12);
        for (var z = 0; z < zones; z++)
        {
            var zone = NewZone(z);
            var zoneDetectors = Share(detectors, z, zones);
            var zoneCallPoints = Share(callPoints, z, zones);
            var gateway = _board.Serve(zone.At, zoneDetectors + zoneCallPoints);
            for (var n = 1; n <= zoneDetectors + zoneCallPoints; n++)
            {
                var button = n > zoneDetectors;
                var number = button ? n - zoneDetectors : n;
                _devices.Add(new PlanDevice(
                    $"{(button ? "call" : "fire")}-{zone.Id}-{number:00}",
                    $"{(button ? "Nút báo cháy" : "Đầu báo cháy")} {zone.Name} {number}",
                    button ? KindNames.CallPoint : KindNames.FireDetector,
                    gateway.Id,
                    zone.Id,
                    null,
                    StreetMap.Near(zone.At, 35, _random)));
            }
        }
    }

    private void Water(int count)
    {
        for (var n = 0; n < count; n++)
        {
            var (id, name, at, thresholds) = Gauges.At(n, _map.Wards, _random);
            _devices.Add(new PlanDevice($"water-{id}", name, KindNames.WaterLevel, _board.Serve(at, 1).Id, null, null, at)
            {
                Thresholds = thresholds,
            });
        }
    }

    private void Along(string kind, string prefix, string name, int count)
    {
        for (var n = 0; n < count; n++)
        {
            var street = _streets[_random.Next(_streets.Count)];
            var at = StreetMap.Near(StreetMap.Along(street.Line, _random.NextDouble()), 25, _random);
            var number = Next($"{prefix}-{street.Id}");
            _devices.Add(new PlanDevice(
                $"{prefix}-{street.Id}-{number:00}", $"{name} {street.Name} {number}", kind, _board.Serve(at, 1).Id, null, street.Id, at));
        }
    }

    private PlanGateway NewGateway(PlanStreet street, GeoPoint at)
    {
        var number = Next($"gw-{street.Id}");
        var gateway = new PlanGateway($"gw-{street.Id}-{number:00}", $"Tủ {street.Name} {number}", street.Id, at);
        _board.Add(gateway);
        return gateway;
    }

    private PlanZone NewZone(int index)
    {
        PlanZone zone;
        if (index < _map.Places.Count)
        {
            var place = _map.Places[index];
            zone = new PlanZone(Slug.Of(place.Name), place.Name, place.Kind, place.Ward, place.At);
        }
        else
        {
            var street = _streets[_random.Next(_streets.Count)];
            var number = Next("block-" + street.Id);
            zone = new PlanZone(
                $"khu-{street.Id}-{number}", $"Khu dân cư {street.Name} {number}", "block", street.Ward,
                StreetMap.Near(StreetMap.Along(street.Line, _random.NextDouble()), 60, _random));
        }

        zone = zone with { Boundary = Borders.Ground(zone.At) };
        _zones.Add(zone);
        return zone;
    }

    private int Next(string series) => _numbers[series] = _numbers.GetValueOrDefault(series) + 1;

    private static int Share(int total, int index, int parts) =>
        (int)(((long)total * (index + 1) / parts) - ((long)total * index / parts));
}
