namespace SmartCity.Simulators.Plan;

/// <summary>Streets for a city of any size: the known ones first, then named ones whose lines come from the seed.</summary>
internal static class StreetMap
{
    /// <summary>Metres in a degree of latitude.</summary>
    private const double MetresPerDegree = 111_320;

    /// <summary>Gives <paramref name="count"/> streets with unique identifiers.</summary>
    public static List<PlanStreet> Build(Gazetteer map, int count, Random random)
    {
        var streets = new List<PlanStreet>(count);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var street in map.Streets.Take(count))
        {
            Add(street.Ward, street.Name, street.Line);
        }

        // Ward by ward, so that a small surplus spreads over the whole city; the names are walked with an offset a ward
        // so that neighbouring wards do not repeat each other.
        for (var round = 0; streets.Count < count; round++)
        {
            var ward = map.Wards[round % map.Wards.Count];
            var name = Gazetteer.StreetNames[round % Gazetteer.StreetNames.Count];
            var lap = round / (Gazetteer.StreetNames.Count * map.Wards.Count);
            Add(ward.Name, lap == 0 ? name : $"{name} {lap + 1}", Line(ward.Centre, random));
        }

        return streets;

        void Add(string ward, string name, IReadOnlyList<GeoPoint> line)
        {
            var id = $"{Slug.Of(ward)}-{Slug.Of(name)}";
            if (taken.Add(id))
            {
                streets.Add(new PlanStreet(id, name, ward, line));
            }
        }
    }

    /// <summary>The point at a fraction (0 … 1) of the line's length.</summary>
    public static GeoPoint Along(IReadOnlyList<GeoPoint> line, double fraction)
    {
        var total = 0.0;
        for (var i = 1; i < line.Count; i++)
        {
            total += Metres(line[i - 1], line[i]);
        }

        var left = Math.Clamp(fraction, 0, 1) * total;
        for (var i = 1; i < line.Count; i++)
        {
            var leg = Metres(line[i - 1], line[i]);
            if (left <= leg && leg > 0)
            {
                var share = left / leg;
                return Round(
                    line[i - 1].Lat + (share * (line[i].Lat - line[i - 1].Lat)),
                    line[i - 1].Lon + (share * (line[i].Lon - line[i - 1].Lon)));
            }

            left -= leg;
        }

        return line[^1];
    }

    /// <summary>A point some metres from another, for things that stand beside a street.</summary>
    public static GeoPoint Near(GeoPoint at, double metres, Random random)
    {
        var angle = random.NextDouble() * Math.Tau;
        var distance = Math.Sqrt(random.NextDouble()) * metres;
        return Offset(at, distance * Math.Cos(angle), distance * Math.Sin(angle));
    }

    private static List<GeoPoint> Line(GeoPoint centre, Random random)
    {
        var start = Near(centre, 1_600, random);
        var bearing = random.NextDouble() * Math.Tau;
        var length = 350 + (random.NextDouble() * 1_100);
        var bend = (random.NextDouble() - 0.5) * 0.5;
        var middle = Offset(start, length / 2 * Math.Cos(bearing), length / 2 * Math.Sin(bearing));
        return [start, middle, Offset(middle, length / 2 * Math.Cos(bearing + bend), length / 2 * Math.Sin(bearing + bend))];
    }

    private static GeoPoint Offset(GeoPoint from, double north, double east) =>
        Round(
            from.Lat + (north / MetresPerDegree),
            from.Lon + (east / (MetresPerDegree * Math.Cos(from.Lat * Math.PI / 180))));

    private static double Metres(GeoPoint a, GeoPoint b)
    {
        var north = (b.Lat - a.Lat) * MetresPerDegree;
        var east = (b.Lon - a.Lon) * MetresPerDegree * Math.Cos(a.Lat * Math.PI / 180);
        return Math.Sqrt((north * north) + (east * east));
    }

    /// <summary>Six decimals are a tenth of a metre: more would only be noise in the registry.</summary>
    private static GeoPoint Round(double lat, double lon) => new(Math.Round(lat, 6), Math.Round(lon, 6));
}
