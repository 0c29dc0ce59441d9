using System.Globalization;
using System.Text;
using SmartCity.City;
using SmartCity.Ingest.Ledger;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Reports;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Api;

/// <summary>Energy, burning hours, saving and age of lamps.</summary>
internal static class LightEnergyApi
{
    // A season of a large city is read in a fifth of a second; more waits for its turn among the reports.
    private const int ManyNights = 100;

    /// <summary>A page of ages.</summary>
    /// <param name="Lamps">Lamps of the target in service.</param>
    /// <param name="Over">Of these, whose life is over.</param>
    /// <param name="Soon">And whose is over within a tenth of it.</param>
    /// <param name="Items">The oldest first.</param>
    /// <param name="Next">Ask with <c>cursor=</c> this for the next; null at the end.</param>
    internal sealed record AgePage(int Lamps, int Over, int Soon, IReadOnlyList<LampAge> Items, string? Next);

    public static async Task EnergyAsync(Call call)
    {
        var target = Target(call);
        var by = call.Query("by") switch
        {
            null or "day" => EnergyBy.Day,
            "month" => EnergyBy.Month,
            "street" => EnergyBy.Street,
            "lamp" => EnergyBy.Lamp,
            _ => throw ProblemException.Bad("\"by\" is day, month, street or lamp."),
        };
        var tonight = Night.DayOf(call.Services.Time.GetUtcNow(), call.Services.TimeZone);
        var to = Day(call, "to") ?? tonight;
        var from = Day(call, "from") ?? new DateOnly(to.Year, to.Month, 1);
        var most = by == EnergyBy.Month ? 240 * 31 : 800;
        if (to < from || to.DayNumber - from.DayNumber >= most)
        {
            throw ProblemException.Bad(FormattableString.Invariant($"\"from\" and \"to\" are the first and the last night, at most {most} of them."));
        }

        var (csv, words) = Form(call);
        var months = by != EnergyBy.Day && from.Day == 1 && to.AddDays(1).Day == 1; // kept as such
        using var turn = to.DayNumber - from.DayNumber > ManyNights && !months ? call.Services.ReportTurns.Take() : null;
        var reply = await Query(call).AskAsync(target, from, to, by, call.Cancel) ?? throw ProblemException.Missing("lamp in that place");
        if (!csv)
        {
            await call.ReplyAsync(reply);
            return;
        }

        var text = new StringBuilder();
        Csv.Row(
            text, words[$"energy.{by.ToString().ToLowerInvariant()}"], words["energy.name"], words["energy.ward"], words["energy.lamps"], words["energy.kwh"], words["energy.full"],
            words["energy.saved"], words["energy.clo"], words["energy.hours"], words["energy.switches"], words["energy.estimated"], words["energy.marks"]);
        foreach (var i in reply.Items)
        {
            Csv.Row(
                text, i.Day ?? i.Month ?? i.Lamp ?? i.Street, i.Name, i.Ward, i.Lamps, i.Kwh, i.FullKwh, Math.Round(i.Saved, 6), i.SavedByClo, i.BurningHours, i.SwitchOns, i.EstimatedKwh,
                string.Join("; ", i.Marks.Select(m => words[$"energy.mark.{m}"])));
        }

        await ReplyCsvAsync(call, text, FormattableString.Invariant($"energy-{from:yyyy-MM-dd}-{to:yyyy-MM-dd}.csv"));
    }

    public static async Task AgeingAsync(Call call)
    {
        var (csv, words) = Form(call);
        var ages = await Query(call).AgesAsync(Target(call), call.Cancel);
        if (ages.Count == 0)
        {
            throw ProblemException.Missing("lamp in that place");
        }

        if (csv)
        {
            var text = new StringBuilder();
            Csv.Row(
                text, words["energy.lamp"], words["energy.name"], words["energy.street"], words["energy.ward"], words["energy.age"], words["energy.life"], words["energy.used"],
                words["energy.ayear"], words["energy.ends"], words["energy.installed"], words["energy.switches"], words["energy.watts"]);
            foreach (var a in ages)
            {
                Csv.Row(
                    text, a.Lamp, a.Name, a.StreetName ?? a.Street, a.Ward, a.BurningHours, a.LifeHours, a.LifeUsed, a.HoursAYear, a.EndsAbout,
                    a.Installed?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), a.SwitchOns, a.FullWatts);
            }

            await ReplyCsvAsync(call, text, "ageing.csv");
            return;
        }

        var skip = call.Before == long.MaxValue ? 0 : (int)Math.Min(call.Before, int.MaxValue);
        await call.ReplyAsync(new AgePage(
            ages.Count, ages.Count(a => a.LifeUsed >= 100), ages.Count(a => a.LifeUsed is >= 90 and < 100), [.. ages.Skip(skip).Take(call.Limit)],
            skip + call.Limit < ages.Count ? (skip + call.Limit).ToString(CultureInfo.InvariantCulture) : null));
    }

    private static EnergyQuery Query(Call call) => new(
        call.Services.Book.Store, () => call.Services.Book.Lighting.Directory, MeterKind.Of(call.Services.Kinds), call.Services.Time);

    private static LightTarget Target(Call call) => LightTarget.TryParse(call.Query("target") ?? "city", out var target)
        ? target
        : throw ProblemException.Bad("\"target\" is city, ward/NAME, street/ID, group/ID or lamp/ID.");

    private static DateOnly? Day(Call call, string name) => call.Query(name) is not { } text ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and < 2200 ? day
        : throw ProblemException.Bad($"\"{name}\" is a day such as 2026-09-01.");

    private static (bool Csv, ServerWords Words) Form(Call call) => (
        call.Query("format") switch
        {
            null or "json" => false,
            "csv" => true,
            _ => throw ProblemException.Bad("\"format\" is json or csv."),
        },
        call.Query("lang") switch
        {
            null or "vi" => ServerWords.Vi,
            "en" => ServerWords.En,
            _ => throw ProblemException.Bad("\"lang\" is vi or en."),
        });

    private static async Task ReplyCsvAsync(Call call, StringBuilder text, string name)
    {
        var response = call.Http.Response;
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        await response.Body.WriteAsync(Csv.Mark.ToArray(), call.Cancel);
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), call.Cancel);
    }
}
