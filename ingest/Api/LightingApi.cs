using System.Globalization;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Api;

/// <summary>Programmes, calendars and lists of holidays. Their content has the form of the desired document, and its reader judges it.</summary>
internal static class LightingApi
{
    /// <param name="At"><c>22:30</c>, <c>sunset</c>, <c>sunset-15</c> or <c>sunrise+20</c>.</param>
    /// <param name="Level">0 … 100 %.</param>
    /// <param name="RampSeconds">How long the way there takes; null or 0 = at once.</param>
    internal sealed record Point(string At, double Level, double? RampSeconds = null);

    /// <summary>Which nights get a programme: every condition that is given must hold.</summary>
    /// <param name="Programme">Its id.</param>
    /// <param name="From">First date, or with <paramref name="To"/> the first day of every year (<c>06-01</c>).</param>
    /// <param name="To">The last one, itself too.</param>
    /// <param name="Weekdays"><c>mon</c> … <c>sun</c>; none = all.</param>
    /// <param name="Nth">Which of them in a month: 1 … 5, −1 = the last; none = each.</param>
    /// <param name="Holidays">Id of a list of dates.</param>
    internal sealed record Rule(
        string Programme, string? From = null, string? To = null, IReadOnlyList<string>? Weekdays = null, IReadOnlyList<int>? Nth = null, string? Holidays = null);

    internal sealed record ProgrammeBody(IReadOnlyList<Point> Points, string? Name = null);

    internal sealed record CalendarBody(IReadOnlyList<Rule> Rules, string? Default = null, string? Name = null);

    internal sealed record HolidaysBody(IReadOnlyList<string> Dates, string? Name = null);

    /// <summary>A programme; <c>usedBy</c> are calendars.</summary>
    internal sealed record ProgrammeView(
        string Id, string? Name, IReadOnlyList<Point> Points, long Revision, string ChangedBy, DateTimeOffset ChangedAt, IReadOnlyList<string> UsedBy);

    /// <summary>A calendar; <c>usedBy</c> are places that have it set, <c>lamps</c> how many go by it.</summary>
    internal sealed record CalendarView(
        string Id, string? Name, string? Default, IReadOnlyList<Rule> Rules, long Revision, string ChangedBy, DateTimeOffset ChangedAt, IReadOnlyList<string> UsedBy, int Lamps);

    /// <summary>A list of dates; <c>usedBy</c> are calendars.</summary>
    internal sealed record HolidaysView(string Id, string? Name, IReadOnlyList<string> Dates, long Revision, string ChangedBy, DateTimeOffset ChangedAt, IReadOnlyList<string> UsedBy);

    public static Task ProgrammesAsync(Call call) => ListAsync(call, LightKind.Programme, ProgrammeOf);

    public static Task ProgrammeAsync(Call call) => OneAsync(call, LightKind.Programme, ProgrammeOf);

    public static async Task PutProgrammeAsync(Call call)
    {
        var body = await call.BodyAsync<ProgrammeBody>();
        await LightDocuments.PutAsync(call, LightKind.Programme, Named(body.Name), Content(body));
        await ProgrammeAsync(call);
    }

    public static Task RemoveProgrammeAsync(Call call) => RemoveAsync(call, LightKind.Programme, lighting => ProgrammeUsers(lighting, call.Id));

    public static Task CalendarsAsync(Call call)
    {
        var directory = call.Services.Book.Lighting.Directory;
        var lamps = directory.Lamps.Select(l => directory.CalendarOf(l)?.Calendar).OfType<string>().CountBy(c => c, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return ListAsync(call, LightKind.Calendar, (lighting, item) => CalendarOf(lighting, item, lamps.GetValueOrDefault(item.Id)));
    }

    public static Task CalendarAsync(Call call)
    {
        var directory = call.Services.Book.Lighting.Directory;
        return OneAsync(call, LightKind.Calendar, (lighting, item) => CalendarOf(lighting, item, directory.Lamps.Count(l => directory.CalendarOf(l)?.Calendar == item.Id)));
    }

    public static async Task PutCalendarAsync(Call call)
    {
        var body = await call.BodyAsync<CalendarBody>();
        await LightDocuments.PutAsync(call, LightKind.Calendar, Named(body.Name), Content(body));
        await CalendarAsync(call);
    }

    public static Task RemoveCalendarAsync(Call call) => RemoveAsync(call, LightKind.Calendar, lighting => CalendarUsers(lighting, call.Id));

    public static Task HolidayListsAsync(Call call) => ListAsync(call, LightKind.Holidays, HolidaysOf);

    public static Task HolidaysAsync(Call call) => OneAsync(call, LightKind.Holidays, HolidaysOf);

    public static async Task PutHolidaysAsync(Call call)
    {
        var body = await call.BodyAsync<HolidaysBody>();
        var dates = (body.Dates ?? throw Missing("dates")).Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal);
        await LightDocuments.PutAsync(call, LightKind.Holidays, Named(body.Name), JsonSerializer.Serialize(dates, BookJson.Options));
        await HolidaysAsync(call);
    }

    public static Task RemoveHolidaysAsync(Call call) => RemoveAsync(call, LightKind.Holidays, lighting => HolidaysUsers(lighting, call.Id));

    /// <summary>A programme as the book keeps it.</summary>
    /// <exception cref="ProblemException">400: it has no points at all, or one of them cannot be written down.</exception>
    public static string Content(ProgrammeBody body) => JsonSerializer.Serialize(new { Points = (body.Points ?? throw Missing("points")).Select(Whole) }, BookJson.Options);

    /// <summary>A calendar as the book keeps it.</summary>
    /// <exception cref="ProblemException">400: it has no list of rules, or one of them names no programme.</exception>
    public static string Content(CalendarBody body) =>
        JsonSerializer.Serialize(new { body.Default, Rules = (body.Rules ?? throw Missing("rules")).Select(Whole) }, BookJson.Options);

    /// <summary>A number as JSON can say it back: who writes 1e400 has sent infinity.</summary>
    /// <exception cref="ProblemException">400: it is none.</exception>
    internal static void CheckNumber(double? number, string field)
    {
        if (number is { } known && !double.IsFinite(known))
        {
            throw ProblemException.Bad($"\"{field}\" is no number that anybody could mean.").With("field", field);
        }
    }

    private static Point Whole(Point? point, int index)
    {
        var field = string.Create(CultureInfo.InvariantCulture, $"points[{index}]");
        if (point?.At is null)
        {
            throw Missing(point is null ? field : field + ".at");
        }

        CheckNumber(point.Level, field + ".level");
        CheckNumber(point.RampSeconds, field + ".rampSeconds");
        return point;
    }

    private static Rule Whole(Rule? rule, int index)
    {
        var field = string.Create(CultureInfo.InvariantCulture, $"rules[{index}]");
        return rule?.Programme is null ? throw Missing(rule is null ? field : field + ".programme") : rule;
    }

    private static ProblemException Missing(string field) => ProblemException.Bad($"\"{field}\" is missing.").With("field", field);

    private static string? Named(string? name) => string.IsNullOrWhiteSpace(name) ? null : name.Trim();

    private static Task ListAsync<T>(Call call, LightKind kind, Func<LightingSnapshot, LightItem, T> view)
    {
        var lighting = call.Services.Book.Lighting.Current;
        return call.ReplyAsync(new Page<T>([.. lighting.Of(kind).Select(i => view(lighting, i))], null)); // LightingRules.MostOfAKind bounds it
    }

    private static Task OneAsync<T>(Call call, LightKind kind, Func<LightingSnapshot, LightItem, T> view) =>
        call.ReplyAsync(view(call.Services.Book.Lighting.Current, LightDocuments.Find(call, kind)));

    private static Task RemoveAsync(Call call, LightKind kind, Func<LightingSnapshot, IReadOnlyList<string>> users)
    {
        LightDocuments.Find(call, kind);
        if (users(call.Services.Book.Lighting.Current) is { Count: > 0 } used)
        {
            throw new ProblemException(409, "Conflict", $"{call.Id} is used by {string.Join(", ", used.Take(5))}{(used.Count > 5 ? " and others" : "")}; change that first.")
                .With("code", "used").With("usedBy", used);
        }

        return LightDocuments.RemoveAsync(call, kind);
    }

    private static ProgrammeView ProgrammeOf(LightingSnapshot lighting, LightItem item) =>
        new(item.Id, item.Name, Read<ProgrammeBody>(item.Body).Points, item.Revision, item.ChangedBy, item.ChangedAt, ProgrammeUsers(lighting, item.Id));

    private static CalendarView CalendarOf(LightingSnapshot lighting, LightItem item, int lamps)
    {
        var body = Read<CalendarBody>(item.Body);
        return new(item.Id, item.Name, body.Default, body.Rules ?? [], item.Revision, item.ChangedBy, item.ChangedAt, CalendarUsers(lighting, item.Id), lamps);
    }

    private static HolidaysView HolidaysOf(LightingSnapshot lighting, LightItem item) =>
        new(item.Id, item.Name, Read<IReadOnlyList<string>>(item.Body), item.Revision, item.ChangedBy, item.ChangedAt, HolidaysUsers(lighting, item.Id));

    private static T Read<T>(string? body) => JsonSerializer.Deserialize<T>(body!, BookJson.Options)!;

    private static IReadOnlyList<string> ProgrammeUsers(LightingSnapshot lighting, string id) =>
        [.. lighting.Document.Calendars.Values.Where(c => c.Default == id || c.Rules.Any(r => r.Programme == id)).Select(c => c.Id).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<string> HolidaysUsers(LightingSnapshot lighting, string id) =>
        [.. lighting.Document.Calendars.Values.Where(c => c.Rules.Any(r => r.Holidays == id)).Select(c => c.Id).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<string> CalendarUsers(LightingSnapshot lighting, string id) =>
        [.. lighting.Settings.Where(s => s.Value.Calendar == id).Select(s => s.Key.ToString()).Order(StringComparer.Ordinal)];
}
