using SmartCity.City;

namespace SmartCity.Ingest.Lights;

/// <summary>How dark a night is beside sunset and sunrise, for who draws it.</summary>
internal static class NightSky
{
    /// <summary>Civil twilight: the sun this far below the horizon, in degrees; lamps are seldom needed before it ends.</summary>
    private const double Civil = -6;

    /// <summary>When civil twilight ends and begins again, to the second; null where the sun stays higher, or nobody knows where the place is.</summary>
    public static (DateTimeOffset? Dusk, DateTimeOffset? Dawn) Of(Night night, LampPlace place)
    {
        if (double.IsNaN(place.Latitude) || double.IsNaN(place.Longitude) || night.Sunrise <= night.Sunset)
        {
            return (null, null);
        }

        var lowest = Sun.Noon(night.Day, night.Begin.Offset, place.Longitude).AddHours(12);
        return lowest <= night.Sunset || lowest >= night.Sunrise || Below(lowest) is false ? (null, null)
            : (Between(night.Sunset, lowest), Between(night.Sunrise, lowest));

        bool Below(DateTimeOffset at) => Sun.Elevation((at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * 100, place.Latitude, place.Longitude) < Civil;

        DateTimeOffset Between(DateTimeOffset light, DateTimeOffset dark)
        {
            while (Math.Abs((dark - light).TotalSeconds) > 0.5)
            {
                var middle = light + ((dark - light) / 2);
                (light, dark) = Below(middle) ? (light, middle) : (middle, dark);
            }

            return dark;
        }
    }
}
