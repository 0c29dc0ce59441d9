namespace SmartCity.City;

/// <summary>What a device tells its zone.</summary>
public enum ZoneSignalKind : byte
{
    /// <summary>A detector (smoke, or a loop in alarm).</summary>
    Detector,

    /// <summary>Heat: it rises fast, or passed the static response temperature.</summary>
    Heat,

    /// <summary>A person pressed a manual call point.</summary>
    CallPoint,

    /// <summary>An officer acknowledged the zone's pre-alarm.</summary>
    Acknowledged,

    /// <summary>An officer reset the zone: what was seen until now counts no more, and the next alarm is a new one.</summary>
    Reset,
}

/// <summary>One word of a device (or an officer) to its zone.</summary>
/// <param name="Kind">What is said.</param>
/// <param name="On">It began; false: it ended.</param>
/// <param name="Device">Who says it.</param>
/// <param name="Rule">Which of its rules.</param>
/// <param name="MeasuredAt">When, Unix ns.</param>
/// <param name="ReceivedAt">When the server knew, Unix ns.</param>
/// <param name="Value">The value that decided.</param>
/// <param name="Threshold">What it was compared with.</param>
/// <param name="Late">Its beginning: stamped long before what the device had said already, so that its clock cannot be trusted; its end: it was
/// over before anybody heard of its beginning.</param>
/// <param name="Faults">What was odd about the reading.</param>
public readonly record struct ZoneSignal(
    ZoneSignalKind Kind,
    bool On,
    string Device,
    string Rule,
    long MeasuredAt,
    long ReceivedAt,
    double Value = double.NaN,
    double Threshold = double.NaN,
    bool Late = false,
    ReadingFaults Faults = ReadingFaults.None);
