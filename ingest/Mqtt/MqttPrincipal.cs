using System.Collections.Concurrent;
using System.Text;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Intake;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Mqtt;

/// <summary>What a connection may be.</summary>
internal enum MqttRole
{
    /// <summary>A gateway's connection for telemetry, state and commands, by certificate.</summary>
    Gateway,

    /// <summary>A gateway's connection for alarms alone, by certificate.</summary>
    GatewayAlarm,

    /// <summary>A program that listens to alerts and states, by credentials.</summary>
    Reader,

    /// <summary>Anybody, on loopback, under <c>--open</c>.</summary>
    Stranger,
}

/// <summary>Who is behind an MQTT connection, and what that lets it publish and hear (the table of CONTRACTS).</summary>
internal sealed class MqttPrincipal
{
    private const int MaximumSources = 256;

    // A stranger may speak for many gateways; each needs its name in the log's frames.
    private readonly ConcurrentDictionary<string, IntakeSource>? _sources;
    private volatile bool _revoked;

    private MqttPrincipal(MqttRole role, string name, string sessionName)
    {
        Role = role;
        Name = name;
        SessionName = sessionName;
        NameUtf8 = Encoding.UTF8.GetBytes(name);
        switch (role)
        {
            case MqttRole.Gateway:
                Source = IntakeSource.OfGateway(name, Lane.Telemetry);
                break;
            case MqttRole.GatewayAlarm:
                Source = IntakeSource.OfGateway(name, Lane.Alarm);
                break;
            case MqttRole.Stranger:
                _sources = new ConcurrentDictionary<string, IntakeSource>(StringComparer.Ordinal);
                break;
        }
    }

    public MqttRole Role { get; }

    /// <summary>The gateway, or the reader's name.</summary>
    public string Name { get; }

    public byte[] NameUtf8 { get; }

    /// <summary>
    /// What its session is called. Nobody takes over the session of another principal by using its ClientID: a gateway's is its ClientID, which
    /// its certificate alone may use and which holds no colon; a reader's and a stranger's are told apart by who they are.
    /// </summary>
    public string SessionName { get; }

    /// <summary>A reader's credentials, as <c>MqttReaders</c> knows whether they still hold; null for everybody else.</summary>
    public string? Proof { get; private init; }

    public IntakeSource? Source { get; }

    /// <summary>Set when the certificate or credentials were withdrawn: the next packet ends the connection.</summary>
    public bool Revoked
    {
        get => _revoked;
        set => _revoked = value;
    }

    public static MqttPrincipal OfGateway(string gateway, bool alarm) =>
        alarm ? new(MqttRole.GatewayAlarm, gateway, gateway + ".alarm") : new(MqttRole.Gateway, gateway, gateway);

    // Lengths, because the name of a key may hold anything.
    public static MqttPrincipal OfReader(ReaderIdentity reader, string clientId) =>
        new(MqttRole.Reader, reader.Name, FormattableString.Invariant($"reader:{reader.Name.Length}:{reader.Name}:{clientId}")) { Proof = reader.Proof };

    public static MqttPrincipal OfStranger(string clientId) => new(MqttRole.Stranger, clientId, "open:" + clientId);

    /// <summary>True where a connection is one that a single server holds: a gateway's, or that of a stranger who calls itself like one.</summary>
    public bool HoldsSession(string clientId) =>
        Role is MqttRole.Gateway or MqttRole.GatewayAlarm || (Role == MqttRole.Stranger && Book.Identifiers.IsValid(Cluster.Seats.Of(clientId).Gateway));

    /// <summary>True where a publish to this topic is this principal's to make.</summary>
    public bool MayPublish(in CityTopic topic) => Role switch
    {
        MqttRole.Gateway => topic.Kind is CityTopicKind.Telemetry or CityTopicKind.State or CityTopicKind.Reported or CityTopicKind.CommandResult
            && topic.Gateway.SequenceEqual(NameUtf8),
        MqttRole.GatewayAlarm => topic.Kind is CityTopicKind.Alarm && topic.Gateway.SequenceEqual(NameUtf8),
        MqttRole.Stranger => topic.Kind is not (CityTopicKind.Desired or CityTopicKind.Command),
        _ => false,
    };

    /// <summary>True where this principal may subscribe to the filter.</summary>
    public bool MaySubscribe(string filter)
    {
        switch (Role)
        {
            case MqttRole.Gateway:
                return filter == CityTopic.Of(Name, CityTopicKind.Desired) || filter == CityTopic.Of(Name, CityTopicKind.Command);
            case MqttRole.Reader:
                return IsReaderFilter(filter);
            case MqttRole.Stranger:
                return !IsGatewaysOwn(filter);
            default:
                return false;
        }
    }

    /// <summary>The source of a stranger's lines; null when it has spoken for too many gateways.</summary>
    public IntakeSource? SourceFor(ReadOnlySpan<byte> gateway, Lane lane)
    {
        if (_sources is null)
        {
            return Source;
        }

        var lookup = _sources.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> key = stackalloc char[Identifier.MaximumLength + 1];
        key[0] = lane == Lane.Alarm ? '!' : '.';
        var length = Encoding.UTF8.GetChars(gateway, key[1..]) + 1;
        if (lookup.TryGetValue(key[..length], out var source))
        {
            return source;
        }

        if (_sources.Count >= MaximumSources)
        {
            return null;
        }

        var name = new string(key[..length]);
        return _sources.GetOrAdd(name, IntakeSource.OfStranger(name[1..], lane));
    }

    private static bool IsReaderFilter(string filter)
    {
        var inner = filter;
        if (inner.StartsWith("$share/", StringComparison.Ordinal))
        {
            var slash = inner.IndexOf('/', "$share/".Length);
            inner = slash < 0 ? inner : inner[(slash + 1)..];
        }

        if (inner is "city/v1/alerts/#" or "city/v1/alerts/+" or "city/v1/+/state")
        {
            return true;
        }

        return CityTopic.TryParse(Encoding.UTF8.GetBytes(inner), out var topic) && topic.Kind is CityTopicKind.Alerts or CityTopicKind.State;
    }

    private static bool IsGatewaysOwn(string filter)
    {
        var last = filter.LastIndexOf('/') is var slash and >= 0 ? filter[(slash + 1)..] : filter;
        return filter.Contains("city/v1/", StringComparison.Ordinal) && last is "desired" or "command";
    }
}
