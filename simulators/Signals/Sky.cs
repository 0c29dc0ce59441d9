namespace SmartCity.Simulators.Signals;

/// <summary>Sun and weather over the city: plausible, not a forecast.</summary>
internal static class Sky
{
    /// <summary>For every minute of the day the part of the traffic before it.</summary>
    private static readonly double[] Passed = Accumulate();

    /// <summary>Height of the sun in degrees, by the usual low-precision formula (good to about a degree).</summary>
    public static double SunElevation(in Moment m)
    {
        var declination = -23.44 * Math.Cos(Math.Tau * (m.Season + (10 / 365.25)));
        var solarHour = (m.Seconds / 3_600 % 24) + (m.At.Lon / 15);
        var hourAngle = (solarHour - 12) * 15;
        var sine = (Sin(m.At.Lat) * Sin(declination)) + (Cos(m.At.Lat) * Cos(declination) * Cos(hourAngle));
        return Math.Asin(Math.Clamp(sine, -1, 1)) * 180 / Math.PI;
    }

    /// <summary>Air temperature in °C: January about 17, July about 30, warmest at 14:00.</summary>
    public static double Temperature(in Moment m)
    {
        var season = 24 - (6.5 * Math.Cos(Math.Tau * (m.Season - 0.04)));
        var day = 3.5 * Math.Cos(Math.Tau * (m.Hour - 14) / 24);
        return season + day + (1.8 * Shared(m, 1, 30 * 3_600)) + (0.4 * m.Wander(1, 900)) - Math.Min(3, Rain(m) * 0.1);
    }

    /// <summary>Relative humidity in percent, 35 … 99.</summary>
    public static double Humidity(in Moment m)
    {
        var day = -11 * Math.Cos(Math.Tau * (m.Hour - 14) / 24);
        return Math.Clamp(80 + day + (7 * Shared(m, 2, 40 * 3_600)) + (1.5 * m.Wander(2, 1_200)) + Math.Min(12, Rain(m)), 35, 99);
    }

    /// <summary>Rain in mm/h, 0 … about 60: mostly dry, showers of an hour or two, more of them in summer.</summary>
    public static double Rain(in Moment m)
    {
        var wet = 0.30 + (0.25 * Math.Cos(Math.Tau * (m.Season - 0.66)));
        var front = Shared(m, 3, 7 * 3_600) - (1 - wet);
        return front <= 0 ? 0 : front * 60 * (0.6 + (0.4 * Shared(m, 4, 1_500)));
    }

    /// <summary>Air pressure at the ground in hPa.</summary>
    public static double Pressure(in Moment m) =>
        1_009 + (8 * Math.Cos(Math.Tau * m.Season)) + (1.2 * Math.Cos(Math.Tau * (m.Hour - 10) / 12)) + (4 * Shared(m, 5, 60 * 3_600));

    /// <summary>How busy the streets are, 0 … 1: two rushes a day, quiet nights.</summary>
    public static double Rush(in Moment m) => RushAt(m.Hour);

    /// <summary>The part of a day's traffic that has passed since midnight, 0 … 1.</summary>
    public static double RushSoFar(in Moment m)
    {
        var minutes = m.Hour * 60;
        var whole = Math.Min((int)minutes, Passed.Length - 2);
        return Passed[whole] + ((minutes - whole) * (Passed[whole + 1] - Passed[whole]));
    }

    private static double RushAt(double hour)
    {
        var busy = (0.85 * Bell(hour, 7.2, 1.1)) + Bell(hour, 17.3, 1.3) + (0.45 * Bell(hour, 12, 3.6)) + (0.3 * Bell(hour, 20, 1.5));
        return Math.Clamp(0.03 + (0.9 * busy), 0, 1);
    }

    private static double[] Accumulate()
    {
        var passed = new double[(24 * 60) + 1];
        for (var minute = 1; minute < passed.Length; minute++)
        {
            passed[minute] = passed[minute - 1] + RushAt((minute - 0.5) / 60);
        }

        return [.. passed.Select(p => p / passed[^1])];
    }

    private static double Shared(in Moment m, ulong salt, double period) => Noise.Smooth(m.City ^ Noise.Hash(salt), m.Seconds, period);

    private static double Bell(double hour, double peak, double width)
    {
        var distance = (hour - peak) / width;
        return Math.Exp(-0.5 * distance * distance);
    }

    private static double Sin(double degrees) => Math.Sin(degrees * Math.PI / 180);

    private static double Cos(double degrees) => Math.Cos(degrees * Math.PI / 180);
}
