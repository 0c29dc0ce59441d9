using System.Buffers;
using System.Text;

namespace SmartCity.Mqtt;

/// <summary>Every property of a packet, read once. For packets off the hot path.</summary>
internal sealed class PropertyValues
{
    private readonly uint?[] _numbers = new uint?[43];
    private readonly string?[] _texts = new string?[43];
    private List<UserProperty>? _user;
    private List<uint>? _subscriptions;
    private bool _message;

    // not byte[]?: a null array converts to empty memory, not to none
    public ReadOnlyMemory<byte>? CorrelationData { get; private set; }

    public ReadOnlyMemory<byte>? AuthenticationData { get; private set; }

    public IReadOnlyList<UserProperty> User => _user ?? (IReadOnlyList<UserProperty>)[];

    public uint? SubscriptionIdentifier => _subscriptions?[0];

    public uint? Number(PropertyId id) => _numbers[(int)id];

    public bool? Bit(PropertyId id) => _numbers[(int)id] is { } value ? value != 0 : null;

    public string? Text(PropertyId id) => _texts[(int)id];

    public ReasonCode Read(in ReadOnlySequence<byte> properties, ulong allowed)
    {
        var reader = new PropertyReader(properties, allowed);
        while (reader.Next())
        {
            _message |= reader.Id != PropertyId.TopicAlias && reader.Id != PropertyId.WillDelayInterval;
            switch (PropertySets.KindOf(reader.Id))
            {
                case PropertyKind.Variable:
                    (_subscriptions ??= []).Add(reader.Number);
                    break;
                case PropertyKind.Pair:
                    (_user ??= []).Add(new UserProperty(reader.Text, Encoding.UTF8.GetString(reader.Second)));
                    break;
                case PropertyKind.Text:
                    _texts[(int)reader.Id] = reader.Text;
                    break;
                case PropertyKind.Binary when reader.Id == PropertyId.CorrelationData:
                    CorrelationData = reader.Data.ToArray();
                    break;
                case PropertyKind.Binary:
                    AuthenticationData = reader.Data.ToArray();
                    break;
                default:
                    _numbers[(int)reader.Id] = reader.Number;
                    break;
            }
        }

        return reader.Error;
    }

    public PublishProperties? ToMessageProperties() => !_message ? null : new PublishProperties
    {
        PayloadIsText = Bit(PropertyId.PayloadFormatIndicator),
        MessageExpiryInterval = Number(PropertyId.MessageExpiryInterval),
        ContentType = Text(PropertyId.ContentType),
        ResponseTopic = Text(PropertyId.ResponseTopic),
        CorrelationData = CorrelationData,
        UserProperties = User,
        SubscriptionIdentifiers = _subscriptions ?? (IReadOnlyList<uint>)[],
    };
}
