using System.Text;
using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Intake;

/// <summary>Who hands lines in, and what that allows.</summary>
internal sealed class IntakeSource
{
    private readonly MayWrite? _mayWrite;

    private IntakeSource(string name, string? gateway, Lane? lane, bool open, bool http, MayWrite? mayWrite)
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
    public static IntakeSource OfHttp(string name, bool open, MayWrite mayWrite) => new(name, null, null, open, http: true, mayWrite);

    /// <summary>Null when this source may write the device, else the reason. Asked for devices that nobody has registered too: an alarm of
    /// one is taken from whoever may speak for it, not from a key that was given for another device.</summary>
    /// <param name="device">The registry's word; null when it has none.</param>
    /// <param name="id">The device's id.</param>
    public string? Refuses(DeviceInfo? device, ReadOnlySpan<byte> id)
    {
        if (Gateway is not null)
        {
            return device is { Registered: true } && device.Gateway != Gateway ? Reasons.WrongGateway : null;
        }

        return IsOpen || _mayWrite is null || _mayWrite(id) ? null : Reasons.NotAllowed;
    }
}

/// <summary>Whether a key may write this device's lines.</summary>
internal delegate bool MayWrite(ReadOnlySpan<byte> device);
