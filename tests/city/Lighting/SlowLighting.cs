namespace SmartCity.City.Tests;

/// <summary>
/// The level of a lamp worked out slowly and plainly, a second at a time, from the words of lighting.md and of <see cref="LightProgramme"/>; it shares nothing
/// with <see cref="City.Lighting"/> but the sun.
/// </summary>
internal sealed class SlowLighting(LampPlan lamp)
{
    private readonly Dictionary<DateOnly, double[]?> _nights = [];

    public (double Percent, LightReason Reason) Level(DateTimeOffset instant)
    {
        var zone = lamp.Place.Zone;
        var local = instant.ToOffset(zone.GetUtcOffset(instant));
        var day = DateOnly.FromDateTime(local.Date);
        if (local.TimeOfDay < TimeSpan.FromHours(12))
        {
            day = day.AddDays(-1);
        }

        var noon = Noon(day);
        if (!_nights.TryGetValue(day, out var night))
        {
            _nights[day] = night = Walk(day);
        }

        var second = (int)(instant - noon).TotalSeconds;
        var best = lamp.Overrides
            .Where(o => o.Start <= instant && (o.Expires is null || instant < o.Expires))
            .OrderByDescending(o => o.Priority).ThenByDescending(o => o.Start).ThenByDescending(o => o.Id.Length).ThenByDescending(o => o.Id, StringComparer.Ordinal)
            .FirstOrDefault();
        var (percent, reason) = best is not null ? (best.Level, LightReason.Override)
            : night is null ? (100, LightReason.Default)
            : (night[second], LightReason.Programme);
        var (sunset, sunrise, _, _) = Dark(day);
        return (second >= sunset && second < sunrise ? Math.Max(percent, lamp.Minimum) : percent, reason);
    }

    private DateTimeOffset Noon(DateOnly day)
    {
        var local = day.ToDateTime(new TimeOnly(12, 0));
        return new DateTimeOffset(local, lamp.Place.Zone.GetUtcOffset(local));
    }

    // The programme's level at every second since noon; null when none is in force.
    private double[]? Walk(DateOnly day)
    {
        if (Programme(day) is not { } programme)
        {
            return null;
        }

        var length = (int)(Noon(day.AddDays(1)) - Noon(day)).TotalSeconds;
        var at = programme.Points.Select(p => Second(day, p.At, length)).ToList();
        for (var i = 1; i < at.Count; i++)
        {
            at[i] = Math.Max(at[i], i == at.Count - 1 ? at[0] : at[i - 1]);
        }

        for (var i = 0; i < at.Count; i++)
        {
            at[i] = Math.Min(at[i], at[^1]);
        }

        var levels = new double[length];
        double level = 0, from = 0, to = 0;
        var (began, ramp) = (0, 0.0);
        for (var second = 0; second < length; second++)
        {
            level = second - began >= ramp ? to : from + ((to - from) * (second - began) / ramp);
            for (var i = 0; i < at.Count; i++)
            {
                if (at[i] == second)
                {
                    (from, to, began, ramp) = (level, programme.Points[i].Level, second, programme.Points[i].Ramp.TotalSeconds);
                    level = ramp > 0 ? from : to;
                }
            }

            levels[second] = level;
        }

        return levels;
    }

    private LightProgramme? Programme(DateOnly day)
    {
        if (lamp.Calendar is null)
        {
            return null;
        }

        var name = lamp.Calendar.Rules.FirstOrDefault(r => Speaks(r, day))?.Programme ?? lamp.Calendar.Default;
        return name is null ? null : lamp.Programmes[name];
    }

    private bool Speaks(CalendarRule rule, DateOnly day)
    {
        if (rule.From is { } from && day.DayNumber < from.DayNumber || rule.To is { } to && day.DayNumber > to.DayNumber)
        {
            return false;
        }

        if (rule.Yearly is { } yearly)
        {
            // Walks from the range's beginning through a leap year until its end; is this day on the way?
            var walker = new DateOnly(2024, yearly.From.Month, yearly.From.Day);
            var found = false;
            for (var step = 0; step < 366; step++)
            {
                found |= (walker.Month, walker.Day) == (day.Month, day.Day);
                if ((walker.Month, walker.Day) == (yearly.To.Month, yearly.To.Day))
                {
                    break;
                }

                walker = walker.AddDays(1).Year == 2024 ? walker.AddDays(1) : new DateOnly(2024, 1, 1);
            }

            if (!found)
            {
                return false;
            }
        }

        if (rule.Weekdays.Count > 0 && !rule.Weekdays.Contains(day.DayOfWeek))
        {
            return false;
        }

        if (rule.Nth.Count > 0)
        {
            var same = Enumerable.Range(1, DateTime.DaysInMonth(day.Year, day.Month))
                .Select(d => new DateOnly(day.Year, day.Month, d)).Where(d => d.DayOfWeek == day.DayOfWeek).ToList();
            if (!rule.Nth.Any(n => n == -1 ? same[^1] == day : n <= same.Count && same[n - 1] == day))
            {
                return false;
            }
        }

        return rule.Holidays is null || lamp.Holidays[rule.Holidays].Any(d => d == day);
    }

    private int Second(DateOnly day, SwitchTime time, int length)
    {
        if (time.Base == SwitchBase.Clock)
        {
            // The first second at which the clock on the wall shows it; when it never does, where it would have been.
            var noon = Noon(day);
            for (var second = 0; second < length; second += 60)
            {
                var wall = TimeZoneInfo.ConvertTime(noon.AddSeconds(second), lamp.Place.Zone);
                if ((wall.Hour * 60) + wall.Minute == time.Minutes)
                {
                    return second;
                }
            }

            return ((time.Minutes + 720) % 1440) * 60;
        }

        var (sunset, sunrise, fixedSunset, fixedSunrise) = Dark(day);
        var (at, stays) = time.Base == SwitchBase.Sunset ? (sunset, fixedSunset) : (sunrise, fixedSunrise);
        return stays ? at : Math.Clamp(at + (time.Minutes * 60), 0, length);
    }

    private (int Sunset, int Sunrise, bool FixedSunset, bool FixedSunrise) Dark(DateOnly day)
    {
        var (noon, next) = (Noon(day), Noon(day.AddDays(1)));
        var length = (int)(next - noon).TotalSeconds;
        int Since(DateTimeOffset at) => Math.Clamp((int)Math.Round((at - noon).TotalSeconds, MidpointRounding.AwayFromZero), 0, length);
        var place = lamp.Place;
        if (double.IsNaN(place.Latitude))
        {
            return (5 * 3600, length - (5 * 3600), false, false);
        }

        var evening = Sun.Times(day, noon.Offset, place.Latitude, place.Longitude);
        var morning = Sun.Times(day.AddDays(1), next.Offset, place.Latitude, place.Longitude);
        var lowest = Since(Sun.Noon(day, noon.Offset, place.Longitude).AddHours(12));
        var noNight = evening.Sunset is null && evening.AlwaysUp && morning.Sunrise is null && morning.AlwaysUp;
        var noEvening = evening.Sunset is null && !evening.AlwaysUp;
        var noMorning = morning.Sunrise is null && !morning.AlwaysUp;
        return (
            noEvening ? 0 : evening.Sunset is { } set ? Since(set) : lowest,
            noMorning ? length : morning.Sunrise is { } rise ? Since(rise) : lowest,
            noEvening || noNight,
            noMorning || noNight);
    }
}
