namespace SmartCity.Telemetry;

/// <summary>What a topic of the city is for (CONTRACTS, MQTT).</summary>
public enum CityTopicKind : byte
{
    /// <summary>Lines of ordinary readings, from a gateway.</summary>
    Telemetry,

    /// <summary>Lines of alarm kinds, from a gateway's alarm connection.</summary>
    Alarm,

    /// <summary>A gateway's own description.</summary>
    State,

    /// <summary>What the server wants of a gateway.</summary>
    Desired,

    /// <summary>What a gateway does.</summary>
    Reported,

    /// <summary>A one-shot act for a gateway.</summary>
    Command,

    /// <summary>What became of a command.</summary>
    CommandResult,

    /// <summary>Alert transitions, from the server.</summary>
    Alerts,
}

/// <summary>A topic name of the city, taken apart without allocating. Valid while the topic's memory is.</summary>
public readonly ref struct CityTopic
{
    private const string Prefix = "city/v1/";

    private CityTopic(CityTopicKind kind, ReadOnlySpan<byte> gateway, ReadOnlySpan<byte> alertKind)
    {
        Kind = kind;
        Gateway = gateway;
        AlertKind = alertKind;
    }

    /// <summary>What the topic is for.</summary>
    public CityTopicKind Kind { get; }

    /// <summary>The gateway; empty for <see cref="CityTopicKind.Alerts"/>.</summary>
    public ReadOnlySpan<byte> Gateway { get; }

    /// <summary>The kind of alert; empty for every other topic.</summary>
    public ReadOnlySpan<byte> AlertKind { get; }

    /// <summary>The gateway name that no gateway may have, because <c>city/v1/alerts/…</c> is the server's.</summary>
    public static ReadOnlySpan<byte> ReservedGateway => "alerts"u8;

    /// <summary>Takes <paramref name="topic"/> (UTF-8) apart; false for anything that is not in the table of CONTRACTS. Filters with wildcards are not topics.</summary>
    public static bool TryParse(ReadOnlySpan<byte> topic, out CityTopic parsed)
    {
        parsed = default;
        if (!topic.StartsWith("city/v1/"u8))
        {
            return false;
        }

        var rest = topic[Prefix.Length..];
        var slash = rest.IndexOf((byte)'/');
        if (slash < 0 || !Identifier.IsValid(rest[..slash]))
        {
            return false;
        }

        var gateway = rest[..slash];
        var tail = rest[(slash + 1)..];
        if (gateway.SequenceEqual(ReservedGateway))
        {
            parsed = new CityTopic(CityTopicKind.Alerts, default, tail);
            return Identifier.IsValid(tail);
        }

        if (!TryKind(tail, out var kind))
        {
            return false;
        }

        parsed = new CityTopic(kind, gateway, default);
        return true;
    }

    /// <summary>The topic of a gateway.</summary>
    /// <exception cref="ArgumentException">The gateway is no identifier, or is the reserved one.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is no gateway's.</exception>
    public static string Of(string gateway, CityTopicKind kind)
    {
        if (!Identifier.IsValid(gateway) || gateway == "alerts")
        {
            throw new ArgumentException("Not a gateway's identifier: 1–63 of a-z 0-9 - _, and not 'alerts'.", nameof(gateway));
        }

        return Prefix + gateway + kind switch
        {
            CityTopicKind.Telemetry => "/telemetry",
            CityTopicKind.Alarm => "/alarm",
            CityTopicKind.State => "/state",
            CityTopicKind.Desired => "/desired",
            CityTopicKind.Reported => "/reported",
            CityTopicKind.Command => "/command",
            CityTopicKind.CommandResult => "/command/result",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a gateway's topic."),
        };
    }

    /// <summary>The topic on which transitions of alerts of one kind are published.</summary>
    /// <exception cref="ArgumentException">The kind is no identifier.</exception>
    public static string Alerts(string alertKind) =>
        Identifier.IsValid(alertKind)
            ? "city/v1/alerts/" + alertKind
            : throw new ArgumentException("Not an alert kind: 1–63 of a-z 0-9 - _.", nameof(alertKind));

    private static bool TryKind(ReadOnlySpan<byte> tail, out CityTopicKind kind)
    {
        CityTopicKind? found = tail.Length switch
        {
            9 when tail.SequenceEqual("telemetry"u8) => CityTopicKind.Telemetry,
            5 when tail.SequenceEqual("alarm"u8) => CityTopicKind.Alarm,
            5 when tail.SequenceEqual("state"u8) => CityTopicKind.State,
            7 when tail.SequenceEqual("desired"u8) => CityTopicKind.Desired,
            7 when tail.SequenceEqual("command"u8) => CityTopicKind.Command,
            8 when tail.SequenceEqual("reported"u8) => CityTopicKind.Reported,
            14 when tail.SequenceEqual("command/result"u8) => CityTopicKind.CommandResult,
            _ => null,
        };
        kind = found.GetValueOrDefault();
        return found is not null;
    }
}
