using System.Buffers.Binary;

namespace SmartCity.Simulators.Chips.Lines;

/// <summary>
/// An RS-485 pair with Modbus RTU units on it (MODBUS over serial line V1.02; application protocol V1.1b3). A request with a wrong
/// CRC or for another unit is not answered, as the protocol says.
/// </summary>
/// <param name="time">Clock of the line: request and answer take their time on it, as at 9600 baud; null = they take none.</param>
internal sealed class SimModbusSlaves(TimeProvider? time = null) : SimUart
{
    /// <summary>Bytes a second at 9600 baud with start and stop bit.</summary>
    private const double BytesPerSecond = 960;

    /// <summary>Address that a PZEM-004T answers to whatever its own is (user manual, section 2.2); for a line with one unit only.</summary>
    private const byte General = 0xf8;

    private readonly Lock _gate = new();
    private readonly Queue<(long At, byte[] Bytes)> _onTheWay = [];
    private readonly List<SimModbusSlave> _slaves = [];
    private readonly Dictionary<byte, byte[]> _last = [];

    /// <summary>The adapter hears itself: every request comes back before the answer.</summary>
    public bool Echoes { get; set; }

    /// <summary>Adds a unit.</summary>
    public SimModbusSlaves Add(SimModbusSlave slave)
    {
        if (_slaves.Exists(s => s.Unit == slave.Unit))
        {
            throw new ArgumentException($"unit {slave.Unit} is on this line already", nameof(slave));
        }

        _slaves.Add(slave);
        return this;
    }

    /// <inheritdoc/>
    public override long? Next
    {
        get
        {
            lock (_gate)
            {
                return _onTheWay.TryPeek(out var first) ? first.At : null;
            }
        }
    }

    /// <inheritdoc/>
    public override void Poll(long timestamp)
    {
        lock (_gate)
        {
            while (_onTheWay.TryPeek(out var first) && first.At <= timestamp)
            {
                Send(_onTheWay.Dequeue().Bytes);
            }
        }
    }

    /// <inheritdoc/>
    public override void Received(ReadOnlySpan<byte> bytes)
    {
        if (Echoes)
        {
            Send(bytes.ToArray());
        }

        if (bytes.Length != 8 || Crc(bytes) != 0)
        {
            return;
        }

        var unit = bytes[0];
        var slave = unit == General && _slaves.Count == 1 ? _slaves[0] : _slaves.Find(s => s.Unit == unit);
        if (slave is null or { Absent: true })
        {
            return;
        }

        var answer = slave.Fault == SimFault.Stuck && _last.TryGetValue(slave.Unit, out var last) ? last : Answer(slave, bytes);
        _last[slave.Unit] = answer;
        switch (slave.Fault)
        {
            case SimFault.BadChecksum:
                var spoilt = (byte[])answer.Clone();
                spoilt[^1] ^= 0x01;
                Put(bytes.Length, spoilt);
                break;
            case SimFault.BrokenFrame:
                Put(bytes.Length, answer[..(answer.Length / 2)]);
                break;
            default:
                Put(bytes.Length, answer);
                break;
        }
    }

    private void Put(int asked, byte[] answer)
    {
        if (time is null)
        {
            Send(answer);
            return;
        }

        lock (_gate)
        {
            _onTheWay.Enqueue((time.GetTimestamp() + (long)((asked + answer.Length) / BytesPerSecond * time.TimestampFrequency), answer));
        }
    }

    /// <summary>CRC-16 of Modbus: reflected polynomial 0xA001, begun with 0xFFFF. Over a message with its own CRC it is 0.</summary>
    private static ushort Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xffff;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xa001;
            }
        }

        return (ushort)crc;
    }

    private static byte[] Answer(SimModbusSlave slave, ReadOnlySpan<byte> request)
    {
        var function = request[1];
        var first = BinaryPrimitives.ReadUInt16BigEndian(request[2..]);
        var count = BinaryPrimitives.ReadUInt16BigEndian(request[4..]);
        if (slave.Exception != 0)
        {
            return Refuse(request, slave.Exception);
        }

        if (function is not (3 or 4))
        {
            return Refuse(request, 1);
        }

        if (count is 0 or > 125)
        {
            return Refuse(request, 3);
        }

        Span<ushort> registers = stackalloc ushort[count];
        if (!slave.Read(function == 4, first, registers))
        {
            return Refuse(request, 2);
        }

        var answer = new byte[5 + (2 * count)];
        answer[0] = request[0];
        answer[1] = function;
        answer[2] = (byte)(2 * count);
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(3 + (2 * i)), registers[i]);
        }

        return Seal(answer);
    }

    private static byte[] Refuse(ReadOnlySpan<byte> request, byte exception) => Seal([request[0], (byte)(request[1] | 0x80), exception, 0, 0]);

    private static byte[] Seal(byte[] answer)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(answer.AsSpan(answer.Length - 2), Crc(answer.AsSpan(0, answer.Length - 2)));
        return answer;
    }
}
