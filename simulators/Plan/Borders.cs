namespace SmartCity.Simulators.Plan;

/// <summary>Borders for the map: wards, rivers, and the ground of a place. Nothing here is drawn by lot: a city's devices stay where they are.</summary>
internal static class Borders
{
    private const double MetresPerDegree = 111_320;

    /// <summary>Half the length and half the width of a place's ground, metres: what is within 35 m of its middle lies inside.</summary>
    private const double HalfLength = 55;
    private const double HalfWidth = 42;

    /// <summary>Wards and rivers as zones that no device belongs to; none for a city without an outline.</summary>
    public static List<PlanZone> Areas(Gazetteer map)
    {
        var areas = new List<PlanZone>();
        if (map.Outline.Count >= 3)
        {
            areas.AddRange(map.Wards.Select(ward => new PlanZone(
                "phuong-" + Slug.Of(ward.Name), "Phường " + ward.Name, "ward", ward.Name, ward.Centre)
            { Boundary = Nearest(ward, map) }));
        }

        areas.AddRange(map.Rivers.Select(river => new PlanZone(
            Slug.Of(river.Name), river.Name, "river", string.Empty, river.Line[river.Line.Count / 2])
        { Boundary = Banks(river) }));
        return areas;
    }

    /// <summary>The ground of a place: a rectangle about its middle, turned a little so that not all stand north.</summary>
    public static IReadOnlyList<GeoPoint> Ground(GeoPoint middle)
    {
        var turn = ((middle.Lat * 7_919) + (middle.Lon * 104_729)) % 1;
        var (sin, cos) = Math.SinCos((turn - 0.5) * 0.9);
        return Closed(((double, double)[])[(-HalfLength, -HalfWidth), (HalfLength, -HalfWidth), (HalfLength, HalfWidth), (-HalfLength, HalfWidth)], corner =>
            Offset(middle, (corner.Item1 * sin) + (corner.Item2 * cos), (corner.Item1 * cos) - (corner.Item2 * sin)));
    }

    /// <summary>What of the city lies nearer to this ward's centre than to any other's: the outline, cut by one half-plane a neighbour.</summary>
    private static IReadOnlyList<GeoPoint> Nearest(Gazetteer.Ward ward, Gazetteer map)
    {
        var scale = Math.Cos(ward.Centre.Lat * Math.PI / 180);
        IReadOnlyList<GeoPoint> left = map.Outline;
        foreach (var other in map.Wards.Where(w => w != ward))
        {
            double Side(GeoPoint p) => Square(p, other.Centre) - Square(p, ward.Centre);
            var cut = new List<GeoPoint>();
            for (var i = 0; i < left.Count; i++)
            {
                var (a, b) = (left[i], left[(i + 1) % left.Count]);
                var (sideA, sideB) = (Side(a), Side(b));
                if (sideA >= 0)
                {
                    cut.Add(a);
                }

                if (sideA >= 0 != sideB >= 0)
                {
                    var share = sideA / (sideA - sideB); // exact: the difference of two squared distances is linear
                    cut.Add(new GeoPoint(a.Lat + (share * (b.Lat - a.Lat)), a.Lon + (share * (b.Lon - a.Lon))));
                }
            }

            left = cut;
        }

        return Closed(left, p => new GeoPoint(Math.Round(p.Lat, 6), Math.Round(p.Lon, 6)));

        double Square(GeoPoint a, GeoPoint b) => Math.Pow(a.Lat - b.Lat, 2) + Math.Pow((a.Lon - b.Lon) * scale, 2);
    }

    /// <summary>Both banks of a river, down one side and back up the other.</summary>
    private static IReadOnlyList<GeoPoint> Banks(Gazetteer.River river)
    {
        var banks = new List<GeoPoint>();
        var line = river.Line;
        for (var turn = 0; turn < 2; turn++)
        {
            for (var n = 0; n < line.Count; n++)
            {
                var i = turn == 0 ? n : line.Count - 1 - n;
                var (before, after) = (line[Math.Max(i - 1, 0)], line[Math.Min(i + 1, line.Count - 1)]);
                var north = after.Lat - before.Lat;
                var east = (after.Lon - before.Lon) * Math.Cos(line[i].Lat * Math.PI / 180);
                var length = Math.Sqrt((north * north) + (east * east));
                var half = river.Width / 2 * (turn == 0 ? 1 : -1);
                banks.Add(Offset(line[i], -east / length * half, north / length * half));
            }
        }

        return Closed(banks, p => p);
    }

    private static IReadOnlyList<GeoPoint> Closed<T>(IReadOnlyList<T> points, Func<T, GeoPoint> place)
    {
        GeoPoint[] ring = [.. points.Select(place)];
        return [.. ring, ring[0]];
    }

    private static GeoPoint Offset(GeoPoint from, double north, double east) => new(
        Math.Round(from.Lat + (north / MetresPerDegree), 6),
        Math.Round(from.Lon + (east / (MetresPerDegree * Math.Cos(from.Lat * Math.PI / 180))), 6));
}
