using SmartCity.Edge.Drivers.Serial;
using SmartCity.Edge.Drivers.Serial.Modbus;

namespace SmartCity.Edge.Drivers;

/// <summary>Sensors and meters on serial lines.</summary>
internal static class SerialDrivers
{
    private const string Port = "serial port: /dev/serial0, /dev/ttyAMA1, /dev/ttyUSB0";
    private const string Stuck = "fault when no bit has moved for so long; 0s = never";
    private const string Timeout = "longest wait for an answer, 20ms … 5s (500ms)";
    private const string Retries = "tries after the first, 0 … 5 (2)";

    /// <summary>The entries.</summary>
    public static IReadOnlyList<DriverEntry> All { get; } =
    [
        new("pms5003", "uart", ["pm2_5_ug_m3", "pm10_ug_m3"], "Plantower PMS5003: PM2.5 and PM10", static (s, c) => new Pms5003(s, c))
        {
            Settings = Of(("port", Port), ("stuckAfter", Stuck)),
        },
        new("sds011", "uart", ["pm2_5_ug_m3", "pm10_ug_m3"], "Nova SDS011: PM2.5 and PM10", static (s, c) => new Sds011(s, c))
        {
            Settings = Of(("port", Port), ("stuckAfter", Stuck)),
        },
        new("a02yyuw", "uart", ["water_level_m"], "DYP-A02YYUW ultrasonic water level", static (s, c) => new A02yyuw(s, c))
        {
            Settings = Of(
                ("port", Port),
                ("mount", "height of the sensor's face above the gauge's datum, metres, -5 … 34.5"),
                ("spread", "how far echoes of one measurement may differ (waves), metres, 0.01 … 1 (0.1)"),
                ("stuckAfter", Stuck)),
        },
        new(
            "pzem004t",
            "uart",
            ["voltage_v", "current_a", "power_w", "energy_kwh", "power_factor", "frequency_hz"],
            "Peacefair PZEM-004T v3 energy meter",
            static (s, c) => new Pzem004t(s, c))
        {
            Settings = Of(
                ("port", Port),
                ("unit", "address 1 … 247, or 0xF8 when it is alone on its line (0xF8)"),
                ("timeout", Timeout),
                ("retries", Retries),
                ("stuckAfter", Stuck)),
        },
        new("modbus", "uart", [], "Any Modbus RTU unit by its register map", static (s, c) => new ModbusRegisters(s, c))
        {
            Settings = Of(
                ("port", Port),
                ("unit", "address 1 … 247"),
                ("baud", "1200 … 115200 (9600)"),
                ("parity", "none, even or odd (none)"),
                ("function", "holding (3) or input (4) registers (holding)"),
                ("registers", "list of metric=address:type[:scale[:offset]]; types u16 i16 u32 i32 f32, low word first: u32-low; addresses from 0"),
                ("timeout", Timeout),
                ("retries", Retries),
                ("stuckAfter", Stuck)),
        },
    ];

    private static Dictionary<string, string> Of(params (string Name, string Meaning)[] settings) =>
        settings.ToDictionary(s => s.Name, s => s.Meaning, StringComparer.Ordinal);
}
