using System.Buffers.Binary;
using System.Text;

namespace SmartCity.Simulators.Load;

/// <summary>The few MQTT packets that a load needs, written by hand straight into the send buffer: the load generator must cost
/// little beside the server under test, and must not share a codec (or its mistakes) with it.</summary>
internal static class Frames
{
    /// <summary>Bytes before a PUBLISH's topic: fixed header, and the longest remaining length (MQTT-2.2.3, table 2.4).</summary>
    public const int HeaderRoom = 5;

    /// <summary>PINGREQ.</summary>
    public static ReadOnlyMemory<byte> Ping { get; } = new byte[] { 0xC0, 0 };

    /// <summary>DISCONNECT, normal.</summary>
    public static ReadOnlyMemory<byte> Disconnect { get; } = new byte[] { 0xE0, 0 };

    /// <summary>CONNECT with a clean start, without will, user name or password.</summary>
    public static byte[] Connect(string clientId, bool version5, ushort keepAliveSeconds)
    {
        var id = Encoding.UTF8.GetBytes(clientId);
        var body = new List<byte>(id.Length + 16) { 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T' };
        body.Add((byte)(version5 ? 5 : 4));
        body.Add(0x02);
        body.Add((byte)(keepAliveSeconds >> 8));
        body.Add((byte)keepAliveSeconds);
        if (version5)
        {
            body.Add(0);
        }

        body.Add((byte)(id.Length >> 8));
        body.Add((byte)id.Length);
        body.AddRange(id);
        var frame = new byte[HeaderRoom + body.Count];
        frame[0] = 0x10;
        var used = 1 + WriteLength(frame.AsSpan(1), body.Count);
        body.CopyTo(frame, used);
        return frame[..(used + body.Count)];
    }

    /// <summary>Writes the part of a PUBLISH before its payload; gives the bytes used.</summary>
    /// <param name="to">At least <see cref="HeaderRoom"/> + topic + 5 bytes.</param>
    /// <param name="topic">UTF-8.</param>
    /// <param name="payloadLength">Bytes that follow.</param>
    /// <param name="packetId">0 for QoS 0, else 1 … 65,535.</param>
    /// <param name="duplicate">Sent before (MQTT-3.3.1-1).</param>
    /// <param name="version5">With an (empty) property list.</param>
    public static int WritePublishHead(
        Span<byte> to, ReadOnlySpan<byte> topic, int payloadLength, ushort packetId, bool duplicate, bool version5)
    {
        var remaining = 2 + topic.Length + (packetId == 0 ? 0 : 2) + (version5 ? 1 : 0) + payloadLength;
        to[0] = (byte)(0x30 | (packetId == 0 ? 0 : 0x02) | (duplicate ? 0x08 : 0));
        var used = 1 + WriteLength(to[1..], remaining);
        BinaryPrimitives.WriteUInt16BigEndian(to[used..], (ushort)topic.Length);
        used += 2;
        topic.CopyTo(to[used..]);
        used += topic.Length;
        if (packetId != 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to[used..], packetId);
            used += 2;
        }

        if (version5)
        {
            to[used++] = 0;
        }

        return used;
    }

    /// <summary>Takes one frame off the front.</summary>
    /// <returns>False when it is not all there yet.</returns>
    /// <exception cref="InvalidDataException">The length has more than four bytes.</exception>
    public static bool TryRead(ReadOnlySpan<byte> from, out byte first, out ReadOnlySpan<byte> body, out int used)
    {
        first = 0;
        body = default;
        used = 0;
        var length = 0;
        for (var i = 1; i < from.Length; i++)
        {
            length |= (from[i] & 0x7F) << (7 * (i - 1));
            if ((from[i] & 0x80) == 0)
            {
                if (from.Length - i - 1 < length)
                {
                    return false;
                }

                first = from[0];
                body = from.Slice(i + 1, length);
                used = i + 1 + length;
                return true;
            }

            if (i == 4)
            {
                throw new InvalidDataException("the server sent a remaining length of more than four bytes");
            }
        }

        return false;
    }

    /// <summary>Receive Maximum (property 0x21) of a CONNACK of MQTT 5; 65,535 when it is not there (MQTT-3.2.2.3.3).</summary>
    public static int ReceiveMaximum(ReadOnlySpan<byte> connAckBody)
    {
        // Flags, reason, then the property length (one byte is enough for every server that this tool talks to; a longer
        // list still has its properties where this loop looks).
        var at = 3;
        while (at < connAckBody.Length)
        {
            var size = connAckBody[at] switch
            {
                0x21 or 0x22 or 0x13 => 2,
                0x11 or 0x27 => 4,
                0x24 or 0x25 or 0x28 or 0x29 or 0x2A => 1,
                0x12 or 0x1F or 0x1A or 0x1C or 0x15 or 0x16 when at + 3 <= connAckBody.Length =>
                    2 + BinaryPrimitives.ReadUInt16BigEndian(connAckBody[(at + 1)..]),
                _ => connAckBody.Length,
            };
            if (connAckBody[at] == 0x21 && at + 3 <= connAckBody.Length)
            {
                return BinaryPrimitives.ReadUInt16BigEndian(connAckBody[(at + 1)..]);
            }

            at += 1 + size;
        }

        return 65_535;
    }

    private static int WriteLength(Span<byte> to, int length)
    {
        var used = 0;
        do
        {
            var digit = length & 0x7F;
            length >>= 7;
            to[used++] = (byte)(digit | (length > 0 ? 0x80 : 0));
        }
        while (length > 0);
        return used;
    }
}
