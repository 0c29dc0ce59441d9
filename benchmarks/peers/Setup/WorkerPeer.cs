using System.Globalization;

namespace SmartCity.Benchmarks.Peers;

/// <summary>mosquitto → the worker of <see cref="TextbookWorker"/> → InfluxDB.</summary>
/// <param name="json">Readings as JSON; otherwise lines, which it passes on unread.</param>
internal sealed class WorkerPeer(bool json) : BrokerPeer
{
    private int _starts;

    /// <inheritdoc/>
    public override string Name => json ? "worker" : "worker-lines";

    /// <inheritdoc/>
    public override string Title => json ? "mosquitto → C# worker → InfluxDB, JSON" : "mosquitto → C# worker → InfluxDB, lines passed on unread";

    /// <inheritdoc/>
    public override string Means => "PUBACK: in mosquitto's memory. The worker acknowledges what it has only queued. No rules, no checks, nothing counted";

    /// <inheritdoc/>
    public override bool Json => json;

    /// <inheritdoc/>
    protected override Child StartReader()
    {
        _starts++;
        return Run(
            "worker", "dotnet",
            [typeof(WorkerPeer).Assembly.Location, "worker", MqttPort.ToString(CultureInfo.InvariantCulture), Write, json ? "json" : "lines"]);
    }

    /// <inheritdoc/>
    protected override Task<bool> IsReadingAsync() => SaidAsync("worker", "subscribed", _starts);
}
