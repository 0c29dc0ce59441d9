using System.Text;

namespace SmartCity.City;

/// <summary>The one type a metric is stored in.</summary>
public enum MetricType
{
    /// <summary>A double.</summary>
    Float,

    /// <summary>A 64-bit signed integer.</summary>
    Integer,

    /// <summary>True or false; 1 or 0 to the rules.</summary>
    Boolean,

    /// <summary>Text: kept in history, no rule reads it.</summary>
    String,
}

/// <summary>A word in Vietnamese and in English.</summary>
/// <param name="Vi">Vietnamese.</param>
/// <param name="En">English.</param>
public sealed record Title(string Vi, string En);

/// <summary>What a device measures.</summary>
/// <param name="Name">With its unit: <c>temperature_celsius</c>.</param>
/// <param name="Type">The one type it is stored in.</param>
/// <param name="Minimum">The lowest plausible value; below it the reading is quarantined (marked, on the alarm lane).</param>
/// <param name="Maximum">The highest plausible value.</param>
/// <param name="Unit">UCUM-like, for people; empty where there is none.</param>
public sealed record Metric(string Name, MetricType Type, double Minimum, double Maximum, string Unit)
{
    /// <summary><see cref="Name"/> as it stands in a line.</summary>
    public ReadOnlyMemory<byte> NameUtf8 { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>For people.</summary>
    public Title Title { get; init; } = new(Name, Name);

    /// <summary>Is this value plausible? Never for NaN.</summary>
    public bool InRange(double value) => value >= Minimum && value <= Maximum;
}
