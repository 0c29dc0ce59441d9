using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.Mqtt.Tests.Client;

/// <summary>A server that says exactly what the test wants said.</summary>
internal sealed class ScriptedServer(ProtocolVersion version = ProtocolVersion.V500) : IDisposable
{
    private readonly TcpListener _listener = Listen();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    /// <summary>Takes the next connection, reads CONNECT and answers.</summary>
    public async Task<(ScriptedConnection Connection, ConnectPacket Connect)> AcceptAsync(ConnAckPacket answer)
    {
        var connection = new ScriptedConnection(await _listener.AcceptTcpClientAsync().Soon(), version);
        var frame = await connection.ReadAsync(PacketType.Connect);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadConnect(frame, out var connect, out _));
        connection.Send(output => PacketEncoder.WriteConnAck(output, answer, version));
        return (connection, connect!);
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }
}

internal sealed class ScriptedConnection(TcpClient socket, ProtocolVersion version) : IDisposable
{
    private readonly PipeReader _reader = PipeReader.Create(socket.GetStream());
    private SequencePosition? _consumed;

    public void Dispose() => socket.Dispose();

    public void Send(Action<IBufferWriter<byte>> write)
    {
        var packet = new ArrayBufferWriter<byte>();
        write(packet);
        socket.GetStream().Write(packet.WrittenSpan);
    }

    public void SendAck(PacketType type, ushort id, ReasonCode reason = ReasonCode.Success) =>
        Send(output => PacketEncoder.WriteAck(output, new AckPacket(type, id, reason), version));

    public void SendPublish(string topic, string text, QualityOfService qos, ushort id, bool dup = false) => Send(output => PacketEncoder.WritePublish(
        output, new OutboundPublish(new ApplicationMessage(topic, System.Text.Encoding.UTF8.GetBytes(text), qos), qos, Retain: false, dup, id), version));

    /// <summary>The next frame, which has to be of this type; valid until the next read.</summary>
    public async Task<Frame> ReadAsync(PacketType type)
    {
        if (_consumed is { } consumed)
        {
            _reader.AdvanceTo(consumed);
            _consumed = null;
        }

        while (true)
        {
            var read = await _reader.ReadAsync().AsTask().Soon();
            switch (FrameReader.Read(read.Buffer, version, 1 << 20, out var frame, out var error))
            {
                case FrameStatus.Complete:
                    Assert.Equal(type, frame.Type);
                    _consumed = frame.Body.End;
                    return frame;
                case FrameStatus.Invalid:
                    throw new InvalidDataException($"{error}");
            }

            Assert.False(read.IsCompleted, $"the client closed instead of sending {type}");
            _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads at least this many bytes, whatever they are; gives how many.</summary>
    public async Task<int> DiscardAsync(int bytes)
    {
        if (_consumed is { } consumed)
        {
            _reader.AdvanceTo(consumed);
            _consumed = null;
        }

        var have = 0;
        while (have < bytes)
        {
            var read = await _reader.ReadAsync().AsTask().Soon();
            Assert.False(read.IsCompleted, "the client closed");
            have += (int)read.Buffer.Length;
            _reader.AdvanceTo(read.Buffer.End);
        }

        return have;
    }

    public async Task<(ushort Id, bool Dup, string Text)> ReadPublishAsync()
    {
        var frame = await ReadAsync(PacketType.Publish);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadPublish(frame, version, out var publish));
        return (publish.PacketId, publish.Dup, System.Text.Encoding.UTF8.GetString(publish.Payload.ToArray()));
    }

    public async Task<(ushort Id, ReasonCode Reason)> ReadAckAsync(PacketType type)
    {
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadAck(await ReadAsync(type), version, out var id, out var reason));
        return (id, reason);
    }

    public async Task<DisconnectPacket> ReadDisconnectAsync()
    {
        PacketDecoder.ReadDisconnect(await ReadAsync(PacketType.Disconnect), version, out var packet);
        return packet!;
    }
}
