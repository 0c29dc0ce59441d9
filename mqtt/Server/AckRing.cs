using System.Numerics;

namespace SmartCity.Mqtt;

/// <summary>
/// Acknowledgements owed to one client in the order of its publishes [MQTT-4.6.0-2] [MQTT-4.6.0-3]. One thread adds, one takes, any complete;
/// no locks, no allocation. An entry is one word: sequence (32 bits), packet identifier (16), state (8), reason (8).
/// </summary>
internal sealed class AckRing
{
    private const int _pending = 1;
    private const int _keeping = 2;
    private const int _done = 3;
    private const int _received = 0x80; // QoS 2: PUBREC
    private readonly long[] _words;
    private readonly int _limit;
    private long _head;
    private long _tail;

    public AckRing(int limit)
    {
        _limit = limit;
        _words = new long[BitOperations.RoundUpToPowerOf2((uint)limit)];
    }

    /// <summary>Publishes not yet acknowledged.</summary>
    public int Count => (int)(_tail - Volatile.Read(ref _head));

    public bool IsFull => Count >= _limit;

    /// <summary>The adding thread's. A QoS 2 entry begins claimed: <see cref="Finish"/> ends it, or <see cref="Unclaim"/> gives it to a ticket.</summary>
    public long Add(ushort packetId, bool exactlyOnce)
    {
        var token = _tail;
        Volatile.Write(ref _words[token & (_words.Length - 1)], Word(token, packetId, exactlyOnce ? _keeping | _received : _pending, 0));
        Volatile.Write(ref _tail, token + 1);
        return token;
    }

    /// <summary>The adding thread's: from here on the entry's ticket may complete it.</summary>
    public void Unclaim(long token, ushort packetId) =>
        Volatile.Write(ref _words[token & (_words.Length - 1)], Word(token, packetId, _pending | _received, 0));

    /// <summary>
    /// Any thread's: ends the wait of one entry. A QoS 2 entry is only claimed (<paramref name="keep"/>): its identifier has
    /// to be kept or let go before <see cref="Finish"/>. False for one that is not waiting any more.
    /// </summary>
    public bool TryComplete(long token, ReasonCode reason, out ushort packetId, out bool keep)
    {
        ref var word = ref _words[token & (_words.Length - 1)];
        var seen = Volatile.Read(ref word);
        packetId = (ushort)(seen >> 16);
        var state = (int)(seen >> 8) & 0xFF;
        keep = (state & _received) != 0;
        if ((uint)(seen >> 32) != (uint)token || (state & ~_received) != _pending)
        {
            return false;
        }

        var next = keep ? Word(token, packetId, _keeping | _received, 0) : Word(token, packetId, _done, (byte)reason);
        return Interlocked.CompareExchange(ref word, next, seen) == seen;
    }

    /// <summary>Any thread's: a claimed QoS 2 entry may be acknowledged.</summary>
    public void Finish(long token, ReasonCode reason)
    {
        ref var word = ref _words[token & (_words.Length - 1)];
        var seen = Volatile.Read(ref word);
        if ((uint)(seen >> 32) == (uint)token && ((seen >> 8) & 0xFF) == (_keeping | _received))
        {
            Interlocked.CompareExchange(ref word, Word(token, (ushort)(seen >> 16), _done | _received, (byte)reason), seen);
        }
    }

    /// <summary>The taking thread's: the oldest entry, if its turn has come.</summary>
    public bool TryTake(out PacketType type, out ushort packetId, out ReasonCode reason)
    {
        type = PacketType.PubAck;
        packetId = 0;
        reason = ReasonCode.Success;
        if (_head == Volatile.Read(ref _tail))
        {
            return false;
        }

        var word = Volatile.Read(ref _words[_head & (_words.Length - 1)]);
        var state = (int)(word >> 8) & 0xFF;
        if ((state & ~_received) != _done)
        {
            return false;
        }

        type = (state & _received) != 0 ? PacketType.PubRec : PacketType.PubAck;
        packetId = (ushort)(word >> 16);
        reason = (ReasonCode)(byte)word;
        Volatile.Write(ref _head, _head + 1);
        return true;
    }

    private static long Word(long token, ushort packetId, int state, byte reason) =>
        (token << 32) | ((long)packetId << 16) | ((long)state << 8) | reason;
}
