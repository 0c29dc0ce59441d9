using System.Buffers;

namespace SmartCity.Mqtt.Tests;

/// <summary>The way of a reading through the codec allocates nothing.</summary>
public sealed class DecodeAllocationTests
{
    [Theory]
    [InlineData(ProtocolVersion.V311, false)]
    [InlineData(ProtocolVersion.V500, false)]
    [InlineData(ProtocolVersion.V311, true)]
    [InlineData(ProtocolVersion.V500, true)]
    public void A_publish_is_decoded_and_acknowledged_without_allocating(ProtocolVersion version, bool inPieces)
    {
        var text = version == ProtocolVersion.V311
            ? """32: "city/v1/gw-0001/telemetry" 0001 'environment_station,device=env-1 temperature_celsius=31.5 1'"""
            : """32: "city/v1/gw-0001/telemetry" 0001 [02 0000003c 26 "k" "v" 23 0001] 'environment_station,device=env-1 temperature_celsius=31.5 1'""";
        var bytes = CaseTable.Bytes(text);
        var sequence = inPieces ? Pieces.ByteByByte(bytes) : new ReadOnlySequence<byte>(bytes);
        var ack = new byte[PacketEncoder.MaximumAckLength];
        Read(sequence, version, ack, 2_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = Read(sequence, version, ack, 10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(10_000 * 59L, sum);
    }

    private static long Read(ReadOnlySequence<byte> bytes, ProtocolVersion version, byte[] ack, int times)
    {
        var sum = 0L;
        for (var i = 0; i < times; i++)
        {
            if (FrameReader.Read(bytes, version, AnyPacket.MaximumSize, out var frame, out _) != FrameStatus.Complete
                || PacketDecoder.ReadPublish(frame, version, out var packet) != ReasonCode.Success)
            {
                return -1;
            }

            sum += packet.Payload.Length;
            PacketEncoder.WriteAck(ack, PacketType.PubAck, packet.PacketId, ReasonCode.Success, version);
        }

        return sum;
    }
}
