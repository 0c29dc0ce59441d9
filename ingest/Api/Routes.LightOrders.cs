namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Orders for lamps, and what each lamp really does.</summary>
    private static IReadOnlyList<Route> LightOrders =>
    [
        new("GET", "/api/v1/lighting/lamps", Access.See, LightLampApi.ListAsync, "Lamps: what is wanted, asked, said and measured of each, and why in one sentence.") { Query = ["target", "follow", "lang", .. Paging], Reply = typeof(LightLampApi.LampPage) },
        new("GET", "/api/v1/lighting/targets", Access.See, LightTargetApi.ListAsync, "Places that an order can be about, by a few letters of their name, with how many lamps each has.") { Query = ["search", "lang", "limit"], Reply = typeof(LightTargetApi.TargetList) },
        new("GET", "/api/v1/lighting/overrides", Access.See, LightOrderApi.ListAsync, "Orders for lamps that hold or are ahead, or all, newest first, and how far the lamps have followed.") { Query = ["state", "lang", .. Paging], Reply = typeof(Page<LightOrderApi.OrderView>) },
        new("GET", "/api/v1/lighting/overrides/{id}", Access.See, LightOrderApi.OneAsync, "One order with its progress and the curve of its confirmations.") { Query = ["lang"], Reply = typeof(LightOrderApi.OrderView) },
        new("GET", "/api/v1/lighting/overrides/{id}/lamps", Access.See, LightOrderApi.LampsAsync, "The lamps of an order: which have followed, and why the others have not.") { Query = ["follow", "lang", .. Paging], Reply = typeof(LightLampApi.LampPage) },
        new("DELETE", "/api/v1/lighting/overrides/{id}", Access.LightOrder, LightOrderApi.ReleaseAsync, "Release an order: what holds without it returns. A duty officer releases only his own.") { Reply = typeof(LightOrderApi.OrderView) },
        new("POST", "/api/v1/lighting/city/override", Access.LightOrder, LightOrderApi.OrderCityAsync, "Order a level for every lamp. A duty officer may only order light, level 100.") { Body = typeof(LightOrderApi.OrderBody), Reply = typeof(LightOrderApi.OrderView), Success = 201 },
        new("POST", "/api/v1/lighting/{scope}/{id}/override", Access.LightOrder, LightOrderApi.OrderAsync, "Order a level for the lamps of a ward, street, group or for one lamp: scope is wards, streets, groups or lamps.") { Body = typeof(LightOrderApi.OrderBody), Reply = typeof(LightOrderApi.OrderView), Success = 201 },
    ];
}
