using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>Gauges, air, health, and who did what.</summary>
internal static class ViewApi
{
    internal sealed record FloodList(IReadOnlyList<FloodView> Items);

    internal sealed record AirList(IReadOnlyList<AirView> Items, IReadOnlyList<AirView.BandView> Bands);

    internal sealed record HourList(IReadOnlyList<AirHours.HourView> Items);

    public static async Task FloodAsync(Call call) => await call.ReplyAsync(await call.Services.Views.Flood.GetAsync(call.Cancel));

    public static async Task AirAsync(Call call) => await call.ReplyAsync(await call.Services.Views.Air.GetAsync(call.Cancel));

    public static async Task AirHoursAsync(Call call)
    {
        var device = DeviceApi.Find(call);
        if (call.Services.Kinds.Find(device.Kind) is not { } kind || kind.Rules.OfType<AqiRule>().FirstOrDefault() is not { } rule)
        {
            throw ProblemException.Missing("station with a VN_AQI of that id");
        }

        var hours = call.Number("hours", 24, 1, AirHours.MaximumHours);
        await call.ReplyAsync(new HourList(await AirHours.ReadAsync(call.Services, device, kind, rule, hours, call.Cancel)));
    }

    public static async Task StatusAsync(Call call) => await call.ReplyAsync(await call.Services.Views.Status.GetAsync(call.Cancel));

    public static async Task ServersAsync(Call call) => await call.ReplyAsync(await call.Services.Views.Servers.GetAsync(call.Cancel));

    public static async Task AuditAsync(Call call)
    {
        var (target, before, limit) = (call.Query("target"), call.Before, call.Limit);
        var rows = await call.Services.Book.Store.ReadAsync(sql => sql.Audit(target, before, limit + 1), call.Cancel);
        await call.ReplyAsync(new Page<AuditEntry>(
            [.. rows.Take(limit)],
            rows.Count > limit ? rows[limit - 1].Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture) : null));
    }
}
