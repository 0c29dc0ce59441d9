using System.Globalization;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// Bosch BME280: temperature −40 … 85 °C, relative humidity 0 … 100 %, pressure 300 … 1,100 hPa (BST-BME280-DS002 rev. 1.6, tables 1 to 4). Measures in
/// forced mode, so that it warms itself least (section 3.5.1). Register calls only, blocks of at most 26 bytes: it also works on
/// adapters that know SMBus only. Settings: <c>bus</c>, <c>address</c> (0x76, 0x77), <c>oversampling</c> (1, 2, 4, 8, 16), <c>stuckAfter</c>.
/// </summary>
internal sealed class Bme280 : I2cSensor
{
    // Registers: section 5.3, table 18.
    private const byte RegisterId = 0xD0;
    private const byte RegisterReset = 0xE0;
    private const byte RegisterHumidityControl = 0xF2;
    private const byte RegisterStatus = 0xF3;
    private const byte RegisterMeasureControl = 0xF4;
    private const byte RegisterConfig = 0xF5;
    private const byte RegisterData = 0xF7;
    private const byte RegisterFirstCalibration = 0x88;
    private const byte RegisterSecondCalibration = 0xE1;

    private const byte Id = 0x60; // section 5.4.1
    private const byte ResetWord = 0xB6; // section 5.4.2
    private const byte Forced = 0x01; // section 5.4.5, table 25
    private const byte ModeMask = 0x03;
    private const byte FilterMask = 0x1C; // section 5.4.6
    private const byte Measuring = 0x08; // section 5.4.4
    private const byte CopyingMemory = 0x01;

    // A measurement that was skipped (sections 5.4.7 to 5.4.9).
    private const int SkippedPressure = 0x80000;
    private const int SkippedTemperature = 0x80000;
    private const int SkippedHumidity = 0x8000;

    /// <summary>Looks at a bit that should have cleared already, 1 ms apart.</summary>
    private const int Looks = 20;

    private readonly StuckWatch _stuck;
    private readonly int _oversampling;
    private readonly byte _code;
    private Bme280Calibration? _calibration;

    /// <summary>Makes it from its settings.</summary>
    public Bme280(PartSettings settings, DriverContext context)
        : base("BME280", I2cPlace.Read(settings, 0x76, 0x77), context)
    {
        _oversampling = int.Parse(settings.OneOf("oversampling", "1", "1", "2", "4", "8", "16"), CultureInfo.InvariantCulture);
        _code = (byte)(1 + int.Log2(_oversampling)); // 1 → 001 … 16 → 101 (tables 20, 23, 24)
        _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(1), context.Time);
    }

    /// <summary>Longest time of one measurement in ms (appendix B, section 9.1), with the same oversampling for all three.</summary>
    private double Longest => 1.25 + (2.3 * _oversampling) + (2.3 * _oversampling) + 0.575 + (2.3 * _oversampling) + 0.575;

    private byte MeasureControl => (byte)((_code << 5) | (_code << 2));

    /// <inheritdoc/>
    public override async ValueTask StartAsync(CancellationToken cancel)
    {
        _calibration = null;
        Reopen();
        var id = Device.ReadRegister(RegisterId);
        if (id != Id)
        {
            throw Fault(
                DeviceFault.WrongChip,
                id is 0x56 or 0x57 or 0x58
                    ? $"a BMP280 (chip id 0x{id:x2}) is there; it has no humidity: put a BME280 (0x60) in its place"
                    : $"chip id 0x{id:x2} is not a BME280's (0x60): check what is plugged in and the address");
        }

        Device.WriteRegister(RegisterReset, ResetWord);
        await WaitAsync(2, cancel); // start-up time (table 1)
        await SettleAsync(RegisterStatus, CopyingMemory, "copying its calibration", cancel);
        _calibration = ReadCalibration();
        Configure();
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var calibration = _calibration ?? throw Fault(DeviceFault.Unavailable, "it was not started");
        CheckSettings();
        Device.WriteRegister(RegisterMeasureControl, (byte)(MeasureControl | Forced));
        await WaitAsync(Longest, cancel);

        // Only the status says that it is done. The mode bits go back to sleep by themselves (section 3.3.3), but nothing is judged by them.
        await SettleAsync(RegisterStatus, Measuring, "measuring", cancel);
        var (pressure, temperature, humidity) = ReadData();

        // Looked at again after the data: a chip that fell over meanwhile gave its reset values.
        CheckSettings();
        if (pressure == SkippedPressure || temperature == SkippedTemperature || humidity == SkippedHumidity)
        {
            throw Fault(DeviceFault.Range, "it skipped the measurement (0x80000 or 0x8000)");
        }

        if (pressure is 0 or 0xFFFFF || temperature is 0 or 0xFFFFF || humidity is 0 or 0xFFFF)
        {
            throw Fault(DeviceFault.Range, "a converter stands at its end: the bus hangs, or the sensor is broken");
        }

        _stuck.Check(Where, ((ulong)pressure << 36) | ((ulong)temperature << 16) | (uint)humidity);
        var celsius = calibration.Temperature(temperature, out var fine) / 100.0;
        var hectopascal = calibration.Pressure(pressure, fine) / 256.0 / 100.0;
        var percent = calibration.Humidity(humidity, fine) / 1024.0;
        if (celsius is < -40 or > 85 || hectopascal is < 300 or > 1_100)
        {
            throw Fault(DeviceFault.Range, string.Create(
                CultureInfo.InvariantCulture, $"{celsius:0.0} °C, {hectopascal:0} hPa is outside −40 … 85 °C, 300 … 1,100 hPa"));
        }

        into.Add("temperature_celsius", celsius);
        into.Add("relative_humidity_percent", percent);
        into.Add("pressure_hpa", hectopascal);
    }

    private Bme280Calibration ReadCalibration()
    {
        Span<byte> first = stackalloc byte[Bme280Calibration.FirstLength];
        Span<byte> second = stackalloc byte[Bme280Calibration.SecondLength];
        Device.ReadRegisters(RegisterFirstCalibration, first);
        Device.ReadRegisters(RegisterSecondCalibration, second);
        return Bme280Calibration.Parse(first, second)
            ?? throw Fault(DeviceFault.Frame, "its calibration is blank (all 0x00 or 0xFF): the chip or its wiring is broken");
    }

    private void Configure()
    {
        // Humidity first: it takes effect at the next write of the measuring control (section 5.4.3).
        Device.WriteRegister(RegisterHumidityControl, _code);
        Device.WriteRegister(RegisterConfig, 0); // no filter, no standby (section 5.4.6)
        Device.WriteRegister(RegisterMeasureControl, MeasureControl);
        CheckSettings();
    }

    /// <summary>After a brown-out both controls read 0 (table 18, reset state), and the measurement would be skipped; a filter that another
    /// program set would mix in old values. Calibration needs no such look: a chip that was changed has lost its power too.</summary>
    private void CheckSettings()
    {
        Span<byte> registers = stackalloc byte[4];
        Device.ReadRegisters(RegisterHumidityControl, registers);
        var (humidity, measure, filter) = (registers[0] & 0x07, registers[2] & ~ModeMask & 0xFF, registers[3] & FilterMask);
        if (humidity != _code || measure != MeasureControl || filter != 0)
        {
            throw Fault(
                DeviceFault.Reset,
                $"it lost its settings (0x{registers[0]:x2}, 0x{registers[2]:x2}): its supply broke down; it is set up again");
        }
    }

    private (int Pressure, int Temperature, int Humidity) ReadData()
    {
        // One burst: the bytes then belong to one measurement (section 4.1).
        Span<byte> data = stackalloc byte[8];
        Device.ReadRegisters(RegisterData, data);
        return (
            (data[0] << 12) | (data[1] << 4) | (data[2] >> 4),
            (data[3] << 12) | (data[4] << 4) | (data[5] >> 4),
            (data[6] << 8) | data[7]);
    }

    private async Task SettleAsync(byte register, byte bit, string doing, CancellationToken cancel)
    {
        for (var look = 0; look < Looks; look++)
        {
            if ((Device.ReadRegister(register) & bit) == 0)
            {
                return;
            }

            await WaitAsync(1, cancel);
        }

        throw Fault(DeviceFault.Frame, $"it does not finish {doing}: the chip or its wiring is broken");
    }
}
