using System.Buffers;

namespace SmartCity.Mqtt.Tests;

/// <summary>The table of packets, each fed in every way a stream may bring it.</summary>
public sealed class PacketCaseTests
{
    public static readonly IReadOnlyList<PacketCase> Cases =
        [.. CaseTable.Read(ConnectCases.Table), .. CaseTable.Read(PublishCases.Table), .. CaseTable.Read(OtherCases.Table)];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Cases.Count)];

    [Fact]
    public void There_are_enough_and_no_two_are_the_same()
    {
        Assert.True(Cases.Count >= 180, $"{Cases.Count} cases");
        Assert.Equal(Cases.Count, Cases.Select(c => c.ToString()).Distinct().Count());
        TestContext.Current.SendDiagnosticMessage("{0} packet cases, {1} valid", Cases.Count, Cases.Count(c => c.Expected == ReasonCode.Success));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Whole(int number) => Judge(Cases[number], new ReadOnlySequence<byte>(Cases[number].Bytes));

    [Theory]
    [MemberData(nameof(Numbers))]
    public void In_pieces_of_one_byte(int number) => Judge(Cases[number], Pieces.ByteByByte(Cases[number].Bytes));

    [Theory]
    [MemberData(nameof(Numbers))]
    public void In_pieces_at_random(int number)
    {
        var random = new Random(number);
        for (var i = 0; i < 50; i++)
        {
            Judge(Cases[number], Pieces.AtRandom(Cases[number].Bytes, random));
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Arriving_byte_by_byte(int number)
    {
        var one = Cases[number];
        for (var length = 0; length < one.Bytes.Length; length++)
        {
            var status = AnyPacket.Read(Pieces.ByteByByte(one.Bytes.AsMemory(0, length)), one.Version, out var reason, out _);
            if (status == FrameStatus.Invalid)
            {
                Assert.Equal(one.Expected, reason); // refused from the fixed header, before the rest is there
                return;
            }

            Assert.Equal(FrameStatus.NeedMore, status);
        }

        Judge(one, Pieces.ByteByByte(one.Bytes));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Followed_by_another_packet(int number)
    {
        var one = Cases[number];
        byte[] two = [.. one.Bytes, 0xC0, 0x00];
        var version = one.Bytes[0] >> 4 == (int)PacketType.Connect ? ProtocolVersion.V311 : one.Version;
        var status = FrameReader.Read(new ReadOnlySequence<byte>(two), version, AnyPacket.MaximumSize, out var frame, out _);
        if (status == FrameStatus.Complete)
        {
            Assert.Equal(one.Bytes.Length, frame.Length);
            Assert.Equal(one.Expected, AnyPacket.Decode(frame, one.Version, out _));
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Cut_short_at_each_point_with_its_length_agreeing(int number)
    {
        var one = Cases[number];
        var at = 1;
        while (at < one.Bytes.Length && (one.Bytes[at] & 0x80) != 0)
        {
            at++;
        }

        at++;
        for (var end = at; end < one.Bytes.Length; end++)
        {
            var body = one.Bytes[at..end];
            byte[] cut = body.Length < 128
                ? [one.Bytes[0], (byte)body.Length, .. body]
                : [one.Bytes[0], (byte)(body.Length | 0x80), (byte)(body.Length >> 7), .. body];
            var status = AnyPacket.Read(new ReadOnlySequence<byte>(cut), one.Version, out var reason, out var packet);
            Assert.NotEqual(FrameStatus.NeedMore, status);
            if (reason == ReasonCode.Success)
            {
                AssertRoundTrip(packet!, one.Version); // what is left is a packet of its own: then it must be a whole one
            }
        }
    }

    private static void Judge(PacketCase one, ReadOnlySequence<byte> bytes)
    {
        var status = AnyPacket.Read(bytes, one.Version, out var reason, out var packet);
        Assert.Equal(one.Expected, reason);
        if (one.Expected != ReasonCode.Success)
        {
            Assert.NotEqual(FrameStatus.NeedMore, status);
            Assert.Null(packet);
            return;
        }

        Assert.Equal(FrameStatus.Complete, status);
        var written = AnyPacket.Write(packet!, one.Version);
        if (one.Canonical)
        {
            Assert.Equal(Convert.ToHexString(one.Bytes), Convert.ToHexString(written));
        }

        AssertRoundTrip(packet!, one.Version);
    }

    internal static void AssertRoundTrip(object packet, ProtocolVersion version)
    {
        if (packet is ConnectPacket connect)
        {
            version = connect.Version;
        }

        var written = AnyPacket.Write(packet, version);
        Assert.Equal(FrameStatus.Complete, AnyPacket.Read(new ReadOnlySequence<byte>(written), version, out var reason, out var again));
        Assert.Equal(ReasonCode.Success, reason);
        Assert.Equal(Convert.ToHexString(written), Convert.ToHexString(AnyPacket.Write(again!, version)));
    }
}
