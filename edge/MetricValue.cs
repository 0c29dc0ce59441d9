namespace SmartCity.Edge;

/// <summary>A measured value. A metric is written in the type that its kind declares: a number for a float, integer or boolean
/// (0 is false), a text for a string.</summary>
/// <param name="Name">Metric, as in the kind.</param>
/// <param name="Number">The value; NaN where there is none.</param>
/// <param name="Text">The value of a string metric.</param>
internal readonly record struct MetricValue(string Name, double Number, string? Text = null);

/// <summary>What became of a measurement.</summary>
internal enum MeasureResult
{
    /// <summary>It is in the log, and will arrive.</summary>
    Logged,

    /// <summary>The kind is not known here, a metric is not the kind's, or a name or value cannot be written as a line.</summary>
    Invalid,

    /// <summary>An alarm that waits in memory, in its place, until the log has room: it will arrive unless the power goes first.</summary>
    Waiting,

    /// <summary>The log has no room: the disk refuses, or more alarms than can wait do.</summary>
    NoRoom,
}
