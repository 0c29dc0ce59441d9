using SmartCity.Ingest.Api;

namespace SmartCity.Ingest.Views;

/// <summary>What is computed once for all who look: one of each a server, none older than a second.</summary>
internal sealed class CityViews(ApiServices services)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public CityMap Map { get; } = new(services);

    /// <summary>What a crew has to mend.</summary>
    public Lights.WorkOrders WorkOrders { get; } = new(services);

    public CityAreas Areas { get; } = new();

    public OncePer<ViewApi.FloodList> Flood { get; } =
        new(services.Time, Second, (_, _) => ValueTask.FromResult(new ViewApi.FloodList(FloodView.All(services))));

    public OncePer<ViewApi.AirList> Air { get; } =
        new(services.Time, Second, (_, _) => ValueTask.FromResult(new ViewApi.AirList(AirView.All(services), AirView.Bands)));

    public OncePer<ServerStatus> Status { get; } = new(services.Time, Second, (_, _) => ValueTask.FromResult(ServerStatus.Of(services)));
}
