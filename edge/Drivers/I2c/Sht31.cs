using System.Globalization;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// Sensirion SHT31 (SHT3x-DIS): temperature −40 … 125 °C and relative humidity 0 … 100 % (SHT3x-DIS datasheet, tables 1 and 2). Single
/// shots of high repeatability without clock stretching, which not every adapter can do. A plain I²C adapter is needed. Settings:
/// <c>bus</c>, <c>address</c> (0x44, 0x45), <c>stuckAfter</c>.
/// </summary>
internal sealed class Sht31 : I2cSensor
{
    private const ushort SingleShot = 0x2400; // high repeatability, no clock stretching (section 4.3, table 9)
    private const ushort SoftReset = 0x30A2; // section 4.9, table 14
    private const ushort ReadStatus = 0xF32D; // section 4.11, table 17
    private const ushort ClearStatus = 0x3041; // section 4.11, table 19

    // Bits of the status register (section 4.11, table 18).
    private const int HeaterOn = 1 << 13;
    private const int ResetDetected = 1 << 4;
    private const int CommandFailed = 1 << 1;
    private const int WriteChecksumWrong = 1 << 0;

    /// <summary>Longest measurement of high repeatability in ms (section 2.2, table 4), over the whole range of supply.</summary>
    private const double Longest = 15.5;

    /// <summary>Tries to read a result that should be there: it does not acknowledge while it measures (section 4.4).</summary>
    private const int Tries = 5;

    private readonly StuckWatch _stuck;

    /// <summary>Makes it from its settings.</summary>
    public Sht31(PartSettings settings, DriverContext context)
        : base("SHT31", I2cPlace.Read(settings, 0x44, 0x45), context) =>
        _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(1), context.Time);

    /// <inheritdoc/>
    public override async ValueTask StartAsync(CancellationToken cancel)
    {
        Reopen();
        Sensirion.Command(Device, SoftReset);
        await WaitAsync(1.5, cancel); // table 4, soft reset time

        // The CRC of the status is also the proof that a chip of this family is there: it has no type number.
        _ = await StatusAsync(cancel);
        Sensirion.Command(Device, ClearStatus);
        await WaitAsync(1, cancel);
        var status = await StatusAsync(cancel);
        if ((status & ResetDetected) != 0)
        {
            throw Fault(DeviceFault.Reset, "it says that it was reset, and says so again after that was cleared: its supply is weak");
        }
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        Sensirion.Command(Device, SingleShot);
        await WaitAsync(Longest, cancel);
        var words = new ushort[2];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Sensirion.Read(Device, words, Where);
                break;
            }
            catch (BusException fault) when (fault.Fault == BusFault.NoAnswer && attempt < Tries)
            {
                await WaitAsync(1, cancel);
            }
        }

        // The status comes after the values: whatever happened to them is in it.
        Check(await StatusAsync(cancel));
        _stuck.Check(Where, ((ulong)words[0] << 16) | words[1]);

        // Section 4.13.
        var celsius = -45 + (175 * (words[0] / 65_535.0));
        var percent = 100 * (words[1] / 65_535.0);
        if (celsius is < -40 or > 125)
        {
            throw Fault(DeviceFault.Range, string.Create(CultureInfo.InvariantCulture, $"{celsius:0.0} °C is outside −40 … 125 °C"));
        }

        into.Add("temperature_celsius", celsius);
        into.Add("relative_humidity_percent", percent);
    }

    private void Check(int status)
    {
        if ((status & (ResetDetected | HeaterOn)) != 0)
        {
            throw Fault(DeviceFault.Reset, $"it was reset or its heater is on (status 0x{status:x4}): its supply broke down; it is set up again");
        }

        if ((status & (CommandFailed | WriteChecksumWrong)) != 0)
        {
            throw Fault(DeviceFault.Frame, $"it did not take the last command (status 0x{status:x4}): check cable length and interference");
        }
    }

    private async Task<int> StatusAsync(CancellationToken cancel)
    {
        Sensirion.Command(Device, ReadStatus);
        await WaitAsync(0, cancel);
        var word = new ushort[1];
        Sensirion.Read(Device, word, Where);
        return word[0];
    }
}
