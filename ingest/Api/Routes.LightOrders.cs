namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Orders for lamps, and what each lamp really does.</summary>
    private static IReadOnlyList<Route> LightOrders =>
    [
        new("GET", "/api/v1/lighting/lamps", Access.See, LightLampApi.ListAsync, "Lamps: what is wanted, asked, said and measured of each, and why in one sentence.") { Query = ["target", "follow", "lang", .. Paging], Reply = typeof(LightLampApi.LampPage) },
    ];
}
