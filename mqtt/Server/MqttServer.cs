using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace SmartCity.Mqtt;

/// <summary>
/// The endpoint: what all its connections share. Give it to Kestrel by <see cref="MqttConnectionHandler"/>; of Kestrel's own
/// settings, set SocketTransportOptions.MaxReadBufferSize to 64 KB: that is what one connection may hold unread while its owner waits.
/// </summary>
public sealed class MqttServer : IAsyncDisposable
{
    private readonly ITimer _sweeper;
    private readonly List<MqttConnection> _swept = [];

    /// <summary>Makes the endpoint; it accepts what Kestrel hands it.</summary>
    /// <param name="owner">The program that owns it.</param>
    /// <param name="broker">Sessions, subscriptions, retained messages; stays the caller's to dispose, after this.</param>
    /// <param name="limits">Limits.</param>
    /// <param name="time">The clock of every time limit.</param>
    /// <param name="log">Where it tells people.</param>
    public MqttServer(IMqttOwner owner, Broker broker, MqttLimits limits, TimeProvider time, ILogger<MqttServer> log)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(time);
        limits.Validate();
        Owner = owner;
        Broker = broker;
        Limits = limits;
        Time = time;
        Log = log;
        Connections = new ConnectionTable(limits);
        _sweeper = time.CreateTimer(static server => ((MqttServer)server!).Sweep(), this, limits.SweepInterval, limits.SweepInterval);
    }

    /// <summary>What it counts.</summary>
    public MqttMetrics Metrics { get; } = new();

    /// <summary>Its limits.</summary>
    public MqttLimits Limits { get; }

    /// <summary>Its sessions, subscriptions and retained messages.</summary>
    public Broker Broker { get; }

    /// <summary>Connections open now, those only told that they are too many left out.</summary>
    public int ConnectionCount => Connections.Count;

    internal IMqttOwner Owner { get; }

    internal TimeProvider Time { get; }

    internal ILogger Log { get; }

    internal ConnectionTable Connections { get; }

    internal long Now => Time.GetTimestamp();

    /// <summary>The live connection of a client.</summary>
    /// <param name="sessionName">Its <see cref="ConnectReply.SessionName"/>: the client identifier unless the owner said otherwise.</param>
    /// <returns>The connection, or null if it is not connected.</returns>
    public MqttConnection? Find(string sessionName) => Connections.Find(sessionName);

    /// <summary>Closes every connection; new ones are still accepted as long as Kestrel listens.</summary>
    /// <param name="reason">Why.</param>
    public void DisconnectAll(ReasonCode reason)
    {
        List<MqttConnection> all = [];
        Connections.CopyTo(all);
        foreach (var connection in all)
        {
            connection.Disconnect(reason);
        }
    }

    /// <summary>Stops looking at time limits. Connections have to be closed before, by stopping Kestrel.</summary>
    /// <returns>When the last sweep is over.</returns>
    public ValueTask DisposeAsync() => _sweeper.DisposeAsync();

    internal Task ServeAsync(ConnectionContext context) => new MqttConnection(this, context).RunAsync();

    private void Sweep()
    {
        if (!Monitor.TryEnter(_swept))
        {
            return; // the last sweep is not over yet
        }

        try
        {
            Connections.CopyTo(_swept);
            var now = Now;
            foreach (var connection in _swept)
            {
                connection.Sweep(now);
            }

            _swept.Clear();
        }
        finally
        {
            Monitor.Exit(_swept);
        }
    }
}

/// <summary>What Kestrel calls for each connection: <c>listen.UseConnectionHandler&lt;MqttConnectionHandler&gt;()</c>, behind <c>listen.UseHttps(…)</c> for TLS.</summary>
/// <param name="server">The endpoint.</param>
public sealed class MqttConnectionHandler(MqttServer server) : ConnectionHandler
{
    /// <inheritdoc/>
    public override Task OnConnectedAsync(ConnectionContext connection) => server.ServeAsync(connection);
}
