using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;

namespace SmartCity.Mqtt;

/// <content>CONNECT.</content>
public sealed partial class MqttConnection
{
    private async ValueTask<bool> ConnectAsync(Frame frame)
    {
        var error = PacketDecoder.ReadConnect(frame, out var packet, out var version);
        Version = version;
        if (error != ReasonCode.Success)
        {
            // [MQTT-3.1.4-1]; 3.1.1 answers nothing but an unknown level [MQTT-3.1.2-2]
            return Refuse(error, error == ReasonCode.UnsupportedProtocolVersion || version == ProtocolVersion.V500);
        }

        _connect = packet!;
        if (Refusal != ReasonCode.Success)
        {
            _server.Metrics.Add(MqttCounter.ConnectionsRefusedTotal);
            return Refuse(Refusal);
        }

        if (packet!.AuthenticationMethod is not null)
        {
            return Refuse(ReasonCode.BadAuthenticationMethod); // 4.12: no enhanced authentication here
        }

        if (packet.ClientId.Length == 0 && version == ProtocolVersion.V311 && !packet.CleanStart)
        {
            return Refuse(ReasonCode.ClientIdentifierNotValid); // 3.1.1 [MQTT-3.1.3-8]
        }

        var reply = await _server.Owner.ConnectAsync(RequestOf(packet), _context.ConnectionClosed);
        if (reply.Reason != ReasonCode.Success)
        {
            return Refuse(reply.Reason, reasonString: reply.ReasonString);
        }

        _clientId = reply.AssignedClientId ?? (packet.ClientId.Length > 0 ? packet.ClientId : NewClientId()); // [MQTT-3.1.3-6]
        _sessionName = reply.SessionName;
        Principal = reply.Principal;
        _admitted = true;
        if (packet.Will is { } will)
        {
            var allowed = _server.Owner.Will(this, will.Topic);
            if (allowed != ReasonCode.Success)
            {
                return Refuse(allowed);
            }
        }

        return Open(packet, reply);
    }

    private bool Open(ConnectPacket packet, ConnectReply reply)
    {
        var limits = _server.Limits;
        var inFlight = Math.Max(reply.ReceiveMaximum ?? limits.InFlight, (ushort)1);
        _inFlightLimit = inFlight;
        var keepAlive = EffectiveKeepAlive(packet, limits);
        var opening = _server.Broker.Open(new SessionRequest(
            SessionName,
            packet.Version,
            packet.CleanStart || !reply.AllowPersistentSession,
            reply.AllowPersistentSession ? packet.SessionExpiryInterval : 0,
            this)
        {
            Will = packet.Will,
            ReceiveMaximum = packet.ReceiveMaximum,
            MaximumPacketSize = packet.MaximumPacketSize ?? uint.MaxValue,
        });
        if (opening.Reason != ReasonCode.Success)
        {
            return Refuse(opening.Reason);
        }

        _session = opening.Session!;
        if (packet.TopicAliasMaximum > 0 && limits.MaximumOutboundTopicAlias > 0)
        {
            _outboundAliases = new OutboundAliases(Math.Min(packet.TopicAliasMaximum, limits.MaximumOutboundTopicAlias)); // [MQTT-3.1.2-26]
        }

        var ack = new ConnAckPacket(opening.SessionPresent, ReasonCode.Success) // [MQTT-3.2.2-2] [MQTT-3.2.2-3]
        {
            ReceiveMaximum = inFlight,
            MaximumPacketSize = (uint)limits.MaximumPacketSize,
            TopicAliasMaximum = limits.MaximumTopicAlias == 0 ? null : limits.MaximumTopicAlias,
            SessionExpiryInterval = opening.ExpirySeconds == packet.SessionExpiryInterval ? null : opening.ExpirySeconds,
            AssignedClientId = string.Equals(ClientId, packet.ClientId, StringComparison.Ordinal) ? null : ClientId, // [MQTT-3.1.3-7]
            ServerKeepAlive = keepAlive == packet.KeepAlive ? null : keepAlive, // [MQTT-3.1.2-21]
            ReasonString = packet.RequestProblemInformation ? reply.ReasonString : null,
        };
        var bytes = new ArrayBufferWriter<byte>(64);
        PacketEncoder.WriteConnAck(bytes, ack, Version);
        if (!Fits(bytes.WrittenCount))
        {
            Volatile.Write(ref _silent, true);
            return !Close(ReasonCode.PacketTooLarge); // [MQTT-3.1.2-24]: there is no answer this client would take
        }

        lock (_answers)
        {
            _answers.Write(bytes.WrittenSpan);
        }

        _connect = packet with { Will = null, Username = null, Password = null, UserProperties = [] };
        Volatile.Write(ref _keepAliveTicks, keepAlive * 3L * _server.Time.TimestampFrequency / 2); // [MQTT-3.1.2-22] one and a half times, in 64 bits
        Volatile.Write(ref _accepted, true);
        _server.Connections.Named(this);
        _server.Metrics.Add(MqttCounter.ConnectsAcceptedTotal);
        _server.Log.Connected(ClientId, Version, Remote);
        return true;
    }

    /// <summary>Whether the client takes a packet this long. All but CONNACK, SUBACK and UNSUBACK do once CONNACK did; PUBLISH is the session's care.</summary>
    private bool Fits(int length) => length <= (_connect?.MaximumPacketSize ?? int.MaxValue);

    private static ushort EffectiveKeepAlive(ConnectPacket packet, MqttLimits limits)
    {
        var longest = limits.ServerKeepAlive;
        var tooLong = longest != 0 && (packet.KeepAlive == 0 || packet.KeepAlive > longest);
        return tooLong && packet.Version == ProtocolVersion.V500 ? longest : packet.KeepAlive; // 3.1.1 has no way to tell the client
    }

    private ConnectRequest RequestOf(ConnectPacket packet)
    {
        var tls = _context.Features.Get<ITlsConnectionFeature>();
        return new ConnectRequest(
            packet.Version,
            packet.ClientId,
            packet.Username,
            packet.Password ?? ReadOnlyMemory<byte>.Empty,
            tls?.ClientCertificate,
            _context.RemoteEndPoint,
            _context.LocalEndPoint,
            tls is not null,
            packet.CleanStart,
            packet.Will is not null);
    }

    private bool Refuse(ReasonCode reason, bool answered = true, string? reasonString = null)
    {
        _server.Metrics.Add(MqttCounter.ConnectsRefusedTotal);
        _server.Log.ConnectRefused(_connect?.ClientId ?? ClientId, Remote, reason);
        _clientId = null;
        reason = ReasonSets.Fit(PacketType.ConnAck, reason);
        if (answered)
        {
            lock (_answers)
            {
                // [MQTT-3.2.2-7] (3.1.1: [MQTT-3.2.2-5]) a CONNACK that says no, then the connection is closed
                PacketEncoder.WriteConnAck(_answers, new ConnAckPacket(SessionPresent: false, reason) { ReasonString = reasonString }, Version);
            }
        }

        Volatile.Write(ref _silent, true); // CONNACK was the answer: no DISCONNECT after it [MQTT-3.14.0-1]
        Close(reason);
        return false;
    }

    private static string NewClientId() => "auto-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
}
