using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Mqtt;

/// <summary>Where a client connects, as whom, and its limits.</summary>
public sealed record MqttClientOptions
{
    /// <summary>Server's host name or address; over TLS its certificate has to be good for it (unless <see cref="TlsName"/> says otherwise).</summary>
    public required string Host { get; init; }

    /// <summary>Server's port, 1–65,535.</summary>
    public int Port { get; init; } = 1883;

    /// <summary>Client identifier; empty lets the server choose one (MQTT 5, or 3.1.1 with clean start).</summary>
    public string ClientId { get; init; } = "";

    /// <summary>Protocol version spoken.</summary>
    public ProtocolVersion Version { get; init; } = ProtocolVersion.V500;

    /// <summary>Longest silence towards the server before PINGREQ, in whole seconds; zero switches keep-alive off.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the server may be silent after PINGREQ before the connection is given up. Ten seconds.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Start without what the server kept. In MQTT 5 this holds for the first connection only when <see cref="SessionExpirySeconds"/> is above 0:
    /// a reconnect resumes the session. In 3.1.1 it holds for every connection.
    /// </summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>How long the server keeps the session without a connection, in seconds; 0xFFFFFFFF for ever (MQTT 5; in 3.1.1 <see cref="CleanStart"/> decides).</summary>
    public uint SessionExpirySeconds { get; init; }

    /// <summary>User name, or null.</summary>
    public string? Username { get; init; }

    /// <summary>Password, or null. Never logged.</summary>
    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Whether to speak TLS.</summary>
    public bool UseTls { get; init; }

    /// <summary>Client certificate with its private key, or null.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The only certificate authorities trusted to sign the server's certificate; null trusts the machine's.</summary>
    public X509Certificate2Collection? ServerCa { get; init; }

    /// <summary>The name the server's certificate has to be good for; null for <see cref="Host"/>.</summary>
    public string? TlsName { get; init; }

    /// <summary>The will, or null.</summary>
    public WillMessage? Will { get; init; }

    /// <summary>
    /// QoS 1 and 2 publishes unacknowledged at once, 1–32,767; the server's receive maximum may make it less. Each holds a copy of its
    /// packet. In 3.1.1 at most <see cref="Window311"/>.
    /// </summary>
    public int Window { get; init; } = 64;

    /// <summary>
    /// The same in 3.1.1, where a server cannot say how many it takes: 20, for mosquitto (2.0.11) acknowledges more QoS 2 messages than its
    /// max_inflight_messages, which is 20 by default, and delivers only so many.
    /// </summary>
    public int Window311 { get; init; } = 20;

    /// <summary>QoS 1 and 2 messages the server may have unacknowledged towards this client (MQTT 5), 1–65,535.</summary>
    public ushort ReceiveMaximum { get; init; } = 64;

    /// <summary>Received messages that may wait for <see cref="MqttClient.Received"/>; beyond, QoS 0 is dropped and counted, QoS 1 and 2 hold the connection back.</summary>
    public int MaximumWaiting { get; init; } = 256;

    /// <summary>Largest packet accepted from the server, in bytes. 256 KiB, as our server.</summary>
    public int MaximumPacketSize { get; init; } = 256 * 1024;

    /// <summary>From the first byte to CONNACK.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Upper bound of the first pause before a reconnect; the pause is drawn at random below it, and the bound doubles with each failure.</summary>
    public TimeSpan ReconnectMinimum { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Largest upper bound of that pause.</summary>
    public TimeSpan ReconnectMaximum { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Throws when an option makes no sense, naming it.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Host);
        ArgumentOutOfRangeException.ThrowIfLessThan(Port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Port, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(Window, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Window, short.MaxValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(Window311, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReceiveMaximum, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumWaiting, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumPacketSize, 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(KeepAlive, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(KeepAlive, TimeSpan.FromSeconds(ushort.MaxValue));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PingTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReconnectMinimum, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReconnectMaximum, ReconnectMinimum);
        if (Version == ProtocolVersion.V311 && ClientId.Length == 0 && !CleanStart)
        {
            throw new ArgumentException("MQTT 3.1.1 needs a ClientId unless CleanStart is set.");   // [MQTT-3.1.3-8]
        }
    }

    /// <summary>How many may be unacknowledged by our own will.</summary>
    internal int EffectiveWindow => Version == ProtocolVersion.V311 ? Math.Min(Window, Window311) : Window;

    /// <summary>Without user name, password and keys.</summary>
    /// <returns>A short form that is safe to log.</returns>
    public override string ToString() => $"{(UseTls ? "mqtts" : "mqtt")}://{Host}:{Port} as '{ClientId}'";
}
