using SmartCity.City;

namespace SmartCity.Edge.Lamps;

/// <summary>A lamp as it stands. Target, feedback and actual are three things and never stand for one another (lighting.md).</summary>
/// <param name="Lamp">Which.</param>
/// <param name="Target">What it is asked now, 0 … 100 %.</param>
/// <param name="Feedback">The level that its output says is in force, 0 … 100 % of the nominal light; null when it cannot say or has not said.</param>
/// <param name="Actual">What its own meter measured last, in watts; null when none has.</param>
/// <param name="ActualAt">When that was, as a stamp of the clock.</param>
/// <param name="Reason">Why the target is what it is; <see cref="LightReason.Fault"/> while the output cannot be told.</param>
/// <param name="Sentence">The same in one sentence, made when somebody asks.</param>
internal readonly record struct LampStatus(
    string Lamp, double Target, double? Feedback, double? Actual, long ActualAt, LightReason Reason, Func<string> Sentence)
{
    /// <summary>Stamp from which on power says something of the level: the last step that the output took, and the time that a driver needs to follow. It may lie
    /// ahead; null when there was no step since the program began.</summary>
    public long? SettledAt { get; init; }

    /// <summary>Percent of the driver's power that stands for 100 % of the nominal light; null without a curve of constant light output.</summary>
    public double? Clo { get; init; }

    /// <summary>Power was measured at this level.</summary>
    public bool IsMeasured => Actual is not null && !(ActualAt < SettledAt);

    /// <summary>The reason in words.</summary>
    public string Words => Sentence();

    /// <summary>The reason as lighting.md and the wire call it.</summary>
    public string ReasonName => Reason switch
    {
        LightReason.Programme => "programme",
        LightReason.Override => "override",
        LightReason.Sensor => "sensor",
        LightReason.Fault => "fault",
        _ => "default",
    };
}

/// <summary>What came of a test of a lamp.</summary>
/// <param name="Done">The output took the level, and says so where it can.</param>
/// <param name="Status">The lamp at the end of the test, still at the tested level.</param>
/// <param name="Detail">A sentence for people.</param>
internal readonly record struct LampTest(bool Done, LampStatus Status, string Detail);
