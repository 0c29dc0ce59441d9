using System.Globalization;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// Sensirion SCD41: CO₂ 0 … 40,000 ppm, specified from 400 to 5,000 (SCD4x datasheet, sections 1 and 3). Periodic measurement every 5 s; the chip
/// says when there is a new one and gives each once, so a value is never told twice. A plain I²C adapter is needed. Settings:
/// <c>bus</c>, <c>address</c> (0x62), <c>altitude</c> in metres or <c>pressure</c> in hPa (which goes before it), <c>temperatureOffset</c> in °C of
/// self-heating, <c>climate</c> (report its temperature and humidity too), <c>stuckAfter</c>.
/// </summary>
internal sealed class Scd41 : I2cSensor
{
    // Commands: section 3.5 and following (table of commands).
    private const ushort StartPeriodic = 0x21B1;
    private const ushort StopPeriodic = 0x3F86;
    private const ushort ReadMeasurement = 0xEC05;
    private const ushort DataReady = 0xE4B8;
    private const ushort SetTemperatureOffset = 0x241D;
    private const ushort SetAltitude = 0x2427;
    private const ushort GetAltitude = 0x2322;
    private const ushort SetPressure = 0xE000;
    private const ushort SerialNumber = 0x3682;

    /// <summary>Measurement is ready when any of these bits is set (get_data_ready_status).</summary>
    private const int ReadyMask = 0x07FF;

    /// <summary>Time between two measurements in ms.</summary>
    private const double Period = 5_000;

    /// <summary>Looks for a new measurement, <see cref="LookEvery"/> ms apart: two periods. Then the chip is not measuring.</summary>
    private const int Looks = 100;

    private const double LookEvery = 100;

    private readonly StuckWatch _stuck;
    private readonly int _altitude;
    private readonly int _pressure;
    private readonly double _offset;
    private readonly bool _climate;
    private bool _started;

    /// <summary>Makes it from its settings.</summary>
    public Scd41(PartSettings settings, DriverContext context)
        : base("SCD41", I2cPlace.Read(settings, 0x62), context)
    {
        _altitude = settings.Whole("altitude", 0, 3_000, 0);
        _pressure = settings.Whole("pressure", 0, 1_200, 0);
        if (_pressure is > 0 and < 700)
        {
            settings.Fault("pressure", "the chip takes 700 … 1200 hPa (0 = by the altitude)");
        }

        _offset = settings.Number("temperatureOffset", 0, 20, 4);
        _climate = settings.Flag("climate", otherwise: false);
        _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(1), context.Time);
    }

    /// <inheritdoc/>
    public override TimeSpan MinimumInterval => TimeSpan.FromMilliseconds(Period);

    /// <inheritdoc/>
    public override async ValueTask StartAsync(CancellationToken cancel)
    {
        _started = false;
        Reopen();
        try
        {
            // It may still be measuring since before this program's start, and then takes nearly no other command.
            Sensirion.Command(Device, StopPeriodic);
        }
        catch (BusException fault) when (fault.Fault is BusFault.NoAnswer or BusFault.Broken)
        {
            // An idle chip need not take it; whether there is one at all is seen by the next command.
        }

        await WaitAsync(500, cancel);
        var serial = new ushort[3];
        await AskAsync(SerialNumber, serial, cancel);
        if (serial is [0, 0, 0] or [0xFFFF, 0xFFFF, 0xFFFF])
        {
            throw Fault(DeviceFault.WrongChip, "its serial number is blank: check what is plugged in");
        }

        Sensirion.Command(Device, SetTemperatureOffset, (ushort)Math.Round(_offset * 65_535 / 175));
        await WaitAsync(1, cancel);
        Sensirion.Command(Device, SetAltitude, (ushort)_altitude);
        await WaitAsync(1, cancel);
        var altitude = new ushort[1];
        await AskAsync(GetAltitude, altitude, cancel);
        if (altitude[0] != _altitude)
        {
            throw Fault(DeviceFault.Frame, $"it took {altitude[0]} m for the altitude {_altitude} m: check cable length and interference");
        }

        Sensirion.Command(Device, StartPeriodic);
        await WaitAsync(1, cancel);
        if (_pressure > 0)
        {
            Sensirion.Command(Device, SetPressure, (ushort)_pressure); // in hundreds of pascal
            await WaitAsync(1, cancel);
        }

        _started = true;
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        if (!_started)
        {
            throw Fault(DeviceFault.Unavailable, "it was not started");
        }

        await ReadyAsync(cancel);
        var words = new ushort[3];
        await AskAsync(ReadMeasurement, words, cancel);
        var ppm = words[0];
        var celsius = -45 + (175 * (words[1] / 65_535.0));
        var percent = 100 * (words[2] / 65_535.0);

        // No air has 0 ppm: it is what the chip gives when its optical part did not measure.
        if (ppm is 0 or > 40_000 || celsius is < -40 or > 85)
        {
            throw Fault(DeviceFault.Range, string.Create(
                CultureInfo.InvariantCulture, $"{ppm} ppm at {celsius:0.0} °C is outside 1 … 40,000 ppm, −40 … 85 °C"));
        }

        _stuck.Check(Where, ((ulong)words[0] << 32) | ((ulong)words[1] << 16) | words[2]);
        into.Add("co2_ppm", ppm);
        if (_climate)
        {
            into.Add("temperature_celsius", celsius);
            into.Add("relative_humidity_percent", percent);
        }
    }

    private async Task ReadyAsync(CancellationToken cancel)
    {
        var status = new ushort[1];
        for (var look = 0; look < Looks; look++)
        {
            await AskAsync(DataReady, status, cancel);
            if ((status[0] & ReadyMask) != 0)
            {
                return;
            }

            await WaitAsync(LookEvery, cancel);
        }

        // After power-up it is idle and stays so: nothing becomes ready.
        _started = false;
        throw Fault(DeviceFault.Reset, "no new measurement for 10 s: its supply broke down and it forgot to measure; it is set up again");
    }

    private async Task AskAsync(ushort command, ushort[] words, CancellationToken cancel)
    {
        Sensirion.Command(Device, command);
        await WaitAsync(1, cancel);
        Sensirion.Read(Device, words, Where);
    }
}
