namespace SmartCity.City;

/// <summary>What the sun does on one day at one place.</summary>
/// <param name="Sunrise">Null when there is none that day.</param>
/// <param name="Sunset">Null when there is none that day.</param>
/// <param name="AlwaysUp">It does not set (true) or does not rise (false), where sunrise or sunset is null.</param>
public readonly record struct SunTimes(DateTimeOffset? Sunrise, DateTimeOffset? Sunset, bool AlwaysUp);

/// <summary>
/// Where the sun stands: the equations of NOAA's solar calculator (Global Monitoring Laboratory), which are those of Jean Meeus,
/// Astronomical Algorithms, chapter 25. Good to about a minute between 72° N and S, from 1900 to 2100. Pure, no allocation.
/// </summary>
public static class Sun
{
    /// <summary>The sun's upper edge touches the horizon: radius 16′ and refraction 34′ below it.</summary>
    private const double RiseElevation = -0.833;

    private const double Degree = Math.PI / 180;

    /// <summary>The sun's height over the horizon in degrees, without refraction.</summary>
    /// <param name="unixNs">When, Unix ns.</param>
    /// <param name="latitude">Degrees north, −90 … 90.</param>
    /// <param name="longitude">Degrees east, −180 … 180.</param>
    public static double Elevation(long unixNs, double latitude, double longitude)
    {
        var days = unixNs / 86_400e9;
        var (declination, equationOfTime) = Position(days);
        var minutes = ((days - Math.Floor(days)) * 1440) + equationOfTime + (4 * longitude);
        var hourAngle = ((minutes / 4) - 180) * Degree;
        var phi = latitude * Degree;
        var sine = (Math.Sin(phi) * Math.Sin(declination)) + (Math.Cos(phi) * Math.Cos(declination) * Math.Cos(hourAngle));
        return Math.Asin(Math.Clamp(sine, -1, 1)) / Degree;
    }

    /// <summary>Sunrise and sunset of a local day.</summary>
    /// <param name="day">The day, in local time.</param>
    /// <param name="offset">Local time's offset from UTC.</param>
    /// <param name="latitude">Degrees north, −90 … 90.</param>
    /// <param name="longitude">Degrees east, −180 … 180.</param>
    public static SunTimes Times(DateOnly day, TimeSpan offset, double latitude, double longitude)
    {
        var midnight = (day.ToDateTime(TimeOnly.MinValue) - offset - DateTime.UnixEpoch).TotalDays;
        var rise = Crossing(midnight, offset, latitude, longitude, rising: true, out var alwaysUp);
        var set = Crossing(midnight, offset, latitude, longitude, rising: false, out _);
        return new SunTimes(ToTime(rise, offset), ToTime(set, offset), alwaysUp);
    }

    /// <summary>When the sun stands highest on a local day; half a day later it stands lowest.</summary>
    /// <inheritdoc cref="Times"/>
    public static DateTimeOffset Noon(DateOnly day, TimeSpan offset, double longitude)
    {
        var midnight = (day.ToDateTime(TimeOnly.MinValue) - offset - DateTime.UnixEpoch).TotalDays;
        var found = midnight + 0.5;
        for (var round = 0; round < 2; round++)
        {
            found = midnight + ((720 - (4 * longitude) - Position(found).EquationOfTime + offset.TotalMinutes) / 1440);
        }

        return ToTime(found, offset)!.Value;
    }

    private static DateTimeOffset? ToTime(double days, TimeSpan offset) =>
        double.IsNaN(days) ? null : new DateTimeOffset(DateTime.UnixEpoch.AddDays(days), TimeSpan.Zero).ToOffset(offset);

    // Days since the epoch. Starts from local noon and improves three times with the sun's place at the moment just found.
    private static double Crossing(double midnight, TimeSpan offset, double latitude, double longitude, bool rising, out bool alwaysUp)
    {
        alwaysUp = false;
        var found = midnight + 0.5;
        for (var round = 0; round < 3; round++)
        {
            var (declination, equationOfTime) = Position(found);
            var phi = latitude * Degree;
            var cosine = (Math.Sin(RiseElevation * Degree) - (Math.Sin(phi) * Math.Sin(declination))) / (Math.Cos(phi) * Math.Cos(declination));
            if (cosine is < -1 or > 1)
            {
                alwaysUp = cosine < -1;
                return double.NaN;
            }

            var hourAngle = Math.Acos(cosine) / Degree;
            var localMinutes = 720 - (4 * (longitude + (rising ? hourAngle : -hourAngle))) - equationOfTime + offset.TotalMinutes;
            found = midnight + (localMinutes / 1440);
        }

        return found;
    }

    // Declination in radians and equation of time in minutes, at days since the Unix epoch.
    private static (double Declination, double EquationOfTime) Position(double days)
    {
        var t = (days - 10_957.5) / 36_525; // Julian centuries since J2000.0, which was day 10957.5 of the epoch
        var meanLongitude = (280.46646 + (t * (36_000.76983 + (t * 0.0003032)))) % 360;
        var anomaly = (357.52911 + (t * (35_999.05029 - (0.0001537 * t)))) * Degree;
        var eccentricity = 0.016708634 - (t * (0.000042037 + (0.0000001267 * t)));
        var centre = (Math.Sin(anomaly) * (1.914602 - (t * (0.004817 + (0.000014 * t)))))
            + (Math.Sin(2 * anomaly) * (0.019993 - (0.000101 * t)))
            + (Math.Sin(3 * anomaly) * 0.000289);
        var node = (125.04 - (1934.136 * t)) * Degree;
        var apparent = (meanLongitude + centre - 0.00569 - (0.00478 * Math.Sin(node))) * Degree;
        var meanObliquity = 23 + ((26 + ((21.448 - (t * (46.815 + (t * (0.00059 - (t * 0.001813)))))) / 60)) / 60);
        var obliquity = (meanObliquity + (0.00256 * Math.Cos(node))) * Degree;
        var declination = Math.Asin(Math.Sin(obliquity) * Math.Sin(apparent));

        var y = Math.Tan(obliquity / 2);
        y *= y;
        var l = meanLongitude * Degree;
        var equation = (y * Math.Sin(2 * l))
            - (2 * eccentricity * Math.Sin(anomaly))
            + (4 * eccentricity * y * Math.Sin(anomaly) * Math.Cos(2 * l))
            - (0.5 * y * y * Math.Sin(4 * l))
            - (1.25 * eccentricity * eccentricity * Math.Sin(2 * anomaly));
        return (declination, 4 * equation / Degree);
    }
}
