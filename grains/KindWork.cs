using SmartCity.City;

namespace SmartCity.Grains;

/// <summary>What a host has for all devices of one kind: how their lines are read, and the step.</summary>
internal sealed class KindWork(DeviceKind kind)
{
    public DeviceKind Kind { get; } = kind;

    public KindLines Lines { get; } = new(kind);

    public DeviceLogic Logic { get; } = new(kind);
}
