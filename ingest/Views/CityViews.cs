using SmartCity.Ingest.Api;

namespace SmartCity.Ingest.Views;

/// <summary>What is computed once for all who look: one of each a server.</summary>
internal sealed class CityViews(ApiServices services)
{
    public CityMap Map { get; } = new(services);

    public CityAreas Areas { get; } = new();
}
