namespace SmartCity.City;

/// <summary>What VN_AQI is made of. Ozone has two tables: of one-hour and of eight-hour means.</summary>
public enum Pollutant
{
    /// <summary>Ozone, 1-hour mean.</summary>
    O3,

    /// <summary>Ozone, largest 8-hour mean of a day.</summary>
    O38h,

    /// <summary>Carbon monoxide.</summary>
    CO,

    /// <summary>Sulphur dioxide.</summary>
    SO2,

    /// <summary>Nitrogen dioxide.</summary>
    NO2,

    /// <summary>Particles up to 10 µm.</summary>
    PM10,

    /// <summary>Particles up to 2.5 µm.</summary>
    PM25,
}

/// <summary>A band of the index.</summary>
/// <param name="Low">First index in it.</param>
/// <param name="High">Last index in it.</param>
/// <param name="Title">Its name.</param>
/// <param name="Red">0–255.</param>
/// <param name="Green">0–255.</param>
/// <param name="Blue">0–255.</param>
public sealed record AqiBand(int Low, int High, Title Title, byte Red, byte Green, byte Blue);

/// <summary>
/// VN_AQI by Decision 1459/QĐ-TCMT of 12 November 2019. All concentrations in µg/m³; NaN means "no data", in and out.
/// Pure and free of allocation.
/// </summary>
public static class VnAqi
{
    /// <summary>How many hourly means Nowcast looks back.</summary>
    public const int NowcastHours = 12;

    /// <summary>Above this an 8-hour mean of ozone gives no index (2.2.2.b): only the 1-hour one counts.</summary>
    private const double OzoneEightHourLimit = 400;

    // Table 2: I_i, then BP_i of each pollutant in the order of the enum. The last row is "≥".
    private static ReadOnlySpan<double> Index => [0, 50, 100, 150, 200, 300, 400, 500];

    /// <summary>Table 1.</summary>
    public static IReadOnlyList<AqiBand> Bands { get; } =
    [
        new(0, 50, new("Tốt", "Good"), 0, 228, 0),
        new(51, 100, new("Trung bình", "Moderate"), 255, 255, 0),
        new(101, 150, new("Kém", "Poor"), 255, 126, 0),
        new(151, 200, new("Xấu", "Bad"), 255, 0, 0),
        new(201, 300, new("Rất xấu", "Very bad"), 143, 63, 151),
        new(301, 500, new("Nguy hại", "Hazardous"), 126, 0, 35),
    ];

    /// <summary>The place in <see cref="Bands"/> of an index.</summary>
    public static int BandOf(int index)
    {
        for (var band = 0; band < Bands.Count - 1; band++)
        {
            if (index <= Bands[band].High)
            {
                return band;
            }
        }

        return Bands.Count - 1;
    }

    /// <summary>
    /// Nowcast of the hourly means c1 (newest) … c12 (2.2.1.a). With w = ½ the decision sums ½c1 + ¼c2 + … and does not divide by
    /// the weights; a missing hour has weight 0. NaN unless two of c1, c2, c3 are known.
    /// </summary>
    public static double Nowcast(ReadOnlySpan<double> means)
    {
        var known = 0;
        var (lowest, highest) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var i = 0; i < Math.Min(means.Length, NowcastHours); i++)
        {
            if (double.IsNaN(means[i]))
            {
                continue;
            }

            known += i < 3 ? 1 : 0;
            lowest = Math.Min(lowest, means[i]);
            highest = Math.Max(highest, means[i]);
        }

        if (known < 2)
        {
            return double.NaN;
        }

        if (highest <= 0)
        {
            return 0;
        }

        var w = Math.Max(lowest / highest, 0.5);
        var (sum, weights, weight) = (0.0, 0.0, 1.0);
        for (var i = 0; i < Math.Min(means.Length, NowcastHours); i++, weight *= w)
        {
            if (!double.IsNaN(means[i]))
            {
                sum += weight * means[i];
                weights += weight;
            }
        }

        return w > 0.5 ? sum / weights : sum / 2;
    }

    /// <summary>The index of one pollutant, not rounded; 500 at and beyond the last breakpoint.</summary>
    public static double SubIndex(Pollutant pollutant, double concentration)
    {
        if (double.IsNaN(concentration) || (pollutant == Pollutant.O38h && concentration > OzoneEightHourLimit))
        {
            return double.NaN;
        }

        var breakpoints = Breakpoints(pollutant);
        var c = Math.Max(concentration, 0);
        for (var i = 0; i + 1 < breakpoints.Length; i++)
        {
            if (c <= breakpoints[i + 1])
            {
                return ((Index[i + 1] - Index[i]) / (breakpoints[i + 1] - breakpoints[i]) * (c - breakpoints[i])) + Index[i];
            }
        }

        return Index[^1];
    }

    /// <summary>
    /// The hour's index: the largest of the pollutants' (2.2.1.c), −1 when neither PM10 nor PM2.5 is known. Particles go in as their
    /// Nowcast, gases as the mean of the hour.
    /// </summary>
    public static int Hourly(double pm25, double pm10, double o3, double no2, double so2, double co) =>
        Total(
            SubIndex(Pollutant.PM25, pm25),
            SubIndex(Pollutant.PM10, pm10),
            SubIndex(Pollutant.O3, o3),
            SubIndex(Pollutant.NO2, no2),
            SubIndex(Pollutant.SO2, so2),
            SubIndex(Pollutant.CO, co));

    /// <summary>
    /// The day's index (2.2.2): particles as 24-hour means, NO2, SO2 and CO as the day's largest 1-hour mean, ozone as the larger
    /// index of its largest 1-hour and 8-hour means. −1 when neither PM10 nor PM2.5 is known.
    /// </summary>
    public static int Daily(double pm25, double pm10, double o3OneHour, double o3EightHours, double no2, double so2, double co) =>
        Total(
            SubIndex(Pollutant.PM25, pm25),
            SubIndex(Pollutant.PM10, pm10),
            Larger(SubIndex(Pollutant.O3, o3OneHour), SubIndex(Pollutant.O38h, o3EightHours)),
            SubIndex(Pollutant.NO2, no2),
            SubIndex(Pollutant.SO2, so2),
            SubIndex(Pollutant.CO, co));

    /// <summary>Rounds half up. The decision says only "to an integer"; half up fits its worked examples but one (see the tests).</summary>
    internal static int Round(double index) => (int)Math.Floor(index + 0.5);

    private static int Total(double pm25, double pm10, double o3, double no2, double so2, double co)
    {
        var particles = Larger(pm25, pm10);
        return double.IsNaN(particles) ? -1 : Round(Larger(Larger(particles, o3), Larger(no2, Larger(so2, co))));
    }

    private static double Larger(double a, double b) => double.IsNaN(a) ? b : double.IsNaN(b) ? a : Math.Max(a, b);

    private static ReadOnlySpan<double> Breakpoints(Pollutant pollutant) => pollutant switch
    {
        Pollutant.O3 => [0, 160, 200, 300, 400, 800, 1000, 1200],
        Pollutant.O38h => [0, 100, 120, 170, 210, 400],
        Pollutant.CO => [0, 10_000, 30_000, 45_000, 60_000, 90_000, 120_000, 150_000],
        Pollutant.SO2 => [0, 125, 350, 550, 800, 1600, 2100, 2630],
        Pollutant.NO2 => [0, 100, 200, 700, 1200, 2350, 3100, 3850],
        Pollutant.PM10 => [0, 50, 150, 250, 350, 420, 500, 600],
        Pollutant.PM25 => [0, 25, 50, 80, 150, 250, 350, 500],
        _ => throw new ArgumentOutOfRangeException(nameof(pollutant)),
    };
}
