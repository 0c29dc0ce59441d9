using System.Buffers;
using System.Text;
using System.Text.Json;
using SmartCity.Mqtt;
using SmartCity.Simulators.Load;
using SmartCity.Telemetry;

namespace SmartCity.Simulators.Tests;

public sealed class LoadPartsTests
{
    [Fact]
    public void A_percentile_is_right_to_two_percent_at_every_size()
    {
        foreach (var scale in new[] { 1L, 37, 1_000, 250_000 })
        {
            var histogram = new Histogram();
            for (var i = 1; i <= 1_000; i++)
            {
                histogram.Add(i * scale);
            }

            Assert.InRange(histogram.Percentile(50), 500 * scale * 0.98, (500 * scale * 1.02) + 1);
            Assert.InRange(histogram.Percentile(99), 990 * scale * 0.98, (990 * scale * 1.02) + 1);
            Assert.Equal(1_000 * scale, histogram.Percentile(100));
        }
    }

    [Fact]
    public void An_empty_histogram_has_no_percentile_and_a_year_fits_in()
    {
        var histogram = new Histogram();
        Assert.Equal(0, histogram.Percentile(99));
        histogram.Add(-5);
        histogram.Add(long.MaxValue / 4);
        Assert.Equal(2, histogram.Count);
    }

    [Fact]
    public void A_reading_is_the_same_line_whenever_it_is_asked_for_and_its_stamps_are_the_ledger_s()
    {
        var rows = LoadReadings.Rows([("power_w", false, 0, 400), ("switch_count", true, 0, 1_000)]);
        var readings = new LoadReadings("streetlight", ["a", "b", "c"], rows, 1_000_000, 100);
        var stamps = new Dictionary<string, List<long>>(StringComparer.Ordinal);
        Span<byte> first = stackalloc byte[256];
        Span<byte> second = stackalloc byte[256];
        for (var n = 0; n < 1_000; n++)
        {
            var used = readings.Write(n, first);
            Assert.True(used <= readings.LongestLine);
            Assert.True(first[..used].SequenceEqual(second[..readings.Write(n, second)]));
            var line = new LineReader(first[..used]);
            Assert.True(line.Read());
            Assert.Equal(LineError.None, line.Error);
            Assert.True(line.NextTag(out _, out var device));
            var id = Encoding.UTF8.GetString(device);
            stamps.TryAdd(id, []);
            stamps[id].Add(line.Timestamp);
        }

        var ledger = readings.Ledger(1_000).ToList();
        Assert.Equal(1_000, ledger.Sum(r => r.Count));
        foreach (var row in ledger)
        {
            Assert.Equal(Enumerable.Range(0, (int)row.Count).Select(k => row.First + (k * row.Step)), stamps[row.Device]);
            Assert.Equal(row.Last, stamps[row.Device][^1]);
        }
    }

    [Fact]
    public void A_payload_of_json_says_what_the_lines_say()
    {
        IReadOnlyList<(string, bool, double, double)> metrics = [("power_w", false, 0, 400), ("switch_count", true, 0, 1_000)];
        var lines = new LoadReadings("streetlight", ["a", "b", "c"], LoadReadings.Rows(metrics), 1_000_000, 100);
        var json = new LoadReadings("streetlight", ["a", "b", "c"], LoadReadings.Rows(metrics, json: true), 1_000_000, 100, json: true);
        var text = new byte[7 * lines.LongestLine];
        var objects = new byte[7 * json.LongestLine];
        var reader = new LineReader(text.AsSpan(0, lines.WritePayload(40, 7, text)));
        using var array = JsonDocument.Parse(objects.AsMemory(0, json.WritePayload(40, 7, objects)));
        Assert.Equal(7, array.RootElement.GetArrayLength());
        foreach (var one in array.RootElement.EnumerateArray())
        {
            Assert.True(reader.Read());
            Assert.Equal(LineError.None, reader.Error);
            Assert.Equal("streetlight", one.GetProperty("kind").GetString());
            Assert.True(reader.NextTag(out _, out var device));
            Assert.Equal(Encoding.UTF8.GetString(device), one.GetProperty("device").GetString());
            Assert.Equal(reader.Timestamp, one.GetProperty("time").GetInt64());
            while (reader.NextField(out var field))
            {
                var value = one.GetProperty(Encoding.UTF8.GetString(field.Name)).GetDouble();
                Assert.True(field.TryGetDouble(out var same));
                Assert.Equal(same, value);
            }
        }

        Assert.False(reader.Read());
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    [InlineData(true, 65_535)]
    public void Publishes_made_by_hand_are_what_the_codec_reads(bool version5, int packetId)
    {
        var topic = "city/v1/g/telemetry"u8.ToArray();
        var version = version5 ? ProtocolVersion.V500 : ProtocolVersion.V311;
        foreach (var length in new[] { 0, 1, 100, 127, 128, 16_383, 16_384, 200_000 })
        {
            var buffer = new byte[length + 64];
            var again = packetId > 1;
            var head = Frames.WritePublishHead(buffer, topic, length, (ushort)packetId, again, version5);
            buffer.AsSpan(head, length).Fill((byte)'x');

            var frame = Decode(buffer.AsMemory(0, head + length), version);
            Assert.Equal(ReasonCode.Success, PacketDecoder.ReadPublish(frame, version, out var publish));
            Assert.Equal(packetId, publish.PacketId);
            Assert.Equal(packetId == 0 ? QualityOfService.AtMostOnce : QualityOfService.AtLeastOnce, publish.Qos);
            Assert.Equal(again, publish.Dup);
            Assert.Equal(topic, publish.Topic.ToArray());
            Assert.Equal(length, publish.Payload.Length);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_connect_made_by_hand_is_what_the_codec_reads(bool version5)
    {
        var frame = Decode(Frames.Connect("load-0001", version5, 60), ProtocolVersion.V311);
        Assert.Equal(ReasonCode.Success, PacketDecoder.ReadConnect(frame, out var connect, out var version));
        Assert.Equal(version5 ? ProtocolVersion.V500 : ProtocolVersion.V311, version);
        Assert.Equal("load-0001", connect!.ClientId);
        Assert.True(connect.CleanStart);
        Assert.Equal(60, connect.KeepAlive);
    }

    [Fact]
    public void A_receive_maximum_is_found_among_other_properties()
    {
        Assert.Equal(65_535, Frames.ReceiveMaximum([0, 0, 0]));
        Assert.Equal(20, Frames.ReceiveMaximum([0, 0, 3, 0x21, 0, 20]));
        Assert.Equal(64, Frames.ReceiveMaximum([0, 0, 14, 0x11, 0, 0, 0, 9, 0x12, 0, 1, (byte)'a', 0x24, 1, 0x21, 0, 64]));
    }

    private static Frame Decode(ReadOnlyMemory<byte> bytes, ProtocolVersion version)
    {
        var all = new ReadOnlySequence<byte>(bytes);
        Assert.Equal(FrameStatus.Complete, FrameReader.Read(all, version, 1 << 20, out var frame, out _));
        Assert.Equal(bytes.Length, frame.Length);
        return frame;
    }
}
