using SmartCity.City;
using SmartCity.Simulators.Chips.I2c;
using SmartCity.Simulators.Chips.Lines;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;
using static SmartCity.Simulators.Wiring.PartText;

namespace SmartCity.Simulators.Wiring;

/// <summary>Which hardware a device of each kind is made of, and what that hardware senses: the device's signals, and what scenarios do to it.</summary>
internal static class DeviceWiring
{
    /// <summary>Mounted this high above the gauge's datum, an A02YYUW's range of 4.5 m would not do for a river: a pressure probe does.</summary>
    private const double ProbeSpan = 12;

    /// <summary>What most of the pilot's lamps have, and the kind's own default (city/kinds/streetlight.yaml).</summary>
    private const double UsualWatts = 100;

    /// <summary>Wires a device into a cabinet; gives the keys and values of its configuration.</summary>
    public static IEnumerable<(string Key, string Value)> Wire(GatewayWiring wiring, SimDevice device) => device.Kind.Name switch
    {
        KindNames.Streetlight => Streetlight(wiring, device),
        KindNames.FireDetector => [Sensors(FireDetector(wiring, device))],
        KindNames.CallPoint => [Sensors(CallPoint(wiring, device))],
        KindNames.WaterLevel => [Sensors(WaterLevel(wiring, device))],
        KindNames.RainGauge => [Sensors(RainGauge(wiring, device))],
        KindNames.Environment => [Sensors(EnvironmentStation(wiring, device))],
        KindNames.PowerCabinet => [Sensors(PowerCabinet(wiring, device))],
        _ => [Sensors([.. Registers(wiring, device, [.. Plain(device.Kind)]), .. Contacts(wiring, device)])],
    };

    private static (string Key, string Value) Sensors(IEnumerable<string> parts) => ("sensors", $"[ {string.Join(", ", parts)} ]");

    private static IEnumerable<(string Key, string Value)> Streetlight(GatewayWiring wiring, SimDevice device)
    {
        var (output, level) = wiring.Dimmer();
        LampWiring.Put(wiring, device, device.Plan.Thresholds.GetValueOrDefault("rated_w", UsualWatts), level);
        string[] electric = ["voltage_v", "current_a", "power_w", "energy_kwh", "power_factor"];
        string[] own = ["temperature_celsius", "burning_hours", "switch_on_count"];
        var mains = () => wiring.Feeder.Volts > 0;
        string[] parts =
        [
            .. wiring.MetersInCabinet ? Registers(wiring, device, electric) : [Pzem(wiring, device, mains)],
            .. Registers(wiring, device, own, mains),
            .. Contacts(wiring, device),
        ];
        return [("output", output), Sensors(parts)];
    }

    private static string Pzem(GatewayWiring wiring, SimDevice device, Func<bool> mains)
    {
        var (port, number) = wiring.Unit(unit =>
        {
            var meter = new SimPzem(unit, () => LampWiring.Power(device)) { Supply = mains };
            device.Units.Add(meter);
            return meter;
        });
        return Of("pzem004t", ("port", port), ("unit", number), ("metrics", "{ frequency_hz: '' }"));
    }

    private static IEnumerable<string> FireDetector(GatewayWiring wiring, SimDevice device)
    {
        var loop = wiring.Converter(() => FireLoopWire.Volts((int)device.Value("loop_state")));
        var battery = wiring.Converter(() => device.Value("battery_volt") / 5);
        return
        [
            Of("fire-loop", ("bus", loop.Bus), ("address", loop.Address), ("channel", loop.Channel)),
            Of("ads1115-volt", ("bus", battery.Bus), ("address", battery.Address), ("channel", battery.Channel), ("ratio", 5)),
            Of("ds18b20", ("id", wiring.Thermometer(() => device.Value("temperature_celsius")))),
            .. Registers(wiring, device, ["smoke_percent_per_m"]),
        ];
    }

    private static IEnumerable<string> CallPoint(GatewayWiring wiring, SimDevice device)
    {
        var loop = wiring.Converter(() => FireLoopWire.Volts((int)device.Value("loop_state")));
        var battery = wiring.Converter(() => device.Value("battery_volt") / 5);
        return
        [
            .. Contacts(wiring, device, "pressed"),
            Of("fire-loop", ("bus", loop.Bus), ("address", loop.Address), ("channel", loop.Channel)),
            Of("ads1115-volt", ("bus", battery.Bus), ("address", battery.Address), ("channel", battery.Channel), ("ratio", 5)),
        ];
    }

    private static IEnumerable<string> WaterLevel(GatewayWiring wiring, SimDevice device)
    {
        // 4 mA at the datum, 20 mA at the end of the span, over 100 Ω.
        var probe = wiring.Converter(() => (4 + (16 * Math.Clamp(device.Value("water_level_m") / ProbeSpan, 0, 1))) * 0.1);
        var battery = wiring.Converter(() => device.Value("battery_volt") / 5);
        return
        [
            Of("ads1115-level", ("bus", probe.Bus), ("address", probe.Address), ("channel", probe.Channel), ("shunt", 100), ("span", ProbeSpan)),
            Of("ads1115-volt", ("bus", battery.Bus), ("address", battery.Address), ("channel", battery.Channel), ("ratio", 5)),
        ];
    }

    private static IEnumerable<string> RainGauge(GatewayWiring wiring, SimDevice device)
    {
        var (chip, number, line) = wiring.Line();
        device.Bucket = new SimBucket(line);
        var battery = wiring.Converter(() => device.Value("battery_volt") / 5);
        return
        [
            Of("rain-gauge", ("chip", chip), ("line", number), ("mm", SimBucket.Tip)),
            Of("ads1115-volt", ("bus", battery.Bus), ("address", battery.Address), ("channel", battery.Channel), ("ratio", 5)),
        ];
    }

    private static IEnumerable<string> EnvironmentStation(GatewayWiring wiring, SimDevice device)
    {
        var bus = wiring.StationBus();
        wiring.Board.Add(bus, 0x76, new SimBme280(
            () => device.Value("temperature_celsius"), () => device.Value("relative_humidity_percent"), () => device.Value("pressure_hpa"), wiring.Time));
        var dust = wiring.Port(new SimPms5003(wiring.Time, () => (device.Value("pm2_5_ug_m3"), device.Value("pm10_ug_m3"))));
        string[] others = ["noise_db", "wind_speed_m_s", "wind_direction_degree", "uv_index", "o3_ug_m3", "no2_ug_m3", "so2_ug_m3", "co_ug_m3"];
        return
        [
            Of("bme280", ("bus", bus), ("address", "0x76")),
            Of("pms5003", ("port", dust)),
            .. Registers(wiring, device, others),
        ];
    }

    private static IEnumerable<string> PowerCabinet(GatewayWiring wiring, SimDevice device)
    {
        // The cabinet's meter is fed by the gateway's battery: it can say that there is no mains.
        CabinetWiring.Put(wiring, device);
        return [.. Registers(wiring, device, [.. Plain(device.Kind)]), .. Contacts(wiring, device)];
    }

    /// <summary>A Modbus unit that has these metrics as consecutive 32-bit floats.</summary>
    private static IEnumerable<string> Registers(GatewayWiring wiring, SimDevice device, IReadOnlyList<string> metrics, Func<bool>? supply = null)
    {
        if (metrics.Count == 0)
        {
            return [];
        }

        var map = new List<string>();
        var place = wiring.Unit(unit =>
        {
            var registers = new SimRegisters(unit) { Supply = supply };
            device.Units.Add(registers);
            for (var i = 0; i < metrics.Count; i++)
            {
                var metric = metrics[i];
                registers.Add(2 * i, "f32", () => device.Value(metric));
                map.Add($"{metric}={2 * i}:f32");
            }

            return registers;
        });
        return [Of("modbus", ("port", place.Port), ("unit", place.Unit), ("registers", $"[ {string.Join(", ", map.Select(m => $"\"{m}\""))} ]"))];
    }

    /// <summary>What a kind measures with numbers: all but its contacts and its fault code.</summary>
    private static IEnumerable<string> Plain(DeviceKind kind) =>
        kind.Metrics.Where(m => m.Type is MetricType.Float or MetricType.Integer && m.Name != KindNames.FaultCode).Select(m => m.Name);

    /// <summary>A contact for each boolean metric of the kind (but the siren's, which the gateway knows), or for those named.</summary>
    private static IEnumerable<string> Contacts(GatewayWiring wiring, SimDevice device, params string[] only)
    {
        foreach (var metric in device.Kind.Metrics.Where(m => m.Type == MetricType.Boolean && m.Name != "siren_on"))
        {
            if (only.Length == 0 || only.Contains(metric.Name, StringComparer.Ordinal))
            {
                var (chip, number, line) = wiring.Line();
                line.Level = device.Value(metric.Name) >= 0.5;
                device.Contacts.Add(new SimContact(metric.Name, line));
                yield return Of("contact", ("chip", chip), ("line", number), ("metric", metric.Name));
            }
        }
    }
}
