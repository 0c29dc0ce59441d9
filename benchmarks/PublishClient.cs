using System.Buffers;
using System.Net;
using System.Net.Sockets;
using SmartCity.Mqtt;

namespace SmartCity.Benchmarks;

/// <summary>A publisher made of one blocking socket: always with 32 to 64 publishes of QoS 1 on the way, encoded beforehand, and counting
/// nothing but the bytes of their acknowledgements. (Anything asynchronous before it, and each receive makes an object of its own.)</summary>
internal sealed class PublishClient : IDisposable
{
    /// <summary>Publishes an exchange.</summary>
    public const int Half = 32;

    private const int AckBytes = 4;
    private readonly byte[] _acks = new byte[Half * AckBytes];
    private readonly byte[][] _batches;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private int _next;

    /// <summary>Makes the packets.</summary>
    /// <param name="payload">Of each.</param>
    public PublishClient(ReadOnlySpan<byte> payload) => _batches = [Batch(payload, 1), Batch(payload, 1 + Half)];

    /// <summary>Bytes that one exchange sends.</summary>
    public int BytesOut => _batches[0].Length;

    /// <summary>Bytes that one exchange awaits.</summary>
    public int BytesIn => _acks.Length;

    /// <summary>Connects and sends the first half window.</summary>
    /// <param name="port">On loopback.</param>
    /// <param name="mqtt">With CONNECT, whose answer is as long as an acknowledgement.</param>
    public void Connect(int port, bool mqtt = true)
    {
        _socket.Connect(IPAddress.Loopback, port);
        if (mqtt)
        {
            var connect = new ArrayBufferWriter<byte>();
            PacketEncoder.WriteConnect(connect, new ConnectPacket(ProtocolVersion.V311, "gw-001", CleanStart: true, KeepAlive: 0));
            _socket.Send(connect.WrittenSpan);
            Receive(AckBytes);
        }

        _socket.Send(_batches[0]);
        Exchange();
    }

    /// <summary>Sends the next half window, and takes the acknowledgements of the one before.</summary>
    public int Exchange()
    {
        _next ^= 1;
        _socket.Send(_batches[_next]);
        Receive(_acks.Length);
        return _acks[^1];
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] Batch(ReadOnlySpan<byte> payload, ushort firstId)
    {
        var message = new ApplicationMessage("city/v1/gw-001/telemetry", payload.ToArray());
        var buffer = new ArrayBufferWriter<byte>();
        for (ushort i = 0; i < Half; i++)
        {
            PacketEncoder.WritePublish(
                buffer, new OutboundPublish(message, QualityOfService.AtLeastOnce, false, false, (ushort)(firstId + i)), ProtocolVersion.V311);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void Receive(int bytes)
    {
        for (var got = 0; got < bytes;)
        {
            var some = _socket.Receive(_acks.AsSpan(got, bytes - got));
            got += some > 0 ? some : throw new InvalidOperationException("the server has closed the connection");
        }
    }
}
