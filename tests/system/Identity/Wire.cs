using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmartCity.Mqtt;

namespace SmartCity.SystemTests.Identity;

/// <summary>
/// A socket and a hand that writes packets to it. Unlike a client it says anything, and shows what the server answered: a packet, or the end
/// of the connection. What is delivered to it in between it takes, acknowledges and keeps.
/// </summary>
internal sealed class Wire : IAsyncDisposable
{
    // Not a promise of speed: a bound for a machine that builds beside the tests.
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Socket _socket;
    private readonly Stream _stream;
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;
    private ushort _lastId;

    private Wire(Socket socket, Stream stream, ProtocolVersion version)
    {
        _socket = socket;
        _stream = stream;
        Version = version;
    }

    public ProtocolVersion Version { get; }

    /// <summary>What was delivered and not looked at yet.</summary>
    public ConcurrentQueue<(string Topic, string Payload, bool Retain)> Delivered { get; } = new();

    public static Task<Wire> PlainAsync(int port, ProtocolVersion version = ProtocolVersion.V500) => OpenAsync(port, version, null, null);

    /// <param name="port">The TLS port.</param>
    /// <param name="root">The city's root: the server has to be signed by it.</param>
    /// <param name="certificate">What the client shows, or null for nothing.</param>
    /// <param name="version">Protocol.</param>
    public static Task<Wire> TlsAsync(int port, X509Certificate2 root, X509Certificate2? certificate, ProtocolVersion version = ProtocolVersion.V500) =>
        OpenAsync(port, version, root, certificate);

    /// <summary>CONNECT and its answer; null when the server closes instead.</summary>
    public async Task<ConnAckPacket?> ConnectAsync(string clientId, Func<ConnectPacket, ConnectPacket>? with = null)
    {
        var packet = new ConnectPacket(Version, clientId, true, 0);
        packet = with is null ? packet : with(packet);
        if (!await TrySendAsync(w => PacketEncoder.WriteConnect(w, packet)) || await ReadAsync() is not { } frame)
        {
            return null;
        }

        Assert.Equal(PacketType.ConnAck, frame.Type);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadConnAck(frame, Version, out var ack));
        return ack;
    }

    /// <summary>A connection that must be accepted.</summary>
    public async Task<Wire> AcceptedAsync(string clientId, Func<ConnectPacket, ConnectPacket>? with = null)
    {
        var ack = await ConnectAsync(clientId, with);
        Assert.True(ack is { Reason: ReasonCode.Success }, $"{clientId} was not let in: {ack?.Reason.ToString() ?? "closed"} {ack?.ReasonString}");
        return this;
    }

    /// <summary>A QoS 1 PUBLISH and the reason of its PUBACK; null when the server closes (see <see cref="Goodbye"/>).</summary>
    public async Task<ReasonCode?> PublishAsync(string topic, string payload, bool retain = false)
    {
        var id = ++_lastId;
        var message = new ApplicationMessage(topic, Encoding.UTF8.GetBytes(payload));
        if (!await TrySendAsync(w => PacketEncoder.WritePublish(w, new OutboundPublish(message, QualityOfService.AtLeastOnce, retain, Dup: false, id), Version)) ||
            await ReadAsync() is not { } frame)
        {
            return null;
        }

        Assert.Equal(PacketType.PubAck, frame.Type);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadAck(frame, Version, out var of, out var reason));
        Assert.Equal(id, of);
        return reason;
    }

    /// <summary>SUBSCRIBE and the reason in its SUBACK; null when the server closes.</summary>
    public async Task<ReasonCode?> SubscribeAsync(string filter)
    {
        var id = ++_lastId;
        if (!await TrySendAsync(w => PacketEncoder.WriteSubscribe(w, new SubscribePacket(id, [new SubscriptionRequest(filter, QualityOfService.AtLeastOnce)]), Version)) ||
            await ReadAsync() is not { } frame)
        {
            return null;
        }

        Assert.Equal(PacketType.SubAck, frame.Type);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadSubAck(frame, Version, out var ack));
        return Assert.Single(ack!.Reasons);
    }

    /// <summary>Whether the server still talks: a PINGREQ is answered. What was delivered before the answer is in <see cref="Delivered"/>.</summary>
    public async Task<bool> IsAliveAsync() => await TrySendAsync(PacketEncoder.WritePingReq) && await ReadAsync() is { Type: PacketType.PingResp };

    /// <summary>Waits for a delivery.</summary>
    public async Task<(string Topic, string Payload, bool Retain)> DeliveryAsync()
    {
        while (true)
        {
            if (Delivered.TryDequeue(out var one))
            {
                return one;
            }

            Assert.True(await ReadAsync(stopAtDelivery: true) is not null, $"the connection ended ({Goodbye}) where a message was expected");
        }
    }

    /// <summary>Reads to the end of the connection.</summary>
    /// <returns>The reason of the DISCONNECT before it; null when there was none (3.1.1 has none).</returns>
    public async Task<ReasonCode?> EndAsync()
    {
        while (await ReadAsync() is not null)
        {
        }

        return Goodbye;
    }

    /// <summary>The reason of the server's DISCONNECT, when it came.</summary>
    public ReasonCode? Goodbye { get; private set; }

    public async Task<bool> TrySendAsync(Action<IBufferWriter<byte>> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        write(bytes);
        return await TrySendAsync(bytes.WrittenMemory);
    }

    public async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);
            return true;
        }
        catch (IOException)
        {
            return false; // closed by the server: an answer
        }
    }

    /// <summary>One packet that is neither a delivery nor DISCONNECT; null at the end.</summary>
    public async Task<Frame?> ReadAsync(bool stopAtDelivery = false)
    {
        while (true)
        {
            var status = FrameReader.Read(new ReadOnlySequence<byte>(_buffer, _start, _end - _start), Version, 1 << 24, out var frame, out var error);
            Assert.True(status != FrameStatus.Invalid, $"the server sent what is no packet: {error}");
            if (status != FrameStatus.Complete)
            {
                if (!await FillAsync())
                {
                    return null;
                }

                continue;
            }

            _start += (int)frame.Length;
            if (frame.Type == PacketType.Disconnect)
            {
                Assert.Equal(ReasonCode.Success, PacketDecoder.ReadDisconnect(frame, Version, out var packet));
                Goodbye = packet!.Reason;
            }
            else if (frame.Type != PacketType.Publish)
            {
                return frame;
            }
            else
            {
                await TakeAsync(frame);
                if (stopAtDelivery)
                {
                    return frame;
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _stream.DisposeAsync();
        }
        catch (IOException)
        {
            // TLS's goodbye to a peer that has gone
        }

        _socket.Dispose();
    }

    private static async Task<Wire> OpenAsync(int port, ProtocolVersion version, X509Certificate2? root, X509Certificate2? certificate)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            var stream = new NetworkStream(socket, ownsSocket: false);
            if (root is null)
            {
                return new Wire(socket, stream, version);
            }

            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(root);
            var tls = new SslStream(stream);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                CertificateChainPolicy = policy,
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
            }).WaitAsync(Patience);
            return new Wire(socket, tls, version);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task TakeAsync(Frame frame)
    {
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadPublish(frame, Version, out var publish));
        Delivered.Enqueue((Encoding.UTF8.GetString(publish.Topic), Encoding.UTF8.GetString(publish.Payload), publish.Retain));
        var id = publish.PacketId;
        if (publish.Qos == QualityOfService.AtLeastOnce)
        {
            await TrySendAsync(w => PacketEncoder.WriteAck(w, PacketType.PubAck, id, ReasonCode.Success, Version));
        }
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
            var count = await _stream.ReadAsync(_buffer.AsMemory(_end)).AsTask().WaitAsync(Patience);
            _end += count;
            return count > 0;
        }
        catch (IOException)
        {
            return false; // a reset is an end too, and so is TLS refused
        }
    }
}
