using System.Globalization;

namespace SmartCity.City;

/// <summary>Reads one rule of a calendar: <c>from</c> and <c>to</c> as dates or, for every year, as <c>06-01</c>; <c>weekdays</c> as <c>mon</c> … <c>sun</c>;
/// <c>nth</c> as 1 … 5 or −1 for the last; <c>holidays</c>.</summary>
internal static class CalendarRuleReader
{
    public static readonly string[] Weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public static CalendarRule Read(JsonMember rule, string programme, string? holidays)
    {
        var weekdays = new List<DayOfWeek>();
        rule.Items("weekdays", 7, item =>
        {
            var day = Array.IndexOf(Weekdays, item.AsText());
            if (day < 0)
            {
                item.Fault("is no weekday; write mon, tue, wed, thu, fri, sat or sun");
            }

            weekdays.Add((DayOfWeek)day);
        });
        var nth = new List<int>();
        rule.Items("nth", 6, item =>
        {
            var n = (int)(item.AsWhole(-1, 5) ?? 0);
            if (n == 0)
            {
                item.Fault("is none of 1, 2, 3, 4, 5 and -1 (the last)");
            }

            nth.Add(n);
        });
        if (nth.Count > 0 && weekdays.Count == 0)
        {
            rule.Fault("nth", "needs weekdays: the first what?");
        }

        var (from, to) = (rule.Text("from", 10), rule.Text("to", 10));
        var read = new CalendarRule(programme) { Weekdays = weekdays, Nth = nth, Holidays = holidays };
        if (from is { Length: 5 } && to is { Length: 5 })
        {
            return read with { Yearly = (MonthDayOf(rule, "from", from), MonthDayOf(rule, "to", to)) };
        }

        read = read with { From = DateOf(rule, "from", from), To = DateOf(rule, "to", to) };
        if (read.To < read.From)
        {
            rule.Fault("to", $"{to} is before {from}");
        }

        return read;
    }

    public static bool TryDate(string? text, out DateOnly date) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);

    private static DateOnly? DateOf(JsonMember rule, string name, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (!TryDate(text, out var date))
        {
            rule.Fault(name, $"'{text}' is no date; write 2026-06-01 (or both ends as 06-01 for every year)");
        }

        return date;
    }

    // 2024 was a leap year: 29 February is a day of some years.
    private static MonthDay MonthDayOf(JsonMember rule, string name, string text)
    {
        if (!TryDate("2024-" + text, out var date))
        {
            rule.Fault(name, $"'{text}' is no day of a year; write 06-01");
        }

        return MonthDay.Of(date);
    }
}
