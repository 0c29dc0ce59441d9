namespace SmartCity.Mqtt;

/// <summary>What the endpoint counts. All but the gauge only grow.</summary>
public enum MqttCounter
{
    /// <summary>Connections open now (gauge).</summary>
    ConnectionsOpen,

    /// <summary>Connections made.</summary>
    ConnectionsTotal,

    /// <summary>Connections refused for their number.</summary>
    ConnectionsRefusedTotal,

    /// <summary>CONNECT accepted.</summary>
    ConnectsAcceptedTotal,

    /// <summary>CONNECT refused, limits of number included.</summary>
    ConnectsRefusedTotal,

    /// <summary>Connections closed because no CONNECT came in time.</summary>
    ConnectTimeoutsTotal,

    /// <summary>Connections closed by keep alive.</summary>
    KeepAliveTimeoutsTotal,

    /// <summary>Connections closed because a packet took too long to arrive.</summary>
    PacketTimeoutsTotal,

    /// <summary>Connections closed because the client did not read.</summary>
    WriteTimeoutsTotal,

    /// <summary>Connections closed for malformed packets and protocol errors, too large packets included.</summary>
    ProtocolErrorsTotal,

    /// <summary>Packets received whole.</summary>
    PacketsReceivedTotal,

    /// <summary>PUBLISH received.</summary>
    PublishesReceivedTotal,

    /// <summary>Payload bytes of them.</summary>
    PublishBytesReceivedTotal,

    /// <summary>QoS 2 PUBLISH received again and not handed on.</summary>
    PublishDuplicatesTotal,

    /// <summary>PUBLISH refused by the owner or the broker; in MQTT 3.1.1 acknowledged all the same.</summary>
    PublishesRefusedTotal,

    /// <summary>PUBACK and PUBREC sent.</summary>
    AcksSentTotal,

    /// <summary>PUBLISH sent.</summary>
    PublishesSentTotal,

    /// <summary>Subscriptions refused.</summary>
    SubscriptionsRefusedTotal,

    /// <summary>Times the owner threw; the connection was closed.</summary>
    OwnerFaultsTotal,
}

/// <summary>Counters of the endpoint, readable at any time from any thread.</summary>
public sealed class MqttMetrics
{
    private static readonly string[] _names = Array.ConvertAll(Enum.GetNames<MqttCounter>(), SnakeCase);
    private readonly long[] _values = new long[_names.Length];

    /// <summary>One counter.</summary>
    /// <param name="counter">Which.</param>
    /// <returns>Its value now.</returns>
    public long this[MqttCounter counter] => Volatile.Read(ref _values[(int)counter]);

    /// <summary>All counters with their names in snake case, as a metrics page wants them.</summary>
    /// <returns>Names and values.</returns>
    public IEnumerable<KeyValuePair<string, long>> Read()
    {
        for (var i = 0; i < _names.Length; i++)
        {
            yield return new KeyValuePair<string, long>(_names[i], Volatile.Read(ref _values[i]));
        }
    }

    internal void Add(MqttCounter counter, long amount = 1) => Interlocked.Add(ref _values[(int)counter], amount);

    private static string SnakeCase(string name)
    {
        var text = new System.Text.StringBuilder("mqtt");
        foreach (var letter in name)
        {
            if (char.IsUpper(letter))
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
