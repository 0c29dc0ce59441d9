using System.Buffers;
using System.Text;

namespace SmartCity.Mqtt;

/// <summary>
/// Walks a property list without allocating, holding every property to table 2-4: allowed in this packet, once unless
/// it may repeat, of its type, and of a legal value.
/// </summary>
internal ref struct PropertyReader(in ReadOnlySequence<byte> properties, ulong allowed)
{
    private const ulong _repeatable = (1UL << (int)PropertyId.UserProperty) | (1UL << (int)PropertyId.SubscriptionIdentifier);
    private readonly ulong _once = allowed == PropertySets.Publish ? ~_repeatable : ~(1UL << (int)PropertyId.UserProperty);
    private BodyReader _reader = new(properties);
    private ulong _seen;

    public PropertyId Id { get; private set; }

    /// <summary>Value of a numeric property.</summary>
    public uint Number { get; private set; }

    /// <summary>Value of a text or binary property; the name of a user property.</summary>
    public ReadOnlySequence<byte> Data { get; private set; }

    /// <summary>The value of a user property.</summary>
    public ReadOnlySequence<byte> Second { get; private set; }

    /// <summary>Why <see cref="Next"/> was false; <see cref="ReasonCode.Success"/> at the end of the list.</summary>
    public ReasonCode Error { get; private set; }

    public readonly string Text => Encoding.UTF8.GetString(Data);

    public bool Next()
    {
        if (_reader.AtEnd)
        {
            return false;
        }

        // 2.2.2.2: an identifier not valid for the packet, or a value not of its type, is a malformed packet.
        if (!_reader.TryReadByte(out var id) || id > 63 || (allowed & (1UL << id)) == 0)
        {
            Error = ReasonCode.MalformedPacket;
            return false;
        }

        var bit = 1UL << id;
        if ((_seen & bit & _once) != 0)
        {
            Error = ReasonCode.ProtocolError; // "It is a Protocol Error to include … more than once", at each property
            return false;
        }

        _seen |= bit;
        Id = (PropertyId)id;
        if (!ReadValue())
        {
            Error = ReasonCode.MalformedPacket;
            return false;
        }

        Error = Judge();
        return Error == ReasonCode.Success;
    }

    private bool ReadValue()
    {
        switch (PropertySets.KindOf(Id))
        {
            case PropertyKind.Bit:
                var good = _reader.TryReadByte(out var small);
                Number = small;
                return good;
            case PropertyKind.TwoByte:
                good = _reader.TryReadUInt16(out var medium);
                Number = medium;
                return good;
            case PropertyKind.FourByte:
                good = _reader.TryReadUInt32(out var large);
                Number = large;
                return good;
            case PropertyKind.Variable:
                good = _reader.TryReadVariable(out var variable);
                Number = variable;
                return good;
            case PropertyKind.Binary:
                good = _reader.TryReadBinary(out var binary);
                Data = binary;
                return good;
            case PropertyKind.Pair:
                good = _reader.TryReadText(out var name) & _reader.TryReadText(out var value);
                Data = name;
                Second = value;
                return good;
            default:
                good = _reader.TryReadText(out var text);
                Data = text;
                return good;
        }
    }

    private readonly ReasonCode Judge()
    {
        switch (Id)
        {
            case PropertyId.SubscriptionIdentifier: // 3.3.2.3.8, 3.8.2.1.2: 1 to 268,435,455
            case PropertyId.ReceiveMaximum: // 3.1.2.11.3, 3.2.2.3.3: not 0
            case PropertyId.MaximumPacketSize: // 3.1.2.11.4, 3.2.2.3.6: not 0
                return Number == 0 ? ReasonCode.ProtocolError : ReasonCode.Success;
            case PropertyId.TopicAlias: // [MQTT-3.3.2-8] not 0
                return Number == 0 ? ReasonCode.TopicAliasInvalid : ReasonCode.Success;
            case PropertyId.ResponseTopic: // [MQTT-3.3.2-14] no wildcards; [MQTT-4.7.3-1] not empty
                return TextRules.IsTopicName(Data) ? ReasonCode.Success : ReasonCode.ProtocolError;
            default:
                // every byte property is 0 or 1: 3.1.2.11.6, 3.1.2.11.7, 3.2.2.3.4, 3.2.2.3.5, 3.2.2.3.11 to .13, 3.3.2.3.2
                return PropertySets.KindOf(Id) == PropertyKind.Bit && Number > 1 ? ReasonCode.ProtocolError : ReasonCode.Success;
        }
    }
}
