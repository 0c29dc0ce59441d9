namespace SmartCity.Edge.Lamps;

/// <summary>
/// Dark or not, from illuminance: dark below 35 lx, light above 70 lx, in between as before (and dark at first). Street lighting's usual photocells switch on at
/// 35 to 70 lx; off at twice that, so that a cloud does not make a street flicker.
/// </summary>
internal sealed class Photocell
{
    /// <summary>Below it is dark, in lux.</summary>
    public const double DarkLux = 35;

    /// <summary>Above it is light, in lux.</summary>
    public const double LightLux = 70;

    private bool _dark = true;

    /// <summary>Is it dark?</summary>
    /// <param name="lux">What was measured; not finite = unchanged.</param>
    public bool IsDark(double lux)
    {
        if (lux < DarkLux)
        {
            _dark = true;
        }
        else if (lux > LightLux)
        {
            _dark = false;
        }

        return _dark;
    }
}
