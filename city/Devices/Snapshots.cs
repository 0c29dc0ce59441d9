using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SmartCity.City;

/// <summary>Writes the parts of a snapshot.</summary>
internal readonly struct SnapshotWriter(IBufferWriter<byte> output)
{
    public void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    public void UShort(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output.GetSpan(sizeof(ushort)), value);
        output.Advance(sizeof(ushort));
    }

    public void Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    /// <summary>At most 255 bytes; identifiers are 63 at most.</summary>
    public void Name(string name)
    {
        var length = Encoding.UTF8.GetByteCount(name);
        Byte(checked((byte)length));
        Encoding.UTF8.GetBytes(name, output.GetSpan(length));
        output.Advance(length);
    }
}

/// <summary>Reads them back; false when there is too little left, never an exception.</summary>
internal ref struct SnapshotReader(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    public readonly bool AtEnd => _rest.IsEmpty;

    public bool Byte(out byte value)
    {
        value = 0;
        if (!Take(1, out var bytes))
        {
            return false;
        }

        value = bytes[0];
        return true;
    }

    public bool UShort(out ushort value)
    {
        value = 0;
        return Take(sizeof(ushort), out var bytes) && BinaryPrimitives.TryReadUInt16LittleEndian(bytes, out value);
    }

    public bool Long(out long value)
    {
        value = 0;
        return Take(sizeof(long), out var bytes) && BinaryPrimitives.TryReadInt64LittleEndian(bytes, out value);
    }

    public bool Longs(int count, out ReadOnlySpan<byte> bytes) => Take(count * sizeof(long), out bytes);

    public bool Name(out ReadOnlySpan<byte> name)
    {
        name = default;
        return Byte(out var length) && Take(length, out name);
    }

    private bool Take(int count, out ReadOnlySpan<byte> bytes)
    {
        if (count > _rest.Length)
        {
            bytes = default;
            return false;
        }

        bytes = _rest[..count];
        _rest = _rest[count..];
        return true;
    }
}
