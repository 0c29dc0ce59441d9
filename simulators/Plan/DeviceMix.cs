namespace SmartCity.Simulators.Plan;

/// <summary>How many devices of each kind a city of a given size has.</summary>
internal static class DeviceMix
{
    // Shares of a mid-sized Vietnamese city's street equipment: lamps are most of it; fire devices are many because the
    // storm scenario wants hundreds of detectors.
    private static readonly (string Kind, double Share)[] Shares =
    [
        (KindNames.Streetlight, 0.550),
        (KindNames.FireDetector, 0.150),
        (KindNames.CallPoint, 0.030),
        (KindNames.Environment, 0.030),
        (KindNames.WaterLevel, 0.006),
        (KindNames.RainGauge, 0.008),
        (KindNames.PowerCabinet, 0.025),
        (KindNames.WasteBin, 0.060),
        (KindNames.TrafficCounter, 0.040),
        (KindNames.WifiAccessPoint, 0.030),
        (KindNames.Camera, 0.040),
        (KindNames.Manhole, 0.026),
    ];

    /// <summary>Counts by kind that add up to <paramref name="devices"/>; from a dozen devices on, every kind is there, and each of the
    /// <paramref name="gateways"/> has the one cabinet that feeds its lamps.</summary>
    public static Dictionary<string, int> Of(int devices, int gateways)
    {
        var counts = Shares.ToDictionary(s => s.Kind, s => (int)(s.Share * devices), StringComparer.Ordinal);
        if (devices >= Shares.Length)
        {
            foreach (var (kind, _) in Shares)
            {
                counts[kind] = Math.Max(1, counts[kind]);
            }

            counts[KindNames.PowerCabinet] = gateways;
        }

        // Rounding is settled with the lamps, of which there are always most.
        counts[KindNames.Streetlight] += devices - counts.Values.Sum();
        return counts;
    }
}
