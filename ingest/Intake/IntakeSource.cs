using System.Text;
using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Intake;

/// <summary>Who hands lines in, and what that allows.</summary>
internal sealed class IntakeSource
{
    private readonly Func<DeviceInfo, bool>? _mayWrite;

    private IntakeSource(string name, string? gateway, Lane? lane, bool open, bool http, Func<DeviceInfo, bool>? mayWrite)
    {
        Name = Encoding.UTF8.GetBytes(name);
        Gateway = gateway;
        Lane = lane;
        IsOpen = open;
        IsHttp = http;
        _mayWrite = mayWrite;
    }

    /// <summary>Written into the log's frames.</summary>
    public byte[] Name { get; }

    /// <summary>The gateway by certificate; null for anybody else.</summary>
    public string? Gateway { get; }

    /// <summary>The lane of the connection; null over HTTP, where each line goes to its kind's lane.</summary>
    public Lane? Lane { get; }

    /// <summary>True where unknown devices are registered and any device may be written (<c>--open</c>).</summary>
    public bool IsOpen { get; }

    public bool IsHttp { get; }

    /// <summary>A gateway's connection, by certificate.</summary>
    public static IntakeSource OfGateway(string gateway, Lane lane) => new(gateway, gateway, lane, open: false, http: false, null);

    /// <summary>An anonymous client under <c>--open</c> that publishes as <paramref name="gateway"/>.</summary>
    public static IntakeSource OfStranger(string gateway, Lane lane) => new(gateway, null, lane, open: true, http: false, null);

    /// <summary>A write over HTTP by an API key.</summary>
    public static IntakeSource OfHttp(string name, bool open, Func<DeviceInfo, bool> mayWrite) => new(name, null, null, open, http: true, mayWrite);

    /// <summary>Null when this source may write the device, else the reason.</summary>
    public string? Refuses(DeviceInfo device)
    {
        if (Gateway is not null)
        {
            return device.Registered && device.Gateway != Gateway ? Reasons.WrongGateway : null;
        }

        return IsOpen || _mayWrite is null || _mayWrite(device) ? null : Reasons.NotAllowed;
    }
}
