namespace SmartCity.Mqtt;

/// <summary>One subscription in force.</summary>
/// <param name="Filter">The topic filter as it stood in SUBSCRIBE, a <c>$share/group/</c> prefix included; a session's key for it.</param>
/// <param name="Qos">The QoS granted.</param>
internal sealed record Subscription(string Filter, QualityOfService Qos)
{
    /// <summary>Messages of this client itself are not sent to it (MQTT 5; false in 3.1.1).</summary>
    public bool NoLocal { get; init; }

    /// <summary>The RETAIN flag stays as published (MQTT 5; false in 3.1.1).</summary>
    public bool RetainAsPublished { get; init; }

    /// <summary>Subscription identifier, 1–268,435,455, or 0 for none.</summary>
    public uint Identifier { get; init; }
}
