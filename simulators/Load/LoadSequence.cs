using System.Text;

namespace SmartCity.Simulators.Load;

/// <summary>
/// The publishes of one connection in their order: which are due, which are on the way, which are acknowledged and how long after the moment at
/// which the schedule wanted them sent. Knows nothing of sockets. One thread may fill while another acknowledges.
/// </summary>
internal sealed class LoadSequence(LoadOptions options, string clientId, LoadReadings readings, Histogram latency, long frequency)
{
    private readonly byte[] _topic = Encoding.UTF8.GetBytes($"city/v1/{clientId}/telemetry");
    private readonly long[] _scheduled = new long[options.Window];
    private int _window = options.Window;
    private long _start;
    private long _next;
    private long _everSent;
    private long _acknowledged;

    /// <summary>Under which it connects.</summary>
    public string ClientId => clientId;

    /// <summary>Publish → PUBACK, from the moment the schedule wanted it sent, in µs. May be shared by sequences of one thread.</summary>
    public Histogram Latency => latency;

    /// <summary>Publishes acknowledged, in order from the first.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Publishes sent a second time.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Publishes acknowledged with an error (MQTT 5).</summary>
    public long Refused { get; private set; }

    /// <summary>Connections lost or not made, and the last reason.</summary>
    public long Failures { get; private set; }

    /// <summary>Why the last connection failed.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>When the last acknowledgement came, as a stamp of the time provider.</summary>
    public long LastAcknowledgement { get; private set; }

    /// <summary>True while everything sent is acknowledged.</summary>
    public bool IsEven => Acknowledged == _next;

    /// <summary>True where the window lets nothing more out.</summary>
    public bool IsFull => _next - Acknowledged >= _window;

    /// <summary>Bytes that any publish of it fits in.</summary>
    public int FrameRoom => Frames.HeaderRoom + _topic.Length + 5 + (readings.LongestLine * options.ReadingsPerPublish);

    /// <summary>What was acknowledged, by device.</summary>
    public IEnumerable<LedgerRow> Ledger() => readings.Ledger(Acknowledged * options.ReadingsPerPublish);

    /// <summary>The schedule begins, this connection's phase included.</summary>
    public void Begin(long start) => _start = start;

    /// <summary>A connection is there: sends again from the first publish that was not acknowledged.</summary>
    /// <param name="receiveMaximum">What the server takes unacknowledged.</param>
    public void Connected(int receiveMaximum)
    {
        _next = Acknowledged;
        _window = Math.Min(options.Window, receiveMaximum);
    }

    /// <summary>A connection was lost or not made.</summary>
    public void Failed(string reason)
    {
        Failures++;
        LastFailure = reason;
    }

    /// <summary>When the next publish is due; without a rate at once.</summary>
    public long Due(long now)
    {
        if (options.PublishesPerSecond <= 0)
        {
            return Math.Max(now, _start);
        }

        var interval = options.Connections / options.PublishesPerSecond * frequency;
        return _start + (long)(_next * interval);
    }

    /// <summary>Writes every publish that is due and fits window and buffer; gives the bytes to send.</summary>
    public int Fill(Span<byte> buffer, long now, long end)
    {
        var room = FrameRoom;
        var used = 0;
        while (buffer.Length - used >= room && !IsFull)
        {
            var due = Due(now);
            var again = _next < _everSent;
            if (!again && (due > now || due >= end))
            {
                break;
            }

            if (again)
            {
                Duplicates++;
            }
            else
            {
                _scheduled[_next % _scheduled.Length] = due;
            }

            used += WritePublish(buffer[used..], again);
            _next++;
            _everSent = Math.Max(_everSent, _next);
        }

        return used;
    }

    /// <summary>Takes acknowledgements that follow each other.</summary>
    /// <param name="ahead">How many of them came before this one and are not completed yet.</param>
    /// <param name="packetId">Of this one.</param>
    /// <param name="reason">0 in MQTT 3.1.1.</param>
    /// <exception cref="InvalidDataException">It is not the next one's.</exception>
    public void Expect(int ahead, ushort packetId, byte reason)
    {
        var number = Acknowledged + ahead;
        if (number >= _everSent || packetId != PacketId(number))
        {
            throw new InvalidDataException($"PUBACK {packetId} came where {PacketId(number)} was next (MQTT-4.6.0-2)");
        }

        if (reason >= 0x80)
        {
            Refused++;
        }
    }

    /// <summary>So many more are acknowledged now.</summary>
    public void Complete(long count, long now)
    {
        var done = Acknowledged;
        for (var i = done; i < done + count; i++)
        {
            latency.Add((long)((now - _scheduled[i % _scheduled.Length]) * (1e6 / frequency)));
        }

        LastAcknowledgement = now;
        Volatile.Write(ref _acknowledged, done + count);
    }

    /// <summary>Publishes of QoS 0 are done with when they are handed to the socket.</summary>
    public void CompleteAll(long now) => Complete(_next - Acknowledged, now);

    private int WritePublish(Span<byte> to, bool again)
    {
        var first = _next * options.ReadingsPerPublish;
        var length = readings.Length(first, options.ReadingsPerPublish);
        var id = options.QualityOfService == 0 ? (ushort)0 : PacketId(_next);
        var used = Frames.WritePublishHead(to, _topic, length, id, again && id != 0, options.Version5);
        return used + readings.WritePayload(first, options.ReadingsPerPublish, to[used..]);
    }

    private static ushort PacketId(long publish) => (ushort)((publish % 65_535) + 1);
}
