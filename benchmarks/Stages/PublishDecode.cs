using System.Buffers;
using BenchmarkDotNet.Attributes;
using SmartCity.Mqtt;

namespace SmartCity.Benchmarks;

/// <summary>From bytes on the wire to a PUBLISH whose topic and payload can be looked at: one reading of 100 bytes, QoS 1.</summary>
public class PublishDecode
{
    private ReadOnlySequence<byte> _wire;
    private byte[] _bytes = [];

    [GlobalSetup]
    public void Setup()
    {
        var buffer = new ArrayBufferWriter<byte>();
        PacketEncoder.WritePublish(
            buffer,
            new OutboundPublish(new ApplicationMessage("city/v1/gw-001/telemetry", Samples.Line.ToArray()), QualityOfService.AtLeastOnce, false, false, 7),
            ProtocolVersion.V500);
        _bytes = buffer.WrittenSpan.ToArray();
        _wire = new ReadOnlySequence<byte>(_bytes);
    }

    /// <summary>One pass over the packet.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(nameof(PublishDecode))]
    public long Limited() => Limit.Pass(_bytes);

    [Benchmark, BenchmarkCategory(nameof(PublishDecode))]
    public long Decode()
    {
        if (FrameReader.Read(_wire, ProtocolVersion.V500, 256 * 1024, out var frame, out _) != FrameStatus.Complete)
        {
            return -1;
        }

        return PacketDecoder.ReadPublish(frame, ProtocolVersion.V500, out var publish) == ReasonCode.Success ? publish.Payload.Length : -1;
    }
}
