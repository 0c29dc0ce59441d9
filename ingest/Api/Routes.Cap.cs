namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>CAP 1.2.</summary>
    private static IReadOnlyList<Route> Cap =>
    [
        new("GET", "/cap/v1/feed.atom", Access.See, CapApi.FeedAsync, "Messages about dangers, newest first, as Atom; If-None-Match asks whether there is a newer one.") { Query = ["lang", .. Paging] },
        new("GET", "/cap/v1/alerts/{id}.xml", Access.See, CapApi.OneAsync, "A message as CAP 1.2: ID.xml is an alert's latest, ID.REVISION.xml one of them."),
    ];
}
