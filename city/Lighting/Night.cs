namespace SmartCity.City;

/// <summary>Where a lamp stands: the clock on its wall and the sun over it.</summary>
/// <param name="Zone">Local time.</param>
/// <param name="Latitude">Degrees north; NaN when unknown.</param>
/// <param name="Longitude">Degrees east; NaN when unknown.</param>
public sealed record LampPlace(TimeZoneInfo Zone, double Latitude = double.NaN, double Longitude = double.NaN);

/// <summary>
/// One night at one place, local noon to local noon, and when it is dark in it.
/// <list type="bullet">
/// <item>Where the sun does not set that night there is no dark: sunset and sunrise fall together at the sun's lowest, whatever their offsets.</item>
/// <item>Where the sun does not rise it is dark from noon to noon: sunset is the first noon and sunrise the second, whatever their offsets.</item>
/// <item>Where nobody knows where the lamp stands, sunset is 17:00 and sunrise 07:00 local: earlier and later than either ever is between 25° N and
/// 25° S of a place that keeps its own time, so no street is dark for want of a coordinate.</item>
/// </list>
/// A fixed time that the clock leaves out that night (it is put forward) is where it would have been; one that comes twice is the first.
/// </summary>
public sealed class Night
{
    private static readonly TimeSpan UnknownSunset = TimeSpan.FromHours(17);
    private static readonly TimeSpan UnknownSunrise = TimeSpan.FromHours(7);

    private readonly LampPlace _place;
    private readonly bool _shortest;
    private readonly bool _longestBegin;
    private readonly bool _longestEnd;

    private Night(DateOnly day, LampPlace place)
    {
        _place = place;
        Day = day;
        Begin = At(day, TimeSpan.FromHours(12));
        End = At(day.AddDays(1), TimeSpan.FromHours(12));
        if (double.IsNaN(place.Latitude) || double.IsNaN(place.Longitude))
        {
            Sunset = At(day, UnknownSunset);
            Sunrise = At(day.AddDays(1), UnknownSunrise);
            return;
        }

        var evening = Sun.Times(day, place.Zone.GetUtcOffset(Begin), place.Latitude, place.Longitude);
        var morning = Sun.Times(day.AddDays(1), place.Zone.GetUtcOffset(End), place.Latitude, place.Longitude);
        var lowest = Sun.Noon(day, place.Zone.GetUtcOffset(Begin), place.Longitude).AddHours(12);
        _longestBegin = evening is { Sunset: null, AlwaysUp: false };
        _longestEnd = morning is { Sunrise: null, AlwaysUp: false };
        _shortest = evening is { Sunset: null, AlwaysUp: true } && morning is { Sunrise: null, AlwaysUp: true };
        Sunset = Within(_longestBegin ? Begin : evening.Sunset ?? lowest);
        Sunrise = Within(_longestEnd ? End : morning.Sunrise ?? lowest);
    }

    /// <summary>The date on which it begins.</summary>
    public DateOnly Day { get; }

    /// <summary>Local noon of <see cref="Day"/>.</summary>
    public DateTimeOffset Begin { get; }

    /// <summary>Local noon of the day after, which belongs to the next night.</summary>
    public DateTimeOffset End { get; }

    /// <summary>When it gets dark, to the second.</summary>
    public DateTimeOffset Sunset { get; }

    /// <summary>When it is no longer dark, to the second; not before <see cref="Sunset"/> but for a place whose clock is far from the sun.</summary>
    public DateTimeOffset Sunrise { get; }

    /// <summary>The night an instant belongs to.</summary>
    public static Night Of(DateTimeOffset instant, LampPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        return new Night(DayOf(instant, place.Zone), place);
    }

    /// <summary>The night that begins on a day.</summary>
    public static Night Of(DateOnly day, LampPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        return new Night(day, place);
    }

    /// <summary>The day whose noon came last before (or at) an instant.</summary>
    public static DateOnly DayOf(DateTimeOffset instant, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(instant, zone).DateTime;
        return DateOnly.FromDateTime(local.Hour >= 12 ? local : local.AddDays(-1));
    }

    /// <summary>Is it dark?</summary>
    public bool IsDark(DateTimeOffset instant) => instant >= Sunset && instant < Sunrise;

    /// <summary>When a point comes in this night; never before <see cref="Begin"/> nor after <see cref="End"/>.</summary>
    public DateTimeOffset InstantOf(SwitchTime time) => time.Base switch
    {
        SwitchBase.Clock => At(time.Minutes >= 720 ? Day : Day.AddDays(1), TimeSpan.FromMinutes(time.Minutes)),
        SwitchBase.Sunset => _longestBegin || _shortest ? Sunset : Within(Sunset.AddMinutes(time.Minutes)),
        _ => _longestEnd || _shortest ? Sunrise : Within(Sunrise.AddMinutes(time.Minutes)),
    };

    private DateTimeOffset At(DateOnly day, TimeSpan time)
    {
        var local = day.ToDateTime(TimeOnly.MinValue) + time;
        var offset = _place.Zone.IsAmbiguousTime(local)
            ? _place.Zone.GetAmbiguousTimeOffsets(local).Max()
            : _place.Zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }

    // Whole seconds: two processors may differ in the last bit of a cosine, and must not differ in a switch point.
    private DateTimeOffset Within(DateTimeOffset instant)
    {
        var whole = new DateTimeOffset((instant.UtcTicks + (TimeSpan.TicksPerSecond / 2)) / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
        return whole < Begin ? Begin : whole > End ? End : whole;
    }
}
