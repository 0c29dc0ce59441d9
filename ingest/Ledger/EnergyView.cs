using System.Text.Json.Serialization;

namespace SmartCity.Ingest.Ledger;

/// <summary>What figures are put together by.</summary>
internal enum EnergyBy
{
    /// <summary>Nights, each under the day on which it begins.</summary>
    Day,

    /// <summary>Months.</summary>
    Month,

    /// <summary>Streets.</summary>
    Street,

    /// <summary>Lamps: places of lamps, with what stood there before.</summary>
    Lamp,
}

/// <summary>One line of a list of figures; only the member that the list is by is there.</summary>
internal sealed record EnergyItem
{
    /// <summary>The day on which the night begins.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Day { get; init; }

    /// <summary>The month.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Month { get; init; }

    /// <summary>The street's id; empty for lamps of none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Street { get; init; }

    /// <summary>The lamp's id.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Lamp { get; init; }

    /// <summary>What people call the street or lamp.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>The street's ward.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Ward { get; init; }

    /// <summary>Lamps that have figures here.</summary>
    public int Lamps { get; init; }

    /// <summary>Energy used, kWh.</summary>
    public double Kwh { get; init; }

    /// <summary>What the same lamps would have used in the same burning hours at 100 %, kWh.</summary>
    public double FullKwh { get; init; }

    /// <summary>The difference, kWh: what dimming saved, and constant light output with it. Below nought where lamps draw more than their rated power.</summary>
    public double Saved { get; init; }

    /// <summary>The part of <see cref="Saved"/> that the correction for constant light output gave, kWh.</summary>
    public double SavedByClo { get; init; }

    /// <summary>Burning hours, all lamps together.</summary>
    public double BurningHours { get; init; }

    /// <summary>Switch-ons, all lamps together.</summary>
    public long SwitchOns { get; init; }

    /// <summary>The part of <see cref="Kwh"/> whose night is estimated, kWh.</summary>
    public double EstimatedKwh { get; init; }

    /// <summary>What must be known beside: reset, jump, gap, integrated, missing, assumed-power, replaced.</summary>
    public IReadOnlyList<string> Marks { get; init; } = [];

    /// <summary>With figures.</summary>
    public EnergyItem With(in NightSums sums, int lamps) => this with
    {
        Lamps = lamps,
        Kwh = sums.Energy / 1e6,
        FullKwh = sums.Full / 1e6,
        Saved = (sums.Full - sums.Energy) / 1e6,
        SavedByClo = sums.Constant / 1e6,
        BurningHours = Math.Round(sums.Seconds / 3600.0, 3),
        SwitchOns = sums.Switches,
        EstimatedKwh = sums.Estimated / 1e6,
        Marks = Words(sums.Marks),
    };

    private static List<string> Words(NightMarks marks)
    {
        var words = new List<string>();
        foreach (var mark in Enum.GetValues<NightMarks>())
        {
            if (mark != NightMarks.None && marks.HasFlag(mark))
            {
                words.Add(mark == NightMarks.AssumedPower ? "assumed-power" : mark.ToString().ToLowerInvariant());
            }
        }

        return words;
    }
}

/// <summary>An answer about energy.</summary>
/// <param name="Target">Which lamps.</param>
/// <param name="From">The first night, as the day on which it begins.</param>
/// <param name="To">The last one.</param>
/// <param name="By">day, month, street or lamp.</param>
/// <param name="Since">Since when there is a ledger; null: since the first reading.</param>
/// <param name="ReadTo">Up to when readings are in it; null: nothing is.</param>
/// <param name="Total">All together.</param>
/// <param name="Items">One by one; what has no figures is not there.</param>
internal sealed record EnergyReply(
    string Target, DateOnly From, DateOnly To, EnergyBy By, DateTimeOffset? Since, DateTimeOffset? ReadTo, EnergyItem Total, IReadOnlyList<EnergyItem> Items);

/// <summary>A lamp's age and all that it has counted.</summary>
/// <param name="Lamp">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Street">Its street's id.</param>
/// <param name="StreetName">Its street.</param>
/// <param name="Ward">Its ward.</param>
/// <param name="BurningHours">Its age: its own counter, else what was seen of it; null when nothing was.</param>
/// <param name="Counted">Whether that is a counter of its own.</param>
/// <param name="SwitchOns">Its counter of switch-ons; null when it has none.</param>
/// <param name="EnergyKwh">Its energy counter; null when it has none.</param>
/// <param name="Installed">When the lamp in this place began anew; null when that was not seen nor said.</param>
/// <param name="FullWatts">Its power at 100 %.</param>
/// <param name="FullFrom">Where that is from: rated, measured or usual.</param>
/// <param name="LifeHours">Burning hours that it is expected to live.</param>
/// <param name="LifeUsed">Its age as a part of that, percent; null without an age.</param>
/// <param name="HoursAYear">How long it burns in a year, from the last twelve months; null where there is too little of them.</param>
/// <param name="EndsAbout">The month in which that life is over at this rate, such as 2031-04; null when it is not known, or over already.</param>
/// <param name="Before">Lamps that stood here before, newest first.</param>
internal sealed record LampAge(
    string Lamp, string? Name, string? Street, string? StreetName, string? Ward, double? BurningHours, bool Counted, long? SwitchOns, double? EnergyKwh, DateTimeOffset? Installed,
    double FullWatts, string FullFrom, double LifeHours, double? LifeUsed, double? HoursAYear, string? EndsAbout, IReadOnlyList<string> Before);
