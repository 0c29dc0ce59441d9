using System.Buffers;
using System.Text;

namespace SmartCity.Mqtt;

/// <summary>Reads the data types of 1.5 from a packet's body. Every method is false when the bytes are not there or not legal.</summary>
internal ref struct BodyReader(in ReadOnlySequence<byte> body)
{
    private SequenceReader<byte> _reader = new(body);

    public readonly long Remaining => _reader.Remaining;

    public readonly bool AtEnd => _reader.End;

    public bool TryReadByte(out byte value) => _reader.TryRead(out value);

    public bool TryReadUInt16(out ushort value)
    {
        var good = _reader.TryReadBigEndian(out short raw);
        value = unchecked((ushort)raw);
        return good;
    }

    public bool TryReadUInt32(out uint value)
    {
        var good = _reader.TryReadBigEndian(out int raw);
        value = unchecked((uint)raw);
        return good;
    }

    /// <summary>1.5.5, with its smallest encoding demanded: only MQTT 5 has such integers in a body.</summary>
    public bool TryReadVariable(out uint value)
    {
        value = 0;
        for (var shift = 0; shift <= 21; shift += 7)
        {
            if (!_reader.TryRead(out var b))
            {
                return false;
            }

            value |= (uint)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return b != 0 || shift == 0; // [MQTT-1.5.5-1]
            }
        }

        return false;
    }

    public bool TryReadBytes(long count, out ReadOnlySequence<byte> value) => _reader.TryReadExact((int)count, out value);

    public bool TryReadBinary(out ReadOnlySequence<byte> value)
    {
        value = default;
        return TryReadUInt16(out var length) && TryReadBytes(length, out value);
    }

    public bool TryReadText(out ReadOnlySequence<byte> value) => TryReadBinary(out value) && TextRules.IsText(value);

    public bool TryReadString(out string value)
    {
        if (!TryReadText(out var bytes))
        {
            value = string.Empty;
            return false;
        }

        value = Encoding.UTF8.GetString(bytes); // [MQTT-1.5.4-3] keeps U+FEFF wherever it stands
        return true;
    }

    /// <summary>A property list: its length, then that many bytes.</summary>
    public bool TryReadProperties(out ReadOnlySequence<byte> value)
    {
        value = default;
        return TryReadVariable(out var length) && length <= Remaining && TryReadBytes(length, out value);
    }

    public ReadOnlySequence<byte> Rest()
    {
        var rest = _reader.UnreadSequence;
        _reader.AdvanceToEnd();
        return rest;
    }
}
