using System.Buffers.Binary;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>
/// Maxim DS18B20 thermometer on 1-Wire (datasheet 19-7487 rev 6): −55 … +125 °C in steps of 0.0625 °C at 12 bits. 85 °C is also what
/// it says when it lost its supply before the conversion: taken as a temperature only when the one before was near it.
/// </summary>
internal sealed class Ds18b20 : Driver
{
    /// <summary>How near, in sixteenths of a degree: 10 °C, more than a minute of the fastest rise that a heat detector looks for.</summary>
    private const int Near = 160;

    private readonly DriverContext _context;
    private readonly string _id;
    private readonly StuckWatch _stuck;
    private OneWireDevice? _device;
    private short? _last;

    /// <summary>Reads the settings.</summary>
    public Ds18b20(PartSettings settings, DriverContext context)
    {
        _context = context;
        _id = settings.Text("id").ToLowerInvariant();
        if (_id.Length > 0 && (_id.Length != 15 || !_id.StartsWith("28-", StringComparison.Ordinal) || !_id.AsSpan(3).ContainsOnlyHex()))
        {
            settings.Fault("id", $"'{_id}' is no DS18B20; it is a directory in /sys/bus/w1/devices, as 28-0316a2795b1d");
        }

        _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(24), context.Time);
    }

    /// <inheritdoc/>
    public override string Where => $"DS18B20 {_id}";

    /// <summary>A conversion takes up to 750 ms at 12 bits (table 2).</summary>
    public override TimeSpan MinimumInterval => TimeSpan.FromMilliseconds(750);

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Close();
        _device = _context.Board.OpenOneWire(_id);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var device = _device ?? throw new DriverException(DeviceFault.Unavailable, $"{Where} has not been started");
        byte[] pad;
        try
        {
            pad = await device.ReadScratchpadAsync(cancel);
        }
        catch (BusException)
        {
            // It may have lost its supply: what it measured before proves nothing any more.
            _last = null;
            throw;
        }

        var fault = Ds18b20Scratchpad.Read(pad, out var raw);
        if (fault != DeviceFault.None)
        {
            throw new DriverException(fault, $"{Where}: {Words(fault)}");
        }

        if (raw == Ds18b20Scratchpad.PowerOn && (_last is not { } before || Math.Abs(before - raw) > Near))
        {
            _last = null;
            throw new DriverException(
                DeviceFault.Reset,
                $"{Where} says 85 °C, as after a power-up: it lost its supply before it could convert; check VDD and the 4.7 kΩ pull-up");
        }

        _last = raw;
        CheckStuck(raw);
        into.Add("temperature_celsius", raw / 16.0);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Close();
        return base.DisposeAsync();
    }

    private static string Words(DeviceFault fault) => fault switch
    {
        DeviceFault.NoAnswer => "nothing but ones on the bus; check that it is plugged in",
        DeviceFault.ShortCircuit => "nothing but zeros on the bus; the data wire is shorted to ground, or the pull-up is missing",
        DeviceFault.Checksum => "wrong CRC; shorten the cable, or use a stronger pull-up",
        DeviceFault.Range => "a temperature outside −55 … +125 °C; replace it",
        _ => "its scratchpad is not a DS18B20's; is it another family or a bad copy?",
    };

    private void CheckStuck(short raw)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteInt16LittleEndian(bytes, raw);
        _stuck.Check(Where, bytes);
    }

    private void Close()
    {
        _device?.Dispose();
        _device = null;
    }
}

/// <summary>Looks at characters.</summary>
internal static class HexText
{
    /// <summary>Whether there are only digits 0-9 a-f.</summary>
    public static bool ContainsOnlyHex(this ReadOnlySpan<char> text) => !text.ContainsAnyExcept("0123456789abcdef");
}
