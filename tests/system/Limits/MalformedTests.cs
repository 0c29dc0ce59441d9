using System.Buffers;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Identity;
using SmartCity.SystemTests.Strangers;

namespace SmartCity.SystemTests.Limits;

/// <summary>Packets that are none, on live sockets: the connection ends, the server does not notice more than that.</summary>
[Collection(Crowds.Name)]
public sealed class MalformedTests(OpenCity city) : IClassFixture<OpenCity>
{
    /// <summary>What nobody may send after CONNECT (MQTT 5 clause; the same in 3.1.1 where it has the packet).</summary>
    private static readonly (string What, string Hex)[] AfterConnect =
    [
        ("packet type 0", "00 00"),
        ("a second CONNECT [MQTT-3.1.0-2]", "10 0D 00 04 4D 51 54 54 05 02 00 00 00 00 00"),
        ("CONNACK from a client", "20 02 00 00"),
        ("SUBACK from a client", "90 03 00 01 00"),
        ("UNSUBACK from a client", "B0 02 00 01"),
        ("PINGRESP from a client", "D0 00"),
        ("QoS 3 [MQTT-3.3.1-4]", "36 05 00 01 61 00 01"),
        ("DUP with QoS 0 [MQTT-3.3.1-2]", "38 03 00 01 61"),
        ("a topic with a wildcard [MQTT-3.3.2-2]", "32 06 00 01 23 00 01 00"),
        ("a topic longer than the packet", "30 04 00 FF 61 62"),
        ("ill-formed UTF-8 in the topic [MQTT-1.5.4-1]", "30 06 00 03 ED A0 80 00"),
        ("U+0000 in the topic [MQTT-1.5.4-2]", "30 05 00 02 61 00 00"),
        ("QoS 1 with identifier 0 [MQTT-2.2.1-2]", "32 06 00 01 61 00 00 00"),
        ("SUBSCRIBE with reserved flags 0 [MQTT-3.8.1-1]", "80 07 00 01 00 00 01 61 00"),
        ("SUBSCRIBE without a filter [MQTT-3.8.3-2]", "82 03 00 01 00"),
        ("SUBSCRIBE with QoS 3", "82 07 00 01 00 00 01 61 03"),
        ("SUBSCRIBE to a malformed filter", "82 08 00 01 00 00 02 61 23 00"),
        ("UNSUBSCRIBE with reserved flags 0", "A0 06 00 01 00 00 01 61"),
        ("PUBREL with reserved flags 0 [MQTT-3.6.1-1]", "60 02 00 01"),
        ("PINGREQ with a body", "C0 01 00"),
        ("a remaining length of five bytes", "30 FF FF FF FF 7F"),
        ("AUTH out of the blue", "F0 00"),
        ("a property twice", "30 0A 00 01 61 04 01 00 01 00 61 62"),
        ("an unknown property", "30 06 00 01 61 02 7F 00"),
        ("a topic alias of 0", "30 07 00 01 61 03 23 00 00"),
        ("a topic alias beyond the limit", "30 07 00 01 61 03 23 FF FF"),
        ("properties longer than the packet", "30 05 00 01 61 FF 7F"),
    ];

    [Fact]
    public async Task Each_ends_its_connection_and_nothing_else()
    {
        await using var worker = await Worker.StartAsync(city.Server.MqttPort);
        var faults = await Until.FigureAsync(city.Server.Client, "mqtt_owner_faults_total");
        List<string> wrong = [];
        foreach (var (what, hex) in AfterConnect)
        {
            await using var wire = await (await Wire.PlainAsync(city.Server.MqttPort)).AcceptedAsync("malformed");
            await wire.TrySendAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
            var goodbye = await wire.EndAsync();
            if (goodbye is null or < ReasonCode.UnspecifiedError)
            {
                wrong.Add($"{what}: {goodbye?.ToString() ?? "closed without a reason"}");
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(faults, await Until.FigureAsync(city.Server.Client, "mqtt_owner_faults_total"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{AfterConnect.Length} malformed packets, {(await worker.DoneAsync()).Count} publishes beside them");
    }

    [Fact]
    public async Task Two_thousand_sockets_of_noise_leave_the_server_as_it_was()
    {
        await using var worker = await Worker.StartAsync(city.Server.MqttPort);
        var (faults, before) = (await Until.FigureAsync(city.Server.Client, "mqtt_owner_faults_total"), city.Server.ResidentBytes);
        var random = new Random(20_26);
        for (var i = 0; i < 2_000; i++)
        {
            // Noise at once, noise behind a CONNECT, and a right stream of packets with a few bits turned over.
            var noise = new byte[random.Next(1, 300)];
            random.NextBytes(noise);
            await using var wire = await Wire.PlainAsync(city.Server.MqttPort, i % 2 == 0 ? ProtocolVersion.V500 : ProtocolVersion.V311);
            await wire.TrySendAsync((i % 3) switch
            {
                0 => noise,
                1 => (byte[])[.. Crowd.Connect("noise", wire.Version), .. noise],
                _ => Turned(wire.Version, random),
            });
        }

        await Until.TrueAsync(async () => await Until.FigureAsync(city.Server.Client, "mqtt_connections_open") <= 1, () => "connections are left over");
        Assert.Equal(faults, await Until.FigureAsync(city.Server.Client, "mqtt_owner_faults_total"));
        Assert.DoesNotContain("Unhandled", city.Server.Log, StringComparison.Ordinal);
        Assert.InRange(city.Server.ResidentBytes - before, long.MinValue, 100L << 20);
        TestContext.Current.TestOutputHelper?.WriteLine($"2000 sockets of noise, {(await worker.DoneAsync()).Count} publishes beside them");
    }

    private static byte[] Turned(ProtocolVersion version, Random random)
    {
        var stream = new ArrayBufferWriter<byte>();
        stream.Write(Crowd.Connect("turned", version));
        PacketEncoder.WriteSubscribe(stream, new SubscribePacket(1, [new SubscriptionRequest("a/b", QualityOfService.ExactlyOnce)]), version);
        PacketEncoder.WritePublish(stream, new OutboundPublish(new ApplicationMessage("a/b", "x"u8.ToArray()), QualityOfService.ExactlyOnce, Retain: true, Dup: false, 2), version);
        PacketEncoder.WriteAck(stream, PacketType.PubRel, 2, ReasonCode.Success, version);
        PacketEncoder.WriteUnsubscribe(stream, new UnsubscribePacket(3, ["a/b"]), version);
        var bytes = stream.WrittenSpan.ToArray();
        for (var turns = random.Next(1, 4); turns > 0; turns--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }
}
