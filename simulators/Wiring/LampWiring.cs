using SmartCity.Simulators.Chips.Lines;
using SmartCity.Simulators.Run;
using SmartCity.Simulators.Signals;

namespace SmartCity.Simulators.Wiring;

/// <summary>Hangs a lamp on its cabinet's cable and on the gateway's output, and gives it a meter.</summary>
internal static class LampWiring
{
    /// <summary>What is printed on a lamp and what it draws differ by up to this part.</summary>
    private const double Tolerance = 0.02;

    /// <summary>Makes a device's lamp and what is measured of it.</summary>
    public static void Put(GatewayWiring wiring, SimDevice device, double ratedWatts, Func<double> level)
    {
        var here = device.Here;
        var watts = ratedWatts * (1 + (Tolerance * ((2 * here.Trait(70)) - 1)));
        var lamp = new SimLamp(watts, level, () => wiring.Feeder.Volts, wiring.Time)
            .Since(Before(device, "energy_kwh", c => c.EnergyKwh), Before(device, "burning_hours", c => c.BurningHours), Before(device, "switch_on_count", c => c.SwitchOns));
        var meter = new SimMeter(here.Device, wiring.Time);
        (device.Lamp, device.Meter) = (lamp, meter);
        wiring.Feeder.Add(lamp, watts);
        device.Makes("dim_percent", level);
        device.Makes("voltage_v", () => meter.Volts(wiring.Feeder.Volts));
        device.Makes("power_w", () => meter.Watts(lamp.Now().Watts));
        device.Makes("current_a", () => meter.Amperes(lamp.Now().Amperes));
        device.Makes("power_factor", () => lamp.Now() is { Watts: > 0 } state ? state.Factor : 0);
        device.Makes("energy_kwh", () => meter.Energy(lamp.Now().EnergyKwh));
        device.Makes("burning_hours", () => lamp.Now().BurningHours);
        device.Makes("switch_on_count", () => lamp.Now().SwitchOns);
        device.Makes("temperature_celsius", () => Sky.Temperature(device.Here) + lamp.Now().Warmth);
    }

    /// <summary>What a counter stood at before: what the last run left, or the years of nights where that is more or nothing was left.</summary>
    public static double Before(SimDevice device, string metric, Func<Counters, double> left) =>
        Math.Max(device.Value(metric), device.Left is { } counters ? left(counters) : 0);

    /// <summary>What the meter at its pole says.</summary>
    public static SimPower Power(SimDevice device) => new(
        device.Value("voltage_v"),
        device.Value("current_a"),
        device.Value("power_w"),
        device.Value("energy_kwh") % 9_999,
        StreetSignals.Frequency(device.Here),
        device.Value("power_factor"));
}
