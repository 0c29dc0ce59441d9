using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Api;

/// <summary>What a lamp will do, what a programme would do, and which programme a calendar names on each night of a year: by the one function that gateways ask.</summary>
internal static class LightPreviewApi
{
    private const int FirstYear = 2000;
    private const int LastYear = 2100;
    private const string Draft = "draft";

    /// <param name="At">When. Of two points at one moment the first is what was until then.</param>
    /// <param name="Level">0 … 100 %; between two points it is a straight line.</param>
    /// <param name="Reason">programme, override or default.</param>
    /// <param name="Sentence">Why, in one sentence.</param>
    internal sealed record PointView(DateTimeOffset At, double Level, LightReason Reason, string Sentence);

    /// <summary>A night, local noon to local noon.</summary>
    /// <param name="Date">The day on which it begins.</param>
    /// <param name="Begin">Its noon.</param>
    /// <param name="End">The noon after.</param>
    /// <param name="Sunset">When it gets dark.</param>
    /// <param name="Sunrise">When it is no longer dark.</param>
    /// <param name="Dusk">When the sun is 6° below the horizon; null where it never is.</param>
    /// <param name="Dawn">And when it is back there.</param>
    /// <param name="Programme">The programme; null = none.</param>
    /// <param name="Name">What people call that.</param>
    /// <param name="Rule">Which rule of the calendar named it, from 0; null = its default.</param>
    /// <param name="Times">When each point of the programme comes.</param>
    /// <param name="BurningHours">Hours in which the lamp burns at all.</param>
    /// <param name="FullHours">Hours at 100 % that would be as much light.</param>
    internal sealed record NightView(
        DateOnly Date, DateTimeOffset Begin, DateTimeOffset End, DateTimeOffset Sunset, DateTimeOffset Sunrise, DateTimeOffset? Dusk, DateTimeOffset? Dawn,
        string? Programme, string? Name, int? Rule, IReadOnlyList<DateTimeOffset> Times, double BurningHours, double FullHours);

    /// <summary>A stretch of time at one lamp, or at a place.</summary>
    /// <param name="Lamp">The lamp; null for a programme that was not asked for one.</param>
    /// <param name="Lat">Where the sun was asked; null = nobody knows, and sunset counts as 17:00, sunrise as 07:00.</param>
    /// <param name="Lon">Likewise.</param>
    /// <param name="Calendar">The lamp's calendar.</param>
    /// <param name="CalendarOf">The place that says so; null: nobody does, it is the one called default.</param>
    /// <param name="Minimum">What its places ask at least while it is dark, %.</param>
    /// <param name="Sunset">Of the first night.</param>
    /// <param name="Sunrise">Of the first night.</param>
    /// <param name="Points">The curve.</param>
    /// <param name="Nights">The nights it touches.</param>
    internal sealed record PreviewView(
        string? Lamp, double? Lat, double? Lon, string? Calendar, string? CalendarOf, double Minimum, DateTimeOffset Sunset, DateTimeOffset Sunrise,
        IReadOnlyList<PointView> Points, IReadOnlyList<NightView> Nights);

    /// <summary>A programme that need not be saved, on one night.</summary>
    /// <param name="Programme">It.</param>
    /// <param name="Date">The day on which the night begins; null = the night that is now.</param>
    /// <param name="Place">Where the sun is asked: a place of lamps; null = the city.</param>
    /// <param name="Lat">Or degrees north.</param>
    /// <param name="Lon">And degrees east.</param>
    /// <param name="Minimum">A minimum to try, %.</param>
    internal sealed record PreviewBody(LightingApi.ProgrammeBody Programme, DateOnly? Date = null, string? Place = null, double? Lat = null, double? Lon = null, double? Minimum = null);

    internal sealed record TonightView(double? Lat, double? Lon, DateTimeOffset Sunset, DateTimeOffset Sunrise, IReadOnlyList<ProgrammeNight> Items);

    internal sealed record ProgrammeNight(string Id, IReadOnlyList<PointView> Points, NightView Night);

    /// <param name="Year">Which.</param>
    /// <param name="Id">A calendar that is saved; or</param>
    /// <param name="Calendar">one that need not be.</param>
    /// <param name="Place">Where the sun is asked; null = the city.</param>
    internal sealed record YearBody(int Year, string? Id = null, LightingApi.CalendarBody? Calendar = null, string? Place = null);

    /// <summary>One night of the year; <c>rule</c> null = the calendar's default, <c>programme</c> null = none.</summary>
    internal sealed record YearNight(DateOnly Date, string? Programme, int? Rule, DateTimeOffset Sunset, DateTimeOffset Sunrise);

    /// <summary>A programme over the year; <c>id</c> null = nights without one, at full.</summary>
    internal sealed record YearProgramme(string? Id, string? Name, int Nights, double BurningHours, double FullHours);

    internal sealed record YearView(int Year, IReadOnlyList<YearProgramme> Programmes, IReadOnlyList<YearNight> Nights);

    /// <summary>A lamp as the book has it, overrides too.</summary>
    public static Task LampAsync(Call call)
    {
        var words = Language(call);
        var directory = call.Services.Book.Lighting.Directory;
        var lamp = directory.Find(call.Query("lamp") ?? throw ProblemException.Bad("\"lamp\" is a lamp's id.").With("field", "lamp")) ?? throw ProblemException.Missing("lamp in service of that id");
        var plan = directory.Plan(lamp);
        var from = call.Moment("from") ?? plan.NightOf(call.Services.Time.GetUtcNow()).Night.Begin;
        var to = call.Moment("to") ?? Bounded(from).AddDays(1);
        if (to <= from || to - from > LightCurve.Longest)
        {
            throw ProblemException.Bad($"\"to\" is after \"from\", by {LightCurve.Longest.TotalDays} days at most.").With("field", "to");
        }

        var corners = LightCurve.Of(plan, Bounded(from), to);
        var nights = new List<NightView>();
        for (var day = Night.DayOf(from, plan.Place.Zone); day <= Night.DayOf(to.AddTicks(-1), plan.Place.Zone); day = day.AddDays(1))
        {
            nights.Add(View(directory.Lighting, plan, day));
        }

        var calendar = directory.CalendarOf(lamp);
        return call.ReplyAsync(new PreviewView(
            lamp.Id, Known(plan.Place.Latitude), Known(plan.Place.Longitude), calendar?.Calendar, calendar?.Place?.ToString(), plan.Minimum, nights[0].Sunset, nights[0].Sunrise,
            Points(words, directory.Lighting, plan, corners), nights));
    }

    /// <summary>A programme that need not be saved.</summary>
    public static async Task ProgrammeAsync(Call call)
    {
        var words = Language(call);
        var body = await call.BodyAsync<PreviewBody>();
        if (body.Programme is null)
        {
            throw ProblemException.Bad("\"programme\" is missing.").With("field", "programme");
        }

        if (body is { Lat: null } != body is { Lon: null } || body.Lat is < -90 or > 90 || body.Lon is < -180 or > 180)
        {
            throw ProblemException.Bad("\"lat\" and \"lon\" are degrees, given together.").With("field", "lat");
        }

        if (body.Minimum is < 0 or > 100)
        {
            throw ProblemException.Bad("\"minimum\" lies between 0 and 100 percent.").With("field", "minimum");
        }

        var directory = call.Services.Book.Lighting.Directory;
        var read = LightingSnapshot.Try([new LightItem(LightKind.Programme, Draft, null, LightingApi.Content(body.Programme), 0, "", default)]).Programmes[Draft];
        var place = body is { Lat: { } lat, Lon: { } lon } ? new LampPlace(call.Services.TimeZone, lat, lon) : Sky(call, directory, body.Place);
        var plan = Alone(new LightProgramme(body.Programme.Name ?? Draft, read.Points), place, body.Minimum ?? 0);
        var day = Date(call, body.Date);
        var (night, points) = OneNight(words, directory.Lighting, plan, day);
        await call.ReplyAsync(new PreviewView(null, Known(place.Latitude), Known(place.Longitude), null, null, plan.Minimum, night.Sunset, night.Sunrise, points, [night with { Programme = null, Name = null }]));
    }

    /// <summary>Every programme there is, on one night.</summary>
    public static Task ProgrammesAsync(Call call)
    {
        var words = Language(call);
        var directory = call.Services.Book.Lighting.Directory;
        var place = Sky(call, directory, call.Query("place"));
        var day = Date(call, call.Query("date") is not { } text ? null
            : DateOnly.TryParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out var date) ? date
            : throw ProblemException.Bad("\"date\" is a day such as 2026-06-21.").With("field", "date"));
        var night = Night.Of(day, place);
        return call.ReplyAsync(new TonightView(
            Known(place.Latitude), Known(place.Longitude), Local(night.Sunset, place.Zone), Local(night.Sunrise, place.Zone),
            [.. directory.Lighting.Document.Programmes.Values.OrderBy(p => p.Id, StringComparer.Ordinal).Select(programme =>
            {
                var (view, points) = OneNight(words, directory.Lighting, Alone(programme, place, 0), day);
                return new ProgrammeNight(programme.Id, points, view);
            })]));
    }

    /// <summary>Which programme a calendar names on each night of a year.</summary>
    public static async Task YearAsync(Call call)
    {
        var body = await call.BodyAsync<YearBody>();
        if (body.Year is < FirstYear or > LastYear)
        {
            throw ProblemException.Bad(FormattableString.Invariant($"\"year\" is from {FirstYear} to {LastYear}.")).With("field", "year");
        }

        if ((body.Id is null) == (body.Calendar is null))
        {
            throw ProblemException.Bad("Name a calendar by \"id\", or give one as \"calendar\".").With("field", "id");
        }

        var directory = call.Services.Book.Lighting.Directory;
        var document = directory.Lighting.Document;
        var calendar = (body.Id is { } id ? document.Calendars.GetValueOrDefault(id) : Unsaved(directory.Lighting, body.Calendar!)) ?? throw ProblemException.Missing("calendar of that id");
        var plan = new LampPlan(Draft, Sky(call, directory, body.Place)) { Calendar = calendar, Programmes = document.Programmes, Holidays = document.Holidays };
        var nights = new List<YearNight>(366);
        var hours = new Dictionary<string, (int Nights, double Burning, double Full)>(StringComparer.Ordinal);
        for (var day = new DateOnly(body.Year, 1, 1); day.Year == body.Year; day = day.AddDays(1))
        {
            var laid = plan.NightOf(day);
            var (burning, full) = LightCurve.Hours(LightCurve.Of(plan, laid.Night.Begin, laid.Night.End));
            var programme = calendar.ProgrammeOf(day, plan.Holidays);
            nights.Add(new YearNight(day, programme, calendar.RuleOf(day, plan.Holidays), Local(laid.Night.Sunset, plan.Place.Zone), Local(laid.Night.Sunrise, plan.Place.Zone)));
            var sum = hours.GetValueOrDefault(programme ?? "");
            hours[programme ?? ""] = (sum.Nights + 1, sum.Burning + burning, sum.Full + full);
        }

        await call.ReplyAsync(new YearView(
            body.Year,
            [.. hours.OrderByDescending(h => h.Value.Nights).ThenBy(h => h.Key, StringComparer.Ordinal).Select(h => new YearProgramme(
                h.Key.Length == 0 ? null : h.Key, h.Key.Length == 0 ? null : LightWords.NameOf(directory.Lighting, LightKind.Programme, h.Key), h.Value.Nights, Math.Round(h.Value.Burning, 2), Math.Round(h.Value.Full, 2)))],
            nights));
    }

    /// <summary>The language that is asked for: <c>?lang=</c>, else the first of the caller's own that is known here, else Vietnamese.</summary>
    public static ServerWords Language(Call call) => call.Query("lang") switch
    {
        "vi" => ServerWords.Vi,
        "en" => ServerWords.En,
        null => call.Http.Request.GetTypedHeaders().AcceptLanguage
            .OrderByDescending(l => l.Quality ?? 1)
            .Select(l => l.Value.AsSpan().StartsWith("vi", StringComparison.OrdinalIgnoreCase) ? ServerWords.Vi : l.Value.AsSpan().StartsWith("en", StringComparison.OrdinalIgnoreCase) ? ServerWords.En : null)
            .FirstOrDefault(w => w is not null) ?? ServerWords.Vi,
        _ => throw ProblemException.Bad("\"lang\" is vi or en."),
    };

    private static (NightView Night, IReadOnlyList<PointView> Points) OneNight(ServerWords words, LightingSnapshot lighting, LampPlan plan, DateOnly day)
    {
        var night = plan.NightOf(day).Night;
        return (View(lighting, plan, day), Points(words, lighting, plan, LightCurve.Of(plan, night.Begin, night.End)));
    }

    private static NightView View(LightingSnapshot lighting, LampPlan plan, DateOnly day)
    {
        var laid = plan.NightOf(day);
        var (night, zone) = (laid.Night, plan.Place.Zone);
        var (dusk, dawn) = NightSky.Of(night, plan.Place);
        var (burning, full) = LightCurve.Hours(LightCurve.Of(plan, night.Begin, night.End));
        return new NightView(
            day, Local(night.Begin, zone), Local(night.End, zone), Local(night.Sunset, zone), Local(night.Sunrise, zone), Local(dusk, zone), Local(dawn, zone),
            laid.Programme?.Id, laid.Programme is { } programme ? LightWords.NameOf(lighting, LightKind.Programme, programme.Id) : null, plan.Calendar?.RuleOf(day, plan.Holidays),
            [.. laid.Times.Select(t => Local(t, zone))], Math.Round(burning, 3), Math.Round(full, 3));
    }

    private static IReadOnlyList<PointView> Points(ServerWords words, LightingSnapshot lighting, LampPlan plan, IReadOnlyList<CurvePoint> corners) =>
        [.. corners.Select(c => new PointView(Local(c.At, plan.Place.Zone), Math.Round(c.Level.Percent, 3), c.Level.Reason, LightWords.Why(words, lighting, c.Level, plan.Place.Zone)))];

    // It names programmes and holidays that are kept.
    private static LightCalendar Unsaved(LightingSnapshot lighting, LightingApi.CalendarBody body) => LightingSnapshot.Try(
        [.. lighting.Of(LightKind.Programme), .. lighting.Of(LightKind.Holidays), new LightItem(LightKind.Calendar, Draft, null, LightingApi.Content(body), 0, "", default)]).Calendars[Draft];

    // A lamp that knows this one programme.
    private static LampPlan Alone(LightProgramme programme, LampPlace place, double minimum) => new(Draft, place)
    {
        Calendar = new LightCalendar(Draft, programme.Id, []),
        Programmes = new Dictionary<string, LightProgramme>(StringComparer.Ordinal) { [programme.Id] = programme },
        Minimum = minimum,
    };

    // The middle of the lamps there; of a city without lamps, the middle of what it has.
    private static LampPlace Sky(Call call, LampDirectory directory, string? place)
    {
        var target = LightTarget.City;
        if (place is not null && !LightTarget.TryParse(place, out target))
        {
            throw ProblemException.Bad("\"place\" is city, ward/NAME, street/ID, group/ID or lamp/ID.").With("field", "place");
        }

        var rows = directory.Of(target).Select(l => l.Row).Where(Stands).ToList();
        rows = rows.Count > 0 ? rows : [.. directory.Registry.Ordered.Where(Stands)];
        return rows.Count == 0 ? new LampPlace(call.Services.TimeZone) : new LampPlace(call.Services.TimeZone, rows.Average(r => r.Lat!.Value), rows.Average(r => r.Lon!.Value));

        static bool Stands(DeviceRow row) => row is { State: Service.Active, Lat: not null, Lon: not null };
    }

    private static DateOnly Date(Call call, DateOnly? date) => date is not { } day ? Night.DayOf(call.Services.Time.GetUtcNow(), call.Services.TimeZone)
        : day.Year is >= FirstYear and <= LastYear ? day
        : throw ProblemException.Bad(FormattableString.Invariant($"\"date\" is from {FirstYear} to {LastYear}.")).With("field", "date");

    // Far from the ends of time: a night has a day before and one behind.
    private static DateTimeOffset Bounded(DateTimeOffset from) => from.Year is >= FirstYear and <= LastYear ? from
        : throw ProblemException.Bad(FormattableString.Invariant($"\"from\" is from {FirstYear} to {LastYear}.")).With("field", "from");

    private static DateTimeOffset Local(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone);

    private static DateTimeOffset? Local(DateTimeOffset? at, TimeZoneInfo zone) => at is { } known ? Local(known, zone) : null;

    private static double? Known(double degrees) => double.IsNaN(degrees) ? null : Math.Round(degrees, 6);
}
