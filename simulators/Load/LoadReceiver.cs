using System.Buffers.Binary;

namespace SmartCity.Simulators.Load;

/// <summary>The receiving half of a load connection: CONNACK, then PUBACKs, many at a read.</summary>
internal sealed class LoadReceiver(Stream stream, bool version5)
{
    private readonly byte[] _buffer = new byte[8 * 1024];
    private int _start;
    private int _end;

    /// <summary>Waits for CONNACK; gives how many unacknowledged publishes the server takes.</summary>
    /// <exception cref="IOException">The server refused, or closed.</exception>
    public async Task<int> ConnectedAsync(CancellationToken cancel)
    {
        while (true)
        {
            await ReadAsync(cancel);
            if (Frames.TryRead(_buffer.AsSpan(_start.._end), out var first, out var body, out var used))
            {
                if (first != 0x20 || body.Length < 2 || body[1] != 0)
                {
                    throw new IOException($"the server answered CONNECT with packet 0x{first:X2}, code {(body.Length > 1 ? body[1] : 0)}");
                }

                _start += used;
                return version5 ? Frames.ReceiveMaximum(body) : int.MaxValue;
            }
        }
    }

    /// <summary>Reads more bytes, at least one.</summary>
    /// <exception cref="IOException">The server closed.</exception>
    public async ValueTask ReadAsync(CancellationToken cancel)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            throw new InvalidDataException("the server sent a packet longer than 8 KiB to a client that subscribed to nothing");
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel);
        if (read == 0)
        {
            throw new IOException("the server closed the connection");
        }

        _end += read;
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
}
