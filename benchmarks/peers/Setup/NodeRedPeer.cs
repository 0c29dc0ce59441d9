using System.Globalization;

namespace SmartCity.Benchmarks.Peers;

/// <summary>mosquitto → Node-RED → InfluxDB, as a careful user builds it: a persistent session, QoS 1, batches, several requests at a
/// time, what failed sent again.</summary>
/// <param name="modules">Folder in which npm has put Node-RED.</param>
/// <param name="json">Readings as JSON, which it makes lines of; otherwise lines, which it passes on unread.</param>
internal sealed class NodeRedPeer(string modules, bool json) : BrokerPeer
{
    private int _starts;

    /// <inheritdoc/>
    public override string Name => json ? "node-red" : "node-red-lines";

    /// <inheritdoc/>
    public override string Title => json ? "mosquitto → Node-RED → InfluxDB, JSON" : "mosquitto → Node-RED → InfluxDB, lines passed on unread";

    /// <inheritdoc/>
    public override string Means => "PUBACK: in mosquitto's memory. Past a full queue it drops and goes on acknowledging. No rules, no checks, nothing counted";

    /// <inheritdoc/>
    public override bool Json => json;

    /// <inheritdoc/>
    protected override Child StartReader()
    {
        var user = Directory.CreateDirectory(Path.Combine(Home, "node-red")).FullName;
        File.Copy(Path.Combine(modules, json ? "flows-json.json" : "flows-lines.json"), Path.Combine(user, "flows.json"), overwrite: true);
        _starts++;
        return Run(
            "node-red", "node", [Path.Combine(modules, "node_modules/node-red/red.js"), "--settings", Path.Combine(modules, "settings.js"), "--userDir", user],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["NODE_RED_PORT"] = Local.FreePort().ToString(CultureInfo.InvariantCulture),
                ["MQTT_PORT"] = MqttPort.ToString(CultureInfo.InvariantCulture),
                ["INFLUX_WRITE"] = Write,
            });
    }

    // It subscribes in the same moment; the warm-up that follows would show a second's difference.
    /// <inheritdoc/>
    protected override Task<bool> IsReadingAsync() => SaidAsync("node-red", "Connected to broker", _starts);
}
