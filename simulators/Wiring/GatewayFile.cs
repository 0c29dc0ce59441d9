using System.Globalization;
using System.Text;
using SmartCity.Edge;
using SmartCity.Edge.Config;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;

namespace SmartCity.Simulators.Wiring;

/// <summary>Writes a simulated gateway's configuration, as a technician would have it: the program reads it like any other, and
/// <c>smartcity-edge watch --config</c> of it shows the simulated sensors.</summary>
internal static class GatewayFile
{
    /// <summary>Wires the devices into a cabinet and writes the file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="gateway">The gateway.</param>
    /// <param name="devices">Its devices.</param>
    /// <param name="links">Servers, data directory and certificates.</param>
    /// <param name="speed">How much faster than their kinds' intervals devices report.</param>
    /// <param name="wiring">The cabinet.</param>
    public static void Write(
        string path, PlanGateway gateway, IReadOnlyList<SimDevice> devices, GatewayLinks links, double speed, GatewayWiring wiring)
    {
        var text = new StringBuilder("# A simulated gateway: its sensors are chips in the simulator's memory.\n");
        text.Append("gateway: ").Append(gateway.Id).Append('\n');
        text.Append("data: ").Append(links.Data).Append('\n');
        text.Append("servers: [ ").AppendJoin(", ", links.Servers).Append(" ]\n");
        if (links.Certificates is { } directory)
        {
            text.Append("certificate: ").Append(Path.Combine(directory, gateway.Id + ".crt")).Append('\n');
            text.Append("key: ").Append(Path.Combine(directory, gateway.Id + ".key")).Append('\n');
            text.Append("ca: ").Append(Path.Combine(directory, "ca.crt")).Append('\n');
        }

        text.Append("clock: trusted\n");
        text.Append(CultureInfo.InvariantCulture, $"location: {{ lat: {gateway.At.Lat}, lon: {gateway.At.Lon} }}\n");
        var zones = devices.Select(d => d.Plan.Zone).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (zones.Count > 0)
        {
            var (chip, line, wire) = wiring.Line();
            wiring.Siren = wire;
            text.Append("sirens:\n  - { id: siren-1, driver: relay, chip: ").Append(chip);
            text.Append(CultureInfo.InvariantCulture, $", line: {line}, zones: [ ").AppendJoin(", ", zones).Append(" ] }\n");
        }

        text.Append("lighting:\n  programmes:\n    night: { points: [ { at: sunset, level: 100 }, { at: \"23:00\", level: 60, rampSeconds: 60 },");
        text.Append(" { at: \"05:00\", level: 100 }, { at: sunrise, level: 0 } ] }\n  calendars:\n    default: { default: night }\n");
        text.Append("devices:\n");
        foreach (var device in devices)
        {
            Device(text, device, speed, wiring);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.ToString());
    }

    private static void Device(StringBuilder text, SimDevice device, double speed, GatewayWiring wiring)
    {
        var plan = device.Plan;
        text.Append("  - id: ").Append(plan.Id).Append("\n    kind: ").Append(plan.Kind).Append('\n');
        text.Append("    place: \"").Append(plan.Name.Replace("\"", "'", StringComparison.Ordinal)).Append("\"\n");
        if (plan.Zone is { } zone)
        {
            text.Append("    zone: ").Append(zone).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"    location: {{ lat: {plan.At.Lat}, lon: {plan.At.Lon} }}\n");
        text.Append("    interval: ").Append(Interval(device, speed)).Append('\n');
        if (plan.Kind == KindNames.WaterLevel)
        {
            // A rising river is reported as it rises, not at the next five minutes.
            text.Append("    poll: 500ms\n    change: { water_level_m: 0.02 }\n");
        }

        if (plan.Thresholds.Count > 0)
        {
            var own = plan.Thresholds.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key}: {t.Value}"));
            text.Append("    thresholds: { ").AppendJoin(", ", own).Append(" }\n");
        }

        foreach (var (key, value) in DeviceWiring.Wire(wiring, device))
        {
            text.Append("    ").Append(key).Append(": ").Append(value).Append('\n');
        }
    }

    private static string Interval(SimDevice device, double speed)
    {
        var milliseconds = Math.Max(1, Math.Round(device.Kind.Interval.TotalMilliseconds / speed));
        return Times.Write(TimeSpan.FromMilliseconds(milliseconds));
    }
}

/// <summary>What connects a simulated gateway.</summary>
/// <param name="Data">Directory of its log.</param>
/// <param name="Servers">Servers in order of preference.</param>
/// <param name="Certificates">Directory with <c>ca.crt</c> and its certificate and key; null for plain connections.</param>
internal sealed record GatewayLinks(string Data, IReadOnlyList<ServerEndpoint> Servers, string? Certificates);
