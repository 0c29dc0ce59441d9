using System.Globalization;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>A station's air by VN_AQI (Decision 1459/QĐ-TCMT).</summary>
/// <param name="Device">The station.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Zone">Its zone.</param>
/// <param name="Lat">Degrees north.</param>
/// <param name="Lon">Degrees east.</param>
/// <param name="Aqi">The hour's index; null when no hour has had data enough.</param>
/// <param name="Band">Its place among the bands.</param>
/// <param name="Colour">The band's legal colour, <c>#rrggbb</c>.</param>
/// <param name="Pollutant">The one the index comes from.</param>
/// <param name="At">The end of the hour it holds for.</param>
/// <param name="Stale">The hour ended more than two hours ago, or the station has been silent for three intervals.</param>
/// <param name="Parts">Each pollutant's own index in that hour, particles as their Nowcast.</param>
/// <param name="Concentrations">Newest readings, µg/m³.</param>
/// <param name="MeasuredAt">When the station last said anything.</param>
internal sealed record AirView(
    string Device,
    string? Name,
    string? Zone,
    double? Lat,
    double? Lon,
    int? Aqi,
    int? Band,
    string? Colour,
    string? Pollutant,
    DateTimeOffset? At,
    bool Stale,
    IReadOnlyDictionary<string, int> Parts,
    IReadOnlyDictionary<string, double> Concentrations,
    DateTimeOffset? MeasuredAt)
{
    /// <inheritdoc cref="FloodView.Unanswered"/>
    public string? Unanswered { get; init; }


    /// <summary>An index stands for an hour and is known when the next one has begun; beyond one more it is old.</summary>
    private static readonly TimeSpan HoldsFor = TimeSpan.FromHours(2);

    /// <summary>The rule's words for pollutants and those of this API.</summary>
    internal static readonly (string Key, string Name)[] Pollutants =
        [("pm25", "pm2_5"), ("pm10", "pm10"), ("o3", "o3"), ("no2", "no2"), ("so2", "so2"), ("co", "co")];

    /// <summary>A band of the decision.</summary>
    internal sealed record BandView(int From, int To, string Colour, Title Name);

    /// <summary>The decision's bands.</summary>
    public static IReadOnlyList<BandView> Bands { get; } = [.. VnAqi.Bands.Select(b => new BandView(b.Low, b.High, ColourOf(b), b.Title))];

    /// <summary>The stations in service, by id: devices of a kind with a rule of air quality.</summary>
    public static IReadOnlyList<AirView> All(ApiServices services)
    {
        var registry = services.Book.Registry.Current;
        var now = services.Time.GetUtcNow();
        var items = new List<AirView>();
        foreach (var device in registry.Ordered)
        {
            if (device.State == Service.Active && services.Kinds.Find(device.Kind) is { } kind && kind.Rules.OfType<AqiRule>().FirstOrDefault() is { } rule)
            {
                items.Add(Of(device, registry.LocationOf(device.Id, device.Zone), kind, rule, services.Look(device.Id), now) with { Unanswered = services.Unanswered(device) });
            }
        }

        return items;
    }

    internal static AirView Of(DeviceRow device, AlertLocation? place, DeviceKind kind, AqiRule rule, DeviceView? seen, DateTimeOffset now)
    {
        var derived = (seen?.Derived ?? []).ToDictionary(d => d.Name, d => d, StringComparer.Ordinal);
        var index = derived.TryGetValue("vn_aqi", out var found) ? (int?)found.Value : null;
        var at = index is null ? (DateTimeOffset?)null : Instant.ToMoment(found.At);
        var parts = Pollutants.Where(p => derived.ContainsKey("vn_aqi_" + p.Key))
            .ToDictionary(p => p.Name, p => (int)derived["vn_aqi_" + p.Key].Value, StringComparer.Ordinal);
        var measured = seen is { LastMeasured: > 0 } ? Instant.ToMoment(seen.LastMeasured) : (DateTimeOffset?)null;
        var silent = measured is null || now - measured > kind.Interval * MapStates.Intervals;
        var band = index is { } i ? VnAqi.BandOf(i) : (int?)null;
        return new AirView(
            device.Id, device.Name, device.Zone, place?.Lat, place?.Lon, index, band, band is { } b ? Bands[b].Colour : null,
            parts.Count == 0 ? null : parts.MaxBy(p => p.Value).Key, at, silent || now - at > HoldsFor, parts, Newest(kind, rule, seen), measured);
    }

    private static Dictionary<string, double> Newest(DeviceKind kind, AqiRule rule, DeviceView? seen)
    {
        var newest = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (key, name) in Pollutants)
        {
            if (rule.MetricOf(key) is >= 0 and var metric)
            {
                foreach (var value in seen?.Values ?? [])
                {
                    if (value.Name == kind.Metrics[metric].Name)
                    {
                        newest[name] = value.Value;
                    }
                }
            }
        }

        return newest;
    }

    private static string ColourOf(AqiBand band) => string.Create(CultureInfo.InvariantCulture, $"#{band.Red:x2}{band.Green:x2}{band.Blue:x2}");
}
