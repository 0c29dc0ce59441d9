using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Mqtt;

/// <summary>Opens the socket, TLS, and the MQTT connection on it.</summary>
internal static class ClientTransport
{
    /// <summary>Connects and exchanges CONNECT and CONNACK.</summary>
    /// <exception cref="MqttConnectException">The server refused.</exception>
    /// <exception cref="TimeoutException">It took longer than <see cref="MqttClientOptions.ConnectTimeout"/>.</exception>
    public static async Task<ClientConnection> OpenAsync(MqttClientOptions options, bool cleanStart, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        Stream? stream = null;
        try
        {
            stream = await OpenStreamAsync(options, either.Token);
            var connect = new ArrayBufferWriter<byte>();
            PacketEncoder.WriteConnect(connect, ToPacket(options, cleanStart));
            await stream.WriteAsync(connect.WrittenMemory, either.Token);

            var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024));
            var answer = await ReadConnAckAsync(reader, options, either.Token);
            if (answer.Reason != ReasonCode.Success)
            {
                throw new MqttConnectException(
                    answer.Reason, $"The server refused {options}: {answer.Reason}{(answer.ReasonString is { } words ? $" ({words})" : "")}.");
            }

            var connection = new ClientConnection(options, stream, reader, answer);
            stream = null;
            return connection;
        }
        catch (OperationCanceledException late) when (timeout.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"{options} did not accept within {options.ConnectTimeout.TotalSeconds:0.#} s.", late);
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private static async Task<Stream> OpenStreamAsync(MqttClientOptions options, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, cancel);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (!options.UseTls)
            {
                return stream;
            }

            var tls = new SslStream(stream, leaveInnerStreamOpen: false);
            stream = tls;
            await tls.AuthenticateAsClientAsync(ToTls(options), cancel);
            return tls;
        }
        catch
        {
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            throw;
        }
    }

    private static SslClientAuthenticationOptions ToTls(MqttClientOptions options)
    {
        var tls = new SslClientAuthenticationOptions { TargetHost = options.TlsName ?? options.Host };
        if (options.ClientCertificate is { } certificate)
        {
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }

        if (options.ServerCa is { } authorities)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,          // a private authority publishes no list; revocation is the server's business
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return tls;
    }

    private static ConnectPacket ToPacket(MqttClientOptions options, bool cleanStart) =>
        new(options.Version, options.ClientId, cleanStart, (ushort)options.KeepAlive.TotalSeconds)
        {
            Username = options.Username,
            Password = options.Password,
            Will = options.Will,
            SessionExpiryInterval = options.SessionExpirySeconds,
            ReceiveMaximum = options.ReceiveMaximum,
            MaximumPacketSize = (uint)options.MaximumPacketSize,
        };

    private static async Task<ConnAckPacket> ReadConnAckAsync(PipeReader reader, MqttClientOptions options, CancellationToken cancel)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancel);
            var status = FrameReader.Read(read.Buffer, options.Version, options.MaximumPacketSize, out var frame, out var error);
            if (status == FrameStatus.Complete)
            {
                ConnAckPacket? packet = null;
                error = frame.Type == PacketType.ConnAck                  // [MQTT-3.2.0-1] first of all
                    ? PacketDecoder.ReadConnAck(frame, options.Version, out packet)
                    : ReasonCode.ProtocolError;
                reader.AdvanceTo(frame.Body.End);
                if (packet is not null && error == ReasonCode.Success)
                {
                    return packet;
                }
            }

            if (status != FrameStatus.NeedMore)
            {
                throw new MqttConnectException(error, $"{options} did not answer CONNECT as MQTT asks: {error}.");
            }

            if (read.IsCompleted)
            {
                throw new EndOfStreamException($"{options} closed the connection before CONNACK.");
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
