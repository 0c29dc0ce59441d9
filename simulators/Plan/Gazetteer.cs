using System.Globalization;
using System.Reflection;

namespace SmartCity.Simulators.Plan;

/// <summary>What is known of a real city's map: wards, streets with their lines, and places where people gather.</summary>
internal sealed class Gazetteer
{
    private Gazetteer(string city) => City = city;

    /// <summary>A ward and its centre.</summary>
    public sealed record Ward(string Name, GeoPoint Centre);

    /// <summary>A street of a ward.</summary>
    public sealed record Street(string Ward, string Name, IReadOnlyList<GeoPoint> Line);

    /// <summary>A place of a ward: kind is market, school or hospital.</summary>
    public sealed record Place(string Kind, string Ward, string Name, GeoPoint At);

    /// <summary>A river: its middle line and how wide it is, metres.</summary>
    public sealed record River(string Name, double Width, IReadOnlyList<GeoPoint> Line);

    /// <summary>The file's name: <c>thanh-hoa</c> or <c>ha-long</c>.</summary>
    public string City { get; }

    /// <summary>All wards, in the file's order.</summary>
    public List<Ward> Wards { get; } = [];

    /// <summary>The streets with a line of their own.</summary>
    public List<Street> Streets { get; } = [];

    /// <summary>The places.</summary>
    public List<Place> Places { get; } = [];

    /// <summary>The rivers.</summary>
    public List<River> Rivers { get; } = [];

    /// <summary>The city's border, not closed; empty where nobody has drawn it.</summary>
    public IReadOnlyList<GeoPoint> Outline { get; private set; } = [];

    /// <summary>Names for the streets that a generated city needs beyond the known ones.</summary>
    public static IReadOnlyList<string> StreetNames { get; } = [.. Lines("street-names.txt")];

    /// <summary>Reads the map of a city that comes with the program.</summary>
    /// <exception cref="FormatException">A line of the map cannot be read; the message names it.</exception>
    public static Gazetteer Load(string city)
    {
        var map = new Gazetteer(city);
        foreach (var line in Lines(city + ".txt"))
        {
            var part = line.Split(';', StringSplitOptions.TrimEntries);
            switch (part[0], part.Length)
            {
                case ("ward", 4):
                    map.Wards.Add(new Ward(part[1], Point(part[2], part[3])));
                    break;
                case ("street", 4):
                    map.Streets.Add(new Street(part[1], part[2], Line(part[3])));
                    break;
                case ("outline", 2):
                    map.Outline = Line(part[1]);
                    break;
                case ("river", 4):
                    map.Rivers.Add(new River(part[1], double.Parse(part[2], CultureInfo.InvariantCulture), Line(part[3])));
                    break;
                case ("place", 6):
                    map.Places.Add(new Place(part[1], part[2], part[3], Point(part[4], part[5])));
                    break;
                default:
                    throw new FormatException($"{city}.txt: not a ward, street, place, outline or river: {line}");
            }
        }

        return map;
    }

    private static GeoPoint[] Line(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries).Select(Pair)];

    private static GeoPoint Pair(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return Point(text[..space], text[(space + 1)..]);
    }

    private static GeoPoint Point(string lat, string lon) =>
        new(double.Parse(lat, CultureInfo.InvariantCulture), double.Parse(lon, CultureInfo.InvariantCulture));

    private static IEnumerable<string> Lines(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("plan/" + name)
            ?? throw new FileNotFoundException($"no map '{name}' in this program");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }
}
