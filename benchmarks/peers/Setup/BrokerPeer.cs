using System.Globalization;

namespace SmartCity.Benchmarks.Peers;

/// <summary>mosquitto, something that reads from it, and InfluxDB 1.</summary>
internal abstract class BrokerPeer : Peer
{
    private readonly int _mqtt = Local.FreePort();
    private readonly InfluxStore _store = new();

    /// <inheritdoc/>
    public override Task<long> TakenAsync() => _store.TakenAsync();

    /// <inheritdoc/>
    public override Task<long> CountAsync() => _store.CountAsync();

    /// <summary>mosquitto's port.</summary>
    protected int MqttPort => _mqtt;

    /// <summary>Where lines are posted.</summary>
    protected string Write => _store.Write;

    /// <inheritdoc/>
    protected override async Task StartAsync(CancellationToken stop)
    {
        var data = Directory.CreateDirectory(Path.Combine(Home, "mosquitto")).FullName;
        var config = Path.Combine(Home, "mosquitto.conf");

        // A queue a hundred times as long as the default of 1,000 messages, as far as 128 MB go; past it mosquitto drops. As wide a window
        // as helps. Under its own user it could not write here.
        await File.WriteAllTextAsync(config, string.Create(CultureInfo.InvariantCulture, $"""
            listener {_mqtt} 127.0.0.1
            allow_anonymous true
            persistence true
            persistence_location {data}/
            max_inflight_messages 1000
            max_queued_messages 100000
            max_queued_bytes 134217728
            user {Environment.UserName}
            max_keepalive 600
            log_type error
            log_type warning

            """), stop);
        Child? reader = null;
        var influx = _store.Start(Run, Home);
        await influx.UntilAsync(_store.ReadyAsync, stop);
        var mosquitto = Run("mosquitto", "mosquitto", ["-c", config]);
        await mosquitto.UntilAsync(() => Local.ListensAsync(_mqtt), stop);
        Target = string.Create(CultureInfo.InvariantCulture, $"mqtt://127.0.0.1:{_mqtt}");
        reader = StartReader();
        await reader.UntilAsync(IsReadingAsync, stop);
    }

    /// <summary>Starts what reads from mosquitto and writes to the store.</summary>
    protected abstract Child StartReader();

    /// <summary>Whether it has subscribed.</summary>
    protected abstract Task<bool> IsReadingAsync();
}
