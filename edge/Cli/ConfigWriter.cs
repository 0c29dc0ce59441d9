using System.Text;

namespace SmartCity.Edge.Cli;

/// <summary>Writes a commented configuration. It must come out of the loader as it went in; a test loads every one.</summary>
internal static class ConfigWriter
{
    /// <summary>Name of the schema's file, beside the configuration.</summary>
    public const string SchemaFile = "gateway.schema.json";

    /// <summary>The YAML text.</summary>
    public static string Write(ConfigPlan plan, Words words)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        void Comment(string key)
        {
            foreach (var line in TextWrap.Lines(words[key], 98))
            {
                Line("# " + line);
            }
        }

        Line($"# yaml-language-server: $schema={SchemaFile}");
        Comment("yaml.head");
        Line("");
        Comment("yaml.gateway");
        Line($"gateway: {plan.Gateway}");
        Comment("yaml.data");
        Line($"data: {ConfigEdit.Scalar(plan.Data)}");
        Line("");
        Comment("yaml.servers");
        Line($"servers: [ {string.Join(", ", plan.Servers.Select(ConfigEdit.Scalar))} ]");
        if (plan.Https.Count > 0)
        {
            Comment("yaml.https");
            Line($"https: [ {string.Join(", ", plan.Https.Select(ConfigEdit.Scalar))} ]");
            Comment("yaml.certificate");
            Line($"certificate: {plan.Gateway}.crt");
            Line($"key: {plan.Gateway}.key");
            Line("ca: ca.crt");
        }

        Line("");
        Line($"language: {plan.Language}");
        Line($"timeZone: {plan.TimeZone}");
        Comment("yaml.location");
        Line("# location: { lat: 19.807, lon: 105.776 }");
        Comment("yaml.clock");
        Line("clock: auto");
        Comment("yaml.limits");
        Line("limits: { diskMiB: 1024, minimumFreeMiB: 64, batchAge: 500ms }");
        Line("");
        Comment("yaml.identify");
        Line("# identify: { driver: relay, chip: gpiochip0, line: 27 }");
        Line("");
        Comment("yaml.sirens");
        if (plan.Sirens.Count == 0)
        {
            Line("# sirens:");
            Line("#   - { id: siren-1, driver: relay, chip: gpiochip0, line: 17, zones: [zone-01] }");
        }
        else
        {
            Line("sirens:");
            foreach (var siren in plan.Sirens)
            {
                Line("  - " + siren);
            }
        }

        Line("");
        Comment("yaml.devices");
        Line(plan.Devices.Any(d => d.Sure) ? "devices:" : "devices: []");
        foreach (var device in plan.Devices.Where(d => d.Sure))
        {
            Device(device, "", Line);
        }

        if (plan.Devices.Any(d => !d.Sure))
        {
            Line("");
            Comment("yaml.unsure");
            foreach (var device in plan.Devices.Where(d => !d.Sure))
            {
                Device(device, "# ", Line);
            }
        }

        return text.ToString();
    }

    private static void Device(PlannedDevice device, string begin, Action<string> line)
    {
        line($"{begin}  - id: {device.Id}");
        line($"{begin}    kind: {device.Kind}");
        foreach (var more in device.More)
        {
            line($"{begin}    {more}");
        }

        if (device.Output is { } output)
        {
            line($"{begin}    output: {output.Yaml}");
        }

        if (device.Sensors.Count > 0)
        {
            line($"{begin}    sensors:");
            foreach (var sensor in device.Sensors)
            {
                line($"{begin}      - {sensor.Yaml}");
            }
        }
    }
}
