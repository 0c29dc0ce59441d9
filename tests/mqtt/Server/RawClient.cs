using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SmartCity.Mqtt.Tests;

/// <summary>A socket and a hand that writes packets to it, right ones and wrong ones.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Stream _stream;
    private readonly Socket _socket;
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    private RawClient(Socket socket, Stream stream, ProtocolVersion version)
    {
        _socket = socket;
        _stream = stream;
        Version = version;
    }

    public ProtocolVersion Version { get; }

    public static async Task<RawClient> OpenAsync(int port, ProtocolVersion version, Func<Stream, Task<Stream>>? wrap = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        Stream stream = new NetworkStream(socket, ownsSocket: false);
        return new RawClient(socket, wrap is null ? stream : await wrap(stream), version);
    }

    public void Send(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    public void Send(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        _stream.Write(buffer.WrittenSpan);
    }

    public void Publish(string topic, string payload, QualityOfService qos, ushort id = 0, bool retain = false, bool dup = false) =>
        Send(w => PacketEncoder.WritePublish(
            w, new OutboundPublish(new ApplicationMessage(topic, Encoding.UTF8.GetBytes(payload)), qos, retain, dup, id), Version));

    public void Ack(PacketType type, ushort id, ReasonCode reason = ReasonCode.Success) =>
        Send(w => PacketEncoder.WriteAck(w, type, id, reason, Version));

    public async Task<SubAckPacket> SubscribeAsync(string filter, QualityOfService qos)
    {
        Send(w => PacketEncoder.WriteSubscribe(w, new SubscribePacket(1000, [new SubscriptionRequest(filter, qos)]), Version));
        var frame = await ReadAsync(PacketType.SubAck);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadSubAck(frame, Version, out var ack));
        return ack!;
    }

    public async Task<ConnAckPacket> ReadConnAckAsync()
    {
        var frame = await ReadAsync(PacketType.ConnAck);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadConnAck(frame, Version, out var ack));
        return ack!;
    }

    public async Task<(ushort Id, ReasonCode Reason)> ReadAckAsync(PacketType type)
    {
        var frame = await ReadAsync(type);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadAck(frame, Version, out var id, out var reason));
        return (id, reason);
    }

    public async Task<PublishPacket> ReadPublishAsync()
    {
        var frame = await ReadAsync(PacketType.Publish);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadPublish(frame, Version, out var packet));
        return packet;
    }

    public async Task<ReasonCode> ReadDisconnectAsync()
    {
        var frame = await ReadAsync(PacketType.Disconnect);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadDisconnect(frame, Version, out var packet));
        await ReadEndAsync();
        return packet!.Reason;
    }

    /// <summary>Nothing more comes but the end of the connection.</summary>
    public async Task ReadEndAsync()
    {
        Assert.Equal(0, _end - _start);
        Assert.False(await FillAsync(), "more came instead of the end");
    }

    /// <summary>The server answers a PINGREQ with nothing before it: what was asked before needed no answer.</summary>
    public async Task ExpectQuietAsync()
    {
        Send(PacketEncoder.WritePingReq);
        await ReadAsync(PacketType.PingResp);
    }

    /// <summary>Reads one packet, which has to be of this type. Valid until the next read.</summary>
    public async Task<Frame> ReadAsync(PacketType type)
    {
        while (true)
        {
            var status = FrameReader.Read(
                new ReadOnlySequence<byte>(_buffer, _start, _end - _start), Version, 1 << 24, out var frame, out var error);
            Assert.True(status != FrameStatus.Invalid, $"the server sent what is no packet: {error}");
            if (status == FrameStatus.Complete)
            {
                _start += (int)frame.Length;
                Assert.Equal(type, frame.Type);
                return frame;
            }

            Assert.True(await FillAsync(), $"the connection ended where {type} was expected");
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private async Task<bool> FillAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_end == _buffer.Length)
        {
            var larger = new byte[2 * (_end - _start) + 4096];
            Array.Copy(_buffer, _start, larger, 0, _end - _start);
            (_buffer, _end, _start) = (larger, _end - _start, 0);
        }

        try
        {
            var count = await _stream.ReadAsync(_buffer.AsMemory(_end)).AsTask().WaitAsync(TestEndpoint.Patience);
            _end += count;
            return count > 0;
        }
        catch (IOException)
        {
            return false; // a reset is an end too
        }
    }
}
