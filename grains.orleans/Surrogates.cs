using SmartCity.City;

namespace SmartCity.Grains.Orleans;

/// <summary>An <see cref="AlertChange"/> between servers: <c>city/</c> knows nothing of Orleans.</summary>
[GenerateSerializer]
internal struct AlertChangeSurrogate
{
    [Id(0)]
    public string AlertId;
    [Id(1)]
    public int What;
    [Id(2)]
    public string Cause;
    [Id(3)]
    public string Kind;
    [Id(4)]
    public int Severity;
    [Id(5)]
    public string? Device;
    [Id(6)]
    public string? Zone;
    [Id(7)]
    public string Rule;
    [Id(8)]
    public double? Value;
    [Id(9)]
    public double? Threshold;
    [Id(10)]
    public long MeasuredAt;
    [Id(11)]
    public long ReceivedAt;
    [Id(12)]
    public bool Historical;
    [Id(13)]
    public bool AutoResolve;
    [Id(14)]
    public string? Detail;
}

/// <summary>There and back.</summary>
[RegisterConverter]
internal sealed class AlertChangeConverter : IConverter<AlertChange, AlertChangeSurrogate>
{
    public AlertChange ConvertFromSurrogate(in AlertChangeSurrogate surrogate) => new()
    {
        AlertId = surrogate.AlertId,
        What = (AlertChangeKind)surrogate.What,
        Cause = surrogate.Cause,
        Kind = surrogate.Kind,
        Severity = (Severity)surrogate.Severity,
        Device = surrogate.Device,
        Zone = surrogate.Zone,
        Rule = surrogate.Rule,
        Value = surrogate.Value,
        Threshold = surrogate.Threshold,
        MeasuredAt = surrogate.MeasuredAt,
        ReceivedAt = surrogate.ReceivedAt,
        Historical = surrogate.Historical,
        AutoResolve = surrogate.AutoResolve,
        Detail = surrogate.Detail,
    };

    public AlertChangeSurrogate ConvertToSurrogate(in AlertChange value) => new()
    {
        AlertId = value.AlertId,
        What = (int)value.What,
        Cause = value.Cause,
        Kind = value.Kind,
        Severity = (int)value.Severity,
        Device = value.Device,
        Zone = value.Zone,
        Rule = value.Rule,
        Value = value.Value,
        Threshold = value.Threshold,
        MeasuredAt = value.MeasuredAt,
        ReceivedAt = value.ReceivedAt,
        Historical = value.Historical,
        AutoResolve = value.AutoResolve,
        Detail = value.Detail,
    };
}

/// <summary>A <see cref="ZoneSignal"/> between servers.</summary>
[GenerateSerializer]
internal struct ZoneSignalSurrogate
{
    [Id(0)]
    public int Kind;
    [Id(1)]
    public bool On;
    [Id(2)]
    public string Device;
    [Id(3)]
    public string Rule;
    [Id(4)]
    public long MeasuredAt;
    [Id(5)]
    public long ReceivedAt;
    [Id(6)]
    public double Value;
    [Id(7)]
    public double Threshold;
    [Id(8)]
    public bool Late;
    [Id(9)]
    public int Faults;
}

/// <summary>There and back.</summary>
[RegisterConverter]
internal sealed class ZoneSignalConverter : IConverter<ZoneSignal, ZoneSignalSurrogate>
{
    public ZoneSignal ConvertFromSurrogate(in ZoneSignalSurrogate surrogate) => new(
        (ZoneSignalKind)surrogate.Kind, surrogate.On, surrogate.Device, surrogate.Rule, surrogate.MeasuredAt, surrogate.ReceivedAt, surrogate.Value, surrogate.Threshold,
        surrogate.Late, (ReadingFaults)surrogate.Faults);

    public ZoneSignalSurrogate ConvertToSurrogate(in ZoneSignal value) => new()
    {
        Kind = (int)value.Kind,
        On = value.On,
        Device = value.Device,
        Rule = value.Rule,
        MeasuredAt = value.MeasuredAt,
        ReceivedAt = value.ReceivedAt,
        Value = value.Value,
        Threshold = value.Threshold,
        Late = value.Late,
        Faults = (int)value.Faults,
    };
}
