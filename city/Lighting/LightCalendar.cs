namespace SmartCity.City;

/// <summary>A day of a year without its year, for ranges that come every year.</summary>
/// <param name="Month">1 … 12.</param>
/// <param name="Day">1 … 31.</param>
public readonly record struct MonthDay(int Month, int Day) : IComparable<MonthDay>
{
    /// <inheritdoc/>
    public int CompareTo(MonthDay other) => ((Month * 32) + Day).CompareTo((other.Month * 32) + other.Day);

    /// <summary>That of a date.</summary>
    public static MonthDay Of(DateOnly date) => new(date.Month, date.Day);

    /// <summary>Earlier in the year.</summary>
    public static bool operator <(MonthDay left, MonthDay right) => left.CompareTo(right) < 0;

    /// <summary>Later in the year.</summary>
    public static bool operator >(MonthDay left, MonthDay right) => left.CompareTo(right) > 0;

    /// <summary>Not later in the year.</summary>
    public static bool operator <=(MonthDay left, MonthDay right) => left.CompareTo(right) <= 0;

    /// <summary>Not earlier in the year.</summary>
    public static bool operator >=(MonthDay left, MonthDay right) => left.CompareTo(right) >= 0;
}

/// <summary>Which nights get a programme. Every condition that is given must hold of the date on which the night begins; none given = every night.</summary>
/// <param name="Programme">The programme's name.</param>
public sealed record CalendarRule(string Programme)
{
    /// <summary>First date; null = since ever.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Last date, itself too; null = for ever.</summary>
    public DateOnly? To { get; init; }

    /// <summary>A range of every year, both ends too; over New Year when the second is earlier. Null = the whole year.</summary>
    public (MonthDay From, MonthDay To)? Yearly { get; init; }

    /// <summary>Days of the week; empty = all.</summary>
    public IReadOnlyList<DayOfWeek> Weekdays { get; init; } = [];

    /// <summary>Which of those weekdays of a month: 1 … 5, or −1 for the last; empty = each.</summary>
    public IReadOnlyList<int> Nth { get; init; } = [];

    /// <summary>Name of a list of holidays; null = any date.</summary>
    public string? Holidays { get; init; }

    /// <summary>Does it speak of this night?</summary>
    /// <param name="date">The date on which the night begins.</param>
    /// <param name="holidays">Lists by name; a list that is not there has no dates.</param>
    public bool Holds(DateOnly date, IReadOnlyDictionary<string, IReadOnlySet<DateOnly>> holidays)
    {
        ArgumentNullException.ThrowIfNull(holidays);
        return !(date < From)
            && !(date > To)
            && (Yearly is not { } yearly || InYear(MonthDay.Of(date), yearly.From, yearly.To))
            && (Weekdays.Count == 0 || Weekdays.Contains(date.DayOfWeek))
            && (Nth.Count == 0 || Nth.Any(n => IsNth(date, n)))
            && (Holidays is null || (holidays.TryGetValue(Holidays, out var dates) && dates.Contains(date)));
    }

    private static bool InYear(MonthDay day, MonthDay from, MonthDay to) => from <= to ? day >= from && day <= to : day >= from || day <= to;

    private static bool IsNth(DateOnly date, int nth) =>
        nth < 0 ? date.Day + 7 > DateTime.DaysInMonth(date.Year, date.Month) : (date.Day + 6) / 7 == nth;
}

/// <summary>Which programme on which night: the first rule that holds, else the default.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Default">Programme of nights that no rule speaks of; null = none, so that the lamp has its default.</param>
/// <param name="Rules">In order.</param>
public sealed record LightCalendar(string Id, string? Default, IReadOnlyList<CalendarRule> Rules)
{
    /// <summary>Most rules.</summary>
    public const int MostRules = 256;

    /// <summary>Name of the programme of the night that begins on a date; null = none.</summary>
    public string? ProgrammeOf(DateOnly date, IReadOnlyDictionary<string, IReadOnlySet<DateOnly>> holidays) =>
        RuleOf(date, holidays) is { } rule ? Rules[rule].Programme : Default;

    /// <summary>Which rule speaks of the night that begins on a date, from 0; null = none, so that it has the default.</summary>
    public int? RuleOf(DateOnly date, IReadOnlyDictionary<string, IReadOnlySet<DateOnly>> holidays)
    {
        for (var i = 0; i < Rules.Count; i++)
        {
            if (Rules[i].Holds(date, holidays))
            {
                return i;
            }
        }

        return null;
    }
}
