using SmartCity.Ingest.Api;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Views;

/// <summary>What is computed once for all who look: one of each a server, none older than a second.</summary>
internal sealed class CityViews(ApiServices services)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // Confirmations of an order are counted by the second.
    private static readonly TimeSpan LampAge = TimeSpan.FromMilliseconds(500);

    public CityMap Map { get; } = new(services);

    /// <summary>What a crew has to mend.</summary>
    public WorkOrders WorkOrders { get; } = new(services);

    /// <summary>What every lamp really does.</summary>
    public OncePer<LampBoard> Lamps { get; } = new(
        services.Time,
        LampAge,
        async (before, cancel) =>
        {
            await services.Fresh(cancel);
            return LampBoard.Make(services, await LastKnown.OrAsync(OpenLampFaults.ReadAsync(services.Book.Store, before?.OpenFaults ?? OpenLampFaults.None, cancel), before?.OpenFaults), before);
        });

    /// <summary>Wards, streets and groups with how their lamps fare.</summary>
    public OncePer<LightTree> LampTree { get; } = new(services.Time, Second, async (_, cancel) => LightTree.Of(await services.Views.Lamps.GetAsync(cancel)));

    /// <summary>Every lamp in a row of numbers.</summary>
    public OncePer<PackedJson> LampMap { get; } = new(services.Time, Second, async (_, cancel) => Lights.LampMap.Of(await services.Views.Lamps.GetAsync(cancel)));

    public CityAreas Areas { get; } = new();

    public OncePer<ViewApi.FloodList> Flood { get; } =
        Of(services, () => new ViewApi.FloodList(FloodView.All(services)));

    public OncePer<ViewApi.AirList> Air { get; } =
        Of(services, () => new ViewApi.AirList(AirView.All(services), AirView.Bands));

    public OncePer<ServerStatus> Status { get; } = Of(services, () => ServerStatus.Of(services));

    public OncePer<Peers.ServersView> Servers { get; } = new(services.Time, Second, (_, _) => ValueTask.FromResult(services.Servers()));

    private static OncePer<T> Of<T>(ApiServices services, Func<T> make)
        where T : class => new(services.Time, Second, async (_, cancel) =>
        {
            await services.Fresh(cancel);
            return make();
        });
}
