using System.Buffers;
using BenchmarkDotNet.Attributes;
using MQTTnet.Adapter;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using SmartCity.Mqtt;

namespace SmartCity.Benchmarks.Libraries;

/// <summary>PUBLISH on the wire → topic and payload.</summary>
public class MqttDecoding
{
    private readonly PublishDecode _ours = new();
    private readonly MqttPacketFormatterAdapter _formatter = new(MqttProtocolVersion.V500, new MqttBufferWriter(4096, 65535));
    private ReceivedMqttPacket _packet;

    [GlobalSetup]
    public void Setup()
    {
        _ours.Setup();
        var buffer = new ArrayBufferWriter<byte>();
        PacketEncoder.WritePublish(
            buffer,
            new OutboundPublish(new ApplicationMessage("city/v1/gw-001/telemetry", Samples.Line.ToArray()), QualityOfService.AtLeastOnce, false, false, 7),
            ProtocolVersion.V500);
        var wire = buffer.WrittenSpan.ToArray();
        var head = 1 + (wire.Length - 2 > 127 ? 2 : 1);
        _packet = new ReceivedMqttPacket(wire[0], new ArraySegment<byte>(wire, head, wire.Length - head), wire.Length);
    }

    /// <summary>Ours, the packet's limits found too.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(nameof(MqttDecoding))]
    public long Ours() => _ours.Decode();

    /// <summary>MQTTnet's formatter, given a packet whose limits are found.</summary>
    [Benchmark, BenchmarkCategory(nameof(MqttDecoding))]
    public long MqttNet() => ((MqttPublishPacket)_formatter.Decode(_packet)).Payload.Length;
}
