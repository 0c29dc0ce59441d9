using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SmartCity.Mqtt;

/// <summary>Writes the data types of 1.5 and properties of 2.2.2. What cannot be encoded is the caller's mistake and throws.</summary>
internal static class BodyWriter
{
    internal static void Byte(this IBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    internal static void UInt16(this IBufferWriter<byte> output, ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), value);
        output.Advance(2);
    }

    internal static void UInt32(this IBufferWriter<byte> output, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    internal static void Text(this IBufferWriter<byte> output, string value)
    {
        if (!TextRules.IsEncodable(value))
        {
            throw new ArgumentException("A string for MQTT is well formed, without U+0000, and at most 65,535 bytes of UTF-8.", nameof(value));
        }

        var length = Encoding.UTF8.GetByteCount(value);
        output.UInt16((ushort)length);
        Encoding.UTF8.GetBytes(value, output.GetSpan(length));
        output.Advance(length);
    }

    internal static void Binary(this IBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        if (value.Length > ushort.MaxValue)
        {
            throw new ArgumentException("Binary data in MQTT is at most 65,535 bytes.", nameof(value));
        }

        output.UInt16((ushort)value.Length);
        output.Write(value);
    }

    internal static void Property(this IBufferWriter<byte> output, PropertyId id, uint? value)
    {
        if (value is not { } number)
        {
            return;
        }

        output.Byte((byte)id);
        switch (PropertySets.KindOf(id))
        {
            case PropertyKind.Bit:
                output.Byte((byte)number);
                break;
            case PropertyKind.TwoByte:
                output.UInt16((ushort)number);
                break;
            case PropertyKind.Variable:
                VariableInteger.Write(output, number);
                break;
            default:
                output.UInt32(number);
                break;
        }
    }

    internal static void Property(this IBufferWriter<byte> output, PropertyId id, bool? value) =>
        output.Property(id, value is { } bit ? (bit ? 1u : 0u) : (uint?)null);

    internal static void Property(this IBufferWriter<byte> output, PropertyId id, string? value)
    {
        if (value is not null)
        {
            output.Byte((byte)id);
            output.Text(value);
        }
    }

    internal static void Property(this IBufferWriter<byte> output, PropertyId id, ReadOnlyMemory<byte>? value)
    {
        if (value is { } data)
        {
            output.Byte((byte)id);
            output.Binary(data.Span);
        }
    }

    internal static void Properties(this IBufferWriter<byte> output, IReadOnlyList<UserProperty> properties)
    {
        for (var i = 0; i < properties.Count; i++)
        {
            output.Byte((byte)PropertyId.UserProperty);
            output.Text(properties[i].Name);
            output.Text(properties[i].Value);
        }
    }

    internal static void MessageProperties(this IBufferWriter<byte> output, PublishProperties? properties, uint? expiry)
    {
        output.Property(PropertyId.MessageExpiryInterval, expiry);
        if (properties is null)
        {
            return;
        }

        output.Property(PropertyId.PayloadFormatIndicator, properties.PayloadIsText);
        output.Property(PropertyId.ContentType, properties.ContentType);
        output.Property(PropertyId.ResponseTopic, properties.ResponseTopic);
        output.Property(PropertyId.CorrelationData, properties.CorrelationData);
        output.Properties(properties.UserProperties);
    }
}
