namespace SmartCity.Simulators.Plan;

/// <summary>Water level gauges: the Mã at Giàng first, because its flood of August 2025 can be replayed; then canals and lakes.</summary>
internal static class Gauges
{
    /// <summary>The gauge of the flood scenario.</summary>
    public const string Giang = "water-song-ma-giang";

    // Reference flood-stages: alarm levels at Giàng in metres (Decision 05/2020/QĐ-TTg).
    private static readonly Dictionary<string, double> GiangStages = new(StringComparer.Ordinal)
    {
        ["I"] = 4.00,
        ["II"] = 5.50,
        ["III"] = 6.50,
    };

    private static readonly Dictionary<string, double> Unknown = [];

    /// <summary>The gauge of a running number; a gauge whose legal levels are not known gets none.</summary>
    public static (string Id, string Name, GeoPoint At, IReadOnlyDictionary<string, double> Thresholds) At(
        int number, IReadOnlyList<Gazetteer.Ward> wards, Random random)
    {
        if (number == 0)
        {
            return (Giang["water-".Length..], "Mực nước sông Mã tại Giàng", new GeoPoint(19.8725, 105.7630), GiangStages);
        }

        var ward = wards[number % wards.Count];
        var id = $"kenh-{Slug.Of(ward.Name)}-{number:00}";
        return (id, $"Mực nước kênh {ward.Name} {number}", StreetMap.Near(ward.Centre, 1_200, random), Unknown);
    }
}
