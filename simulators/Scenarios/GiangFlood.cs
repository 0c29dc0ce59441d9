namespace SmartCity.Simulators.Scenarios;

/// <summary>The Mã at Giàng in August 2025 (reference flood-stages), as a curve of level over time.</summary>
internal static class GiangFlood
{
    private static readonly TimeSpan Local = TimeSpan.FromHours(7);

    // Known: the levels of 24 Aug 13:00, 26 Aug 01:00 and 27 Aug 07:00, and that alarm I (4.00 m) was passed between 03:00 and
    // 05:00 on the 26th. Forecast: below alarm III (6.50 m) 6 to 12 hours after the crest. The points after that are ours: how
    // the Mã usually falls, so that the alert's end can be shown.
    private static readonly (DateTimeOffset At, double Metres)[] Points =
    [
        (On(24, 13), 1.36),
        (On(26, 1), 3.46),
        (On(26, 4), 4.00),
        (On(27, 7), 6.62),
        (On(27, 16), 6.50),
        (On(28, 13), 5.45),
        (On(29, 13), 3.90),
        (On(31, 13), 1.90),
    ];

    private static readonly MonotoneCurve Curve = new([.. Points.Select(p => ((p.At - Start).TotalHours, p.Metres))]);

    /// <summary>24 August 2025, 13:00 local time.</summary>
    public static DateTimeOffset Start => On(24, 13);

    /// <summary>27 August 2025, 07:00 local time: 6.62 m.</summary>
    public static DateTimeOffset Crest => On(27, 7);

    /// <summary>31 August 2025, 13:00 local time.</summary>
    public static DateTimeOffset End => On(31, 13);

    /// <summary>The level in metres at the gauge's datum.</summary>
    public static double Level(DateTimeOffset at) => Curve.At((at - Start).TotalHours);

    private static DateTimeOffset On(int day, int hour) => new(2025, 8, day, hour, 0, 0, Local);
}
