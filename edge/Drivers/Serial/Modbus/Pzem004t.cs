using System.Globalization;
using System.Runtime.InteropServices;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Serial.Modbus;

/// <summary>
/// Peacefair PZEM-004T v3 energy meter (user manual V1.0): ten input registers from 0x0000, 32-bit values low word first (section 2.3).
/// Ranges of section 1: 80 … 260 V, 0 … 100 A, 0 … 23 kW, 45 … 65 Hz, power factor 0 … 1, 0 … 9999.99 kWh. Its measuring side
/// lives on the mains it measures: without mains it does not answer.
/// </summary>
internal sealed class Pzem004t : ModbusDriver
{
    private const byte InputRegisters = 4;

    private readonly ushort[] _registers = new ushort[10];
    private readonly StuckWatch _stuck;

    /// <summary>Reads the setting <c>unit</c>: 1 … 247, or 0xF8 when it is alone on its line.</summary>
    public Pzem004t(PartSettings settings, DriverContext context)
        : base("PZEM-004T", settings, context, (byte)settings.Whole("unit", 1, ModbusRtu.General, ModbusRtu.General), choice: false) =>
        _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(12), context.Time);

    /// <inheritdoc/>
    public override TimeSpan MinimumInterval => TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        await ReadAsync(InputRegisters, 0, _registers, cancel);
        _stuck.Check(Where, MemoryMarshal.AsBytes<ushort>(_registers));
        var volts = Check(_registers[0] * 0.1, 80, 260, "V");
        var amperes = Check(Long(1) * 0.001, 0, 100, "A");
        var watts = Check(Long(3) * 0.1, 0, 23_000, "W");
        var energy = Check(Long(5) * 0.001, 0, 9_999.999, "kWh");
        var hertz = Check(_registers[7] * 0.1, 45, 65, "Hz");
        var factor = Check(_registers[8] * 0.01, 0, 1, "power factor");
        into.Add("voltage_v", volts);
        into.Add("current_a", amperes);
        into.Add("power_w", watts);
        into.Add("energy_kwh", energy);
        into.Add("frequency_hz", hertz);
        into.Add("power_factor", factor);
    }

    private uint Long(int at) => _registers[at] | ((uint)_registers[at + 1] << 16);

    private double Check(double value, double least, double most, string unit)
    {
        // Registers count in decimal steps; a double of them may be a hair off (0.1 × 2600).
        value = Math.Round(value, 3);
        return value >= least && value <= most
            ? value
            : throw new DriverException(
                DeviceFault.Range,
                string.Create(CultureInfo.InvariantCulture, $"{Where} says {value:0.###} {unit}; it measures {least:0} … {most:0.###}"));
    }
}
