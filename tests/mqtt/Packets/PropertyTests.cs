using System.Buffers;
using FsCheck;
using FsCheck.Fluent;

namespace SmartCity.Mqtt.Tests;

/// <summary>Whatever packet can be made can be written, and reads back as it was.</summary>
public sealed class PropertyTests
{
    private static readonly Gen<string> _text = Gen.Elements("", "a", "city/v1/gw-1/telemetry", "Hạc Thành", "🏮", "\uFEFFx", "\u0001", "\uFFFD")
        .Or(ArbMap.Default.GeneratorFor<string>().Select(Clean));

    private static readonly Gen<string> _topic = _text.Select(t => t.Replace('+', '-').Replace('#', '-')).Where(t => t.Length > 0);

    private static readonly Gen<byte[]> _bytes = ArbMap.Default.GeneratorFor<byte[]>().Select(b => b ?? []);

    private static readonly Gen<QualityOfService> _qos = Gen.Elements(Enum.GetValues<QualityOfService>());

    private static readonly Gen<ProtocolVersion> _version = Gen.Elements(ProtocolVersion.V311, ProtocolVersion.V500);

    private static readonly Gen<ushort> _id = Gen.Choose(1, ushort.MaxValue).Select(i => (ushort)i);

    private static readonly Gen<UserProperty[]> _user =
        from count in Gen.Choose(0, 3)
        from names in _text.ArrayOf(count)
        from values in _text.ArrayOf(count)
        select names.Zip(values, (n, v) => new UserProperty(n, v)).ToArray();

    private static readonly Gen<PublishProperties> _properties =
        from flag in Gen.Elements(true, false, (bool?)null)
        from type in Maybe(_text)
        from response in Maybe(_topic)
        from data in _bytes
        from some in Gen.Elements(true, false)
        from user in _user
        select new PublishProperties
        {
            PayloadIsText = flag,
            ContentType = type,
            ResponseTopic = response,
            CorrelationData = some ? data : (ReadOnlyMemory<byte>?)null,
            UserProperties = user,
        };

    private static readonly Gen<(ProtocolVersion Version, object Packet)> _packet = Gen.OneOf(
        Publish(), Connect(), Subscribe(), Ack(), ConnAck(), Disconnect());

    [Fact]
    public void Written_and_read_is_the_same() =>
        Prop.ForAll(_packet.ToArbitrary(), p =>
        {
            var bytes = AnyPacket.Write(p.Packet, p.Version);
            var status = AnyPacket.Read(Pieces.AtRandom(bytes, new Random(bytes.Length)), p.Version, out var reason, out var again);
            Assert.Equal(FrameStatus.Complete, status);
            Assert.Equal(ReasonCode.Success, reason);
            Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(AnyPacket.Write(again!, p.Version)));
            AssertFields(p.Packet, again!, p.Version);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void A_stream_cut_anywhere_gives_the_same_packets() =>
        Prop.ForAll(_packet.ArrayOf(5).ToArbitrary(), packets =>
        {
            // one version a stream; a CONNECT is read by 3.1.1 framing
            var all = packets.Where(p => p.Version == ProtocolVersion.V311).Select(p => AnyPacket.Write(p.Packet, p.Version)).ToArray();
            var rest = Pieces.AtRandom(all.SelectMany(b => b).ToArray(), new Random(all.Length));
            foreach (var one in all)
            {
                var status = FrameReader.Read(rest, ProtocolVersion.V311, AnyPacket.MaximumSize, out var frame, out _);
                Assert.Equal(FrameStatus.Complete, status);
                Assert.Equal(one.Length, frame.Length);
                Assert.Equal(one, rest.Slice(0, frame.Length).ToArray());
                rest = rest.Slice(frame.Length);
            }

            Assert.True(rest.IsEmpty);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Any_bytes_are_text_exactly_when_a_strict_decoder_says_so() =>
        Prop.ForAll(_bytes.Or(_text.Select(System.Text.Encoding.UTF8.GetBytes)).ToArbitrary(), bytes =>
        {
            bool strict;
            try
            {
                strict = !new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).Contains('\0', StringComparison.Ordinal);
            }
            catch (System.Text.DecoderFallbackException)
            {
                strict = false;
            }

            Assert.Equal(strict, TextRules.IsText(bytes));
            Assert.Equal(strict, TextRules.IsText(Pieces.ByteByByte(bytes)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    private static void AssertFields(object packet, object again, ProtocolVersion version)
    {
        switch (packet)
        {
            case AnyPacket.Publish { Packet: var a }:
                var b = ((AnyPacket.Publish)again).Packet;
                Assert.Equal((a.Qos, a.Retain, a.Dup && a.Qos > 0, a.PacketId), (b.Qos, b.Retain, b.Dup, b.PacketId));
                Assert.Equal(a.Message.Payload.ToArray(), b.Message.Payload.ToArray());
                Assert.Equal(a.Message.Topic, b.Message.Topic);
                Assert.Equal(version == ProtocolVersion.V500 ? a.Message.Properties?.ContentType : null, b.Message.Properties?.ContentType);
                break;
            case ConnectPacket a:
                var c = (ConnectPacket)again;
                Assert.Equal((a.ClientId, a.CleanStart, a.KeepAlive, a.Username), (c.ClientId, c.CleanStart, c.KeepAlive, c.Username));
                Assert.Equal(a.Will?.Topic, c.Will?.Topic);
                Assert.Equal(a.Password?.ToArray(), c.Password?.ToArray());
                break;
            case SubscribePacket a:
                Assert.Equal(a.Subscriptions.Select(s => s.Filter), ((SubscribePacket)again).Subscriptions.Select(s => s.Filter));
                break;
        }
    }

    private static Gen<(ProtocolVersion Version, object Packet)> Publish() =>
        from version in _version
        from topic in _topic
        from payload in _bytes
        from qos in _qos
        from flags in Gen.Choose(0, 3)
        from id in _id
        from properties in _properties
        from expiry in Gen.Elements<uint?>(null, 1u, uint.MaxValue)
        select (version, (object)new AnyPacket.Publish(new OutboundPublish(
            new ApplicationMessage(topic, payload, qos, (flags & 1) != 0) { Properties = properties },
            qos, (flags & 1) != 0, (flags & 2) != 0, qos == 0 ? (ushort)0 : id)
        { MessageExpiryInterval = expiry }));

    private static Gen<(ProtocolVersion Version, object Packet)> Connect() =>
        from version in _version
        from id in _text
        from clean in Gen.Elements(true, false)
        from keepAlive in Gen.Choose(0, ushort.MaxValue)
        from user in Maybe(_text)
        from password in _bytes
        from topic in Maybe(_topic)
        from properties in _properties
        from list in _user
        select (version, (object)new ConnectPacket(version, id, clean, (ushort)keepAlive)
        {
            Username = user,
            Password = user is null ? (ReadOnlyMemory<byte>?)null : password,
            Will = topic is null ? null : new WillMessage(topic, password, QualityOfService.AtLeastOnce, Retain: true) { Properties = properties },
            UserProperties = list,
        });

    private static Gen<(ProtocolVersion Version, object Packet)> Subscribe() =>
        from version in _version
        from id in _id
        from filters in Gen.Elements("a", "#", "+/b", "a/+/#", "$share/g/x", "Hàm Rồng/+").NonEmptyListOf()
        from qos in _qos
        from identifier in Gen.Elements<uint?>(null, 1u, 268_435_455u)
        select (version, (object)new SubscribePacket(id, [.. filters.Select(f => new SubscriptionRequest(f, qos))]) { SubscriptionIdentifier = identifier });

    private static Gen<(ProtocolVersion Version, object Packet)> Ack() =>
        from version in _version
        from id in _id
        from type in Gen.Elements(PacketType.PubAck, PacketType.PubRec, PacketType.PubRel, PacketType.PubComp)
        from why in Maybe(_text)
        from user in _user
        select (version, (object)new AckPacket(type, id) { ReasonString = why, UserProperties = user });

    private static Gen<(ProtocolVersion Version, object Packet)> ConnAck() =>
        from version in _version
        from id in Maybe(_text)
        from maximum in _id
        from user in _user
        select (version, (object)new ConnAckPacket(SessionPresent: false, ReasonCode.NotAuthorized)
        {
            AssignedClientId = id,
            ReceiveMaximum = maximum,
            UserProperties = user,
        });

    private static Gen<(ProtocolVersion Version, object Packet)> Disconnect() =>
        from why in Maybe(_text)
        from user in _user
        select (ProtocolVersion.V500, (object)new DisconnectPacket(ReasonCode.ServerBusy) { ReasonString = why, UserProperties = user });

    private static Gen<string?> Maybe(Gen<string> some) => Gen.OneOf(Gen.Constant((string?)null), some.Select(s => (string?)s));

    private static string Clean(string? text) => text is not null && TextRules.IsEncodable(text) ? text : "x";
}
