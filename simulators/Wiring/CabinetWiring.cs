using SmartCity.Simulators.Run;
using SmartCity.Simulators.Signals;

namespace SmartCity.Simulators.Wiring;

/// <summary>Makes a power cabinet's meter measure what its lamps, its cable and the gateway in it draw.</summary>
internal static class CabinetWiring
{
    /// <summary>Puts the meter behind the main switch.</summary>
    public static void Put(GatewayWiring wiring, SimDevice device)
    {
        var feeder = wiring.TakeFeeder();
        feeder.Standing = 18 + (24 * device.Here.Trait(62));
        feeder.Since(LampWiring.Before(device, "energy_kwh", c => c.EnergyKwh));
        var meter = new SimMeter(device.Here.Device, wiring.Time);
        (device.Feeder, device.Meter) = (feeder, meter);
        device.Makes("voltage_v", () => meter.Volts(feeder.Volts));
        device.Makes("power_w", () => meter.Watts(feeder.Now().Watts));
        device.Makes("current_a", () => meter.Amperes(feeder.Now().Amperes));
        device.Makes("energy_kwh", () => meter.Energy(feeder.Now().EnergyKwh));
        device.Makes("frequency_hz", () => feeder.Volts > 0 ? StreetSignals.Frequency(device.Here) : 0);
        device.Makes("leakage_ma", () => feeder.Volts > 0 ? StreetSignals.Leakage(device.Here) : 0);
        device.Makes("temperature_celsius", () => Sky.Temperature(device.Here) + 6 + (5 * feeder.Now().Load));
    }
}
