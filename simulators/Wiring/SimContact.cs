using SmartCity.Simulators.Chips;

namespace SmartCity.Simulators.Wiring;

/// <summary>A contact that stands for a metric of its device.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Line">The wire.</param>
internal sealed record SimContact(string Metric, SimLine Line);

/// <summary>A tipping bucket of 0.2 mm: water gathers, and each tip closes the contact for a moment.</summary>
internal sealed class SimBucket(SimLine line)
{
    /// <summary>Rain of one tip, in mm.</summary>
    public const double Tip = 0.2;

    /// <summary>More than this does not gather: the funnel runs over (at one tip a second that is beyond 720 mm/h).</summary>
    private const double Brim = 2;

    private double _water;

    /// <summary>A second's rain, in mm. A bucket tips once a second at most: it needs its time to swing.</summary>
    public void Rain(double millimetres)
    {
        _water = Math.Min(_water + millimetres, Brim);
        if (_water >= Tip)
        {
            _water -= Tip;
            line.Level = true;
            line.Level = false;
        }
    }
}
