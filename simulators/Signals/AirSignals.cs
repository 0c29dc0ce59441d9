namespace SmartCity.Simulators.Signals;

/// <summary>Environment stations: weather from the shared sky, dust and gases from the traffic and the season.</summary>
internal static class AirSignals
{
    /// <summary>By metric name: any kind with these metrics may use them.</summary>
    public static Dictionary<string, Signal> All { get; } = new(StringComparer.Ordinal)
    {
        ["temperature_celsius"] = static (in Moment m) => Sky.Temperature(m),
        ["relative_humidity_percent"] = static (in Moment m) => Sky.Humidity(m),
        ["pressure_hpa"] = static (in Moment m) => Sky.Pressure(m),
        ["pm2_5_ug_m3"] = static (in Moment m) => Dust(m),
        ["pm10_ug_m3"] = static (in Moment m) => (Dust(m) * 1.55) + 6 + (3 * m.Wander(11, 1_500)),
        ["no2_ug_m3"] = static (in Moment m) => 12 + (38 * Sky.Rush(m)) + (5 * m.Wander(12, 2_400)),
        ["co_ug_m3"] = static (in Moment m) => 600 + (1_500 * Sky.Rush(m)) + (150 * m.Wander(13, 2_400)),
        ["so2_ug_m3"] = static (in Moment m) => 14 + (6 * m.Wander(14, 5_400)),
        ["o3_ug_m3"] = static (in Moment m) => 25 + (55 * Math.Max(0, Math.Sin(Math.PI * Sky.SunElevation(m) / 180))) + (6 * m.Wander(15, 3_600)),
        ["noise_db"] = static (in Moment m) => 42 + (26 * Math.Sqrt(Sky.Rush(m))) + (3 * m.Wander(16, 300)),
        ["wind_speed_m_s"] = static (in Moment m) => Math.Max(0, 2.2 + (1.6 * m.Wander(17, 2_700)) + (0.05 * Sky.Rain(m))),
        ["wind_direction_degree"] = static (in Moment m) => 180 + (170 * m.Wander(18, 20_000)),
        ["uv_index"] = static (in Moment m) => Math.Max(0, 11 * Math.Sin(Math.PI * Sky.SunElevation(m) / 180)),
        ["co2_ppm"] = static (in Moment m) => 425 + (60 * Sky.Rush(m)) + (12 * m.Wander(20, 2_400)),
        // The noon sun gives some 110,000 lx; street lamps leave a few at night.
        ["illuminance_lux"] = static (in Moment m) => 4 + (110_000 * Math.Max(0, Math.Sin(Math.PI * Sky.SunElevation(m) / 180))),
        ["battery_volt"] = static (in Moment m) => 3.9 + (0.15 * m.Trait(19)) + (0.08 * m.Wander(19, 40_000)),
    };

    /// <summary>PM2.5: worse in winter, in rushes and in still air; rain washes it out. 5 … about 90 µg/m³.</summary>
    private static double Dust(in Moment m)
    {
        var season = 30 + (14 * Math.Cos(Math.Tau * m.Season));
        var washed = 1 / (1 + (Sky.Rain(m) * 0.15));
        return Math.Max(5, (season + (22 * Sky.Rush(m)) + (9 * m.Wander(10, 9_000))) * washed);
    }
}
