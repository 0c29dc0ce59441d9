namespace SmartCity.Ingest.Api;

/// <summary>Lamps at a glance: the tree of places and the map.</summary>
internal static class LightTreeApi
{
    public static async Task TreeAsync(Call call) => await call.ReplyAsync(await call.Services.Views.LampTree.GetAsync(call.Cancel));

    public static async Task MapAsync(Call call) => await (await call.Services.Views.LampMap.GetAsync(call.Cancel)).ReplyAsync(call);
}
