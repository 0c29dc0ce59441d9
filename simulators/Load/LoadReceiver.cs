using System.Buffers.Binary;

namespace SmartCity.Simulators.Load;

/// <summary>The receiving half of a load connection: CONNACK, then PUBACKs, many at a read.</summary>
internal sealed class LoadReceiver(bool version5)
{
    private readonly byte[] _buffer = new byte[2 * 1024];
    private int _start;
    private int _end;

    /// <summary>Waits for CONNACK; gives how many unacknowledged publishes the server takes.</summary>
    /// <exception cref="IOException">The server refused, or closed.</exception>
    public async Task<int> ConnectedAsync(Stream stream, CancellationToken cancel)
    {
        while (true)
        {
            await ReadAsync(stream, cancel);
            if (TryTakeConnAck() is { } maximum)
            {
                return maximum;
            }
        }
    }

    /// <summary>Reads more bytes, at least one.</summary>
    /// <exception cref="IOException">The server closed.</exception>
    public async ValueTask ReadAsync(Stream stream, CancellationToken cancel) => Took(await stream.ReadAsync(_buffer.AsMemory(Room()), cancel));

    /// <summary>Where the next bytes go; <see cref="Took"/> must follow.</summary>
    public Span<byte> Free() => _buffer.AsSpan(Room());

    /// <summary>So many bytes have come.</summary>
    /// <exception cref="IOException">None: the server closed.</exception>
    public void Took(int bytes)
    {
        if (bytes == 0)
        {
            throw new IOException("the server closed the connection");
        }

        _end += bytes;
    }

    /// <summary>What CONNACK says of the window; null while it is not all there.</summary>
    /// <exception cref="IOException">The server refused.</exception>
    public int? TryTakeConnAck()
    {
        if (!Frames.TryRead(_buffer.AsSpan(_start.._end), out var first, out var body, out var used))
        {
            return null;
        }

        if (first != 0x20 || body.Length < 2 || body[1] != 0)
        {
            throw new IOException($"the server answered CONNECT with packet 0x{first:X2}, code {(body.Length > 1 ? body[1] : 0)}");
        }

        _start += used;
        return version5 ? Frames.ReceiveMaximum(body) : int.MaxValue;
    }

    /// <summary>Takes every PUBACK out of what was read, checks that each is the next one's, and gives how many.</summary>
    /// <exception cref="InvalidDataException">One is not.</exception>
    /// <exception cref="IOException">The server sent DISCONNECT.</exception>
    public int TakeAll(LoadSequence sequence)
    {
        var count = 0;
        while (TryTakeAck(out var id, out var reason))
        {
            sequence.Expect(count++, id, reason);
        }

        return count;
    }

    /// <summary>Takes the next PUBACK out of what was read; PINGRESP is passed over.</summary>
    /// <exception cref="IOException">The server sent DISCONNECT.</exception>
    public bool TryTakeAck(out ushort packetId, out byte reason)
    {
        packetId = 0;
        reason = 0;
        while (Frames.TryRead(_buffer.AsSpan(_start.._end), out var first, out var body, out var used))
        {
            _start += used;
            switch (first >> 4)
            {
                case 4 when body.Length >= 2:
                    packetId = BinaryPrimitives.ReadUInt16BigEndian(body);
                    reason = body.Length > 2 ? body[2] : (byte)0;
                    return true;
                case 13:
                    break;
                case 14:
                    throw new IOException($"the server sent DISCONNECT, reason 0x{(body.Length > 0 ? body[0] : 0):X2}");
                default:
                    throw new InvalidDataException($"the server sent packet 0x{first:X2} to a client that only publishes");
            }
        }

        return false;
    }

    private int Room()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        return _end < _buffer.Length
            ? _end
            : throw new InvalidDataException("the server sent a packet longer than 2 KiB to a client that subscribed to nothing");
    }
}
