using System.Buffers.Binary;
using System.Text;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Tests.Load;

/// <summary>The arithmetic of the schedule, without sockets and without a clock: a stamp is a microsecond.</summary>
public sealed class LoadSequenceTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void A_server_that_stalls_for_a_second_shows_in_p99_though_the_window_was_full()
    {
        var sequence = New(perSecond: 1_000, window: 64);
        Play(sequence, 5 * Second, static now => now is >= 2 * Second and < 3 * Second ? 3 * Second : now + 1_000);
        Assert.Equal(5_000, sequence.Acknowledged);
        Assert.Equal(5_000, sequence.Latency.Count);

        // A fifth of all was due in that second: 1 % of all, the 50 longest, waited 0.95 s and more, though only 64 were on the way.
        Assert.InRange(sequence.Latency.Percentile(99), 940_000, 1_030_000);
        Assert.InRange(sequence.Latency.Percentile(50), 0, 5_000);
        Assert.InRange(sequence.Latency.Maximum, 990_000, 1_050_000);
    }

    [Fact]
    public void Without_a_rate_the_window_is_all_that_holds_it_and_latencies_count_from_the_sending()
    {
        var sequence = New(perSecond: 0, window: 8);
        Play(sequence, Second, static now => now + 10_000);
        Assert.InRange(sequence.Acknowledged, 700, 810);
        Assert.InRange(sequence.Latency.Maximum, 9_000, 12_000);
    }

    [Fact]
    public void A_lost_connection_sends_again_what_was_not_acknowledged_and_counts_it_from_its_first_time()
    {
        var sequence = New(perSecond: 100, window: 64);
        var buffer = new byte[64 * 1024];
        Assert.True(sequence.Fill(buffer, 100_000, Second) > 0);   // 0 … 10 are due
        sequence.Expect(0, 1, 0);
        sequence.Complete(1, 110_000);
        sequence.Connected(int.MaxValue);
        var used = sequence.Fill(buffer, 110_000, Second);
        Assert.Equal(Enumerable.Range(2, 11), Ids(buffer.AsSpan(0, used), out var again));
        Assert.Equal((10, 10), (again, (int)sequence.Duplicates));
        sequence.Complete(11, 500_000);
        Assert.InRange(sequence.Latency.Maximum, 480_000, 500_000);
        Assert.True(sequence.IsEven);
    }

    [Fact]
    public void An_acknowledgement_out_of_turn_is_an_error()
    {
        var sequence = New(perSecond: 100, window: 64);
        _ = sequence.Fill(new byte[64 * 1024], 50_000, Second);
        Assert.Throws<InvalidDataException>(() => sequence.Expect(0, 2, 0));
        Assert.Throws<InvalidDataException>(() => sequence.Expect(6, 7, 0));
        sequence.Expect(5, 6, 0x80);
        Assert.Equal(1, sequence.Refused);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 50)]
    [InlineData(true, 1)]
    [InlineData(true, 7)]
    public void The_length_in_the_head_is_the_payload_s(bool json, int count)
    {
        var rows = LoadReadings.Rows([("power_w", false, 0, 400), ("switch_count", true, 0, 1_000)], json);
        var readings = new LoadReadings("streetlight", ["a", "bb", "ccc"], rows, 999_999_900, 100, json);
        var to = new byte[readings.LongestLine * (count + 1)];
        for (var first = 0L; first < 500; first += count)
        {
            Assert.Equal(readings.Length(first, count), readings.WritePayload(first, count, to));
        }
    }

    private static LoadSequence New(double perSecond, int window)
    {
        var options = new LoadOptions { Server = new("127.0.0.1", 1, Tls: false), Connections = 1, PublishesPerSecond = perSecond, Window = window, ReadingsPerPublish = 1 };
        var readings = new LoadReadings("streetlight", ["a"], LoadReadings.Rows([("power_w", false, 0, 400)]), 1_000, 100);
        var sequence = new LoadSequence(options, "load-0001", readings, new Histogram(), Second);
        sequence.Begin(0);
        sequence.Connected(int.MaxValue);
        return sequence;
    }

    /// <summary>Looks each millisecond, as the loop does; a publish that is sent at one moment is acknowledged at another.</summary>
    private static void Play(LoadSequence sequence, long end, Func<long, long> acknowledgedAt)
    {
        var buffer = new byte[4 * 1024];
        var flying = new Queue<long>();
        for (var now = 0L; now < end || !sequence.IsEven; now += 1_000)
        {
            while (flying.TryPeek(out var at) && at <= now)
            {
                flying.Dequeue();
                sequence.Complete(1, now);
            }

            while (sequence.Fill(buffer, now, end) is var used and > 0)
            {
                foreach (var _ in Ids(buffer.AsSpan(0, used), out var _))
                {
                    flying.Enqueue(acknowledgedAt(now));
                }
            }
        }
    }

    private static List<int> Ids(ReadOnlySpan<byte> sent, out int again)
    {
        var ids = new List<int>();
        again = 0;
        while (Frames.TryRead(sent, out var first, out var body, out var used))
        {
            again += (first & 0x08) != 0 ? 1 : 0;
            Assert.Equal("city/v1/load-0001/telemetry", Encoding.UTF8.GetString(body.Slice(2, BinaryPrimitives.ReadUInt16BigEndian(body))));
            ids.Add(BinaryPrimitives.ReadUInt16BigEndian(body[(2 + BinaryPrimitives.ReadUInt16BigEndian(body))..]));
            sent = sent[used..];
        }

        Assert.True(sent.IsEmpty);
        return ids;
    }
}
