using System.Text;
using SmartCity.Ingest.History;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.History;

public sealed class PointEncoderTests
{
    private static readonly PointEncoding Numbers = new(NumericOnly: true, Precision.Millisecond);

    private static (string Text, int Lines, int Skipped) Encode(string payload, PointEncoding encoding, FrameFlags flags = FrameFlags.None)
    {
        var buffer = new ByteBuffer();
        var (lines, skipped) = PointEncoder.Append(buffer, flags, Encoding.UTF8.GetBytes(payload), encoding);
        return (Encoding.UTF8.GetString(buffer.Span), lines, skipped);
    }

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("k,device=d v=1 5\n", "k,device=d v=1 5\n", 1)]
    [InlineData("k,device=d v=1 5", "k,device=d v=1 5\n", 1)]
    [InlineData("k,device=d s=\"two\nlines\" 5\nk,device=d v=1 6\n", "k,device=d s=\"two\nlines\" 5\nk,device=d v=1 6\n", 2)]
    [InlineData("k,device=lamp4u v=1 5\n", "k,device=lamp4u v=1 5\n", 1)]
    [InlineData("k,device=d v=4u,s=\"5u,6u \" 5\n", "k,device=d v=4i,s=\"5u,6u \" 5\n", 1)]
    public void Canonical_lines_pass_as_they_are(string payload, string expected, int lines) =>
        Assert.Equal((expected, lines, 0), Encode(payload, PointEncoding.Canonical));

    [Fact]
    public void A_time_of_arrival_is_marked_on_every_line() => Assert.Equal(
        ("k,device=d v=1,s=\"a b\nc 7\",time_is_arrival=true 5\nk,device=d v=2,time_is_arrival=true -6\n", 2, 0),
        Encode("k,device=d v=1,s=\"a b\nc 7\" 5\nk,device=d v=2 -6\n", PointEncoding.Canonical, FrameFlags.ArrivalTime));

    [Fact]
    public void A_store_of_numbers_gets_numbers() => Assert.Equal(
        ("k,device=d t=1.5,b=1,c=0,i=7i 1\nk,device=d v=1 -2\n", 2, 1),
        Encode("k,device=d t=1.5,b=true,s=\"x\",c=false,i=7i 1999999\nk,device=d s=\"x\" 5\nk,device=d v=1 -1000001\n", Numbers));

    [Fact]
    public void A_store_of_numbers_gets_the_mark_as_a_number() =>
        Assert.Equal(("k,device=d v=1,time_is_arrival=1 5\n", 1, 0), Encode("k,device=d v=1 5000000\n", Numbers, FrameFlags.ArrivalTime));

    [Fact]
    public void Nothing_is_allocated_a_point()
    {
        var payload = Encoding.UTF8.GetBytes(Readings.Lines(50, 0, 20));
        var buffer = new ByteBuffer();
        PointEncoding[] encodings = [PointEncoding.Canonical, Numbers];
        foreach (var encoding in encodings)
        {
            foreach (var flags in new[] { FrameFlags.None, FrameFlags.ArrivalTime })
            {
                for (var i = 0; i < 3; i++)
                {
                    buffer.Clear();
                    PointEncoder.Append(buffer, flags, payload, encoding);
                }

                var before = GC.GetAllocatedBytesForCurrentThread();
                buffer.Clear();
                PointEncoder.Append(buffer, flags, payload, encoding);
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        }
    }
}
