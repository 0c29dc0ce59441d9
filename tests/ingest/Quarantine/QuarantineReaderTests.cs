using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Ingest.Quarantine;
using SmartCity.Ingest.Tests.History;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Quarantine;

public sealed class QuarantineReaderTests
{
    [Fact]
    public async Task Rejected_lines_of_both_lanes_come_once_each_over_restarts()
    {
        await using var log = new ReaderRig();
        using var store = new QuarantineStore(Path.Combine(log.Folder, "quarantine.db"), new QuarantineOptions(), TimeProvider.System);
        for (var round = 0; round < 3; round++)
        {
            using var stop = new CancellationTokenSource();
            QuarantineReader[] readers = [.. new[] { Lane.Telemetry, Lane.Alarm }.Select(l => new QuarantineReader(log.Log[l], store, TimeProvider.System, NullLogger.Instance))];
            var running = readers.Select(r => r.RunAsync(stop.Token)).ToArray();
            for (var n = 0; n < 20; n++)
            {
                await log.AppendAsync(Readings.Lines(3, n, n + 1));
                await log.AppendAsync($"[{{\"reason\":\"range\",\"column\":7,\"detail\":\"too high\",\"line\":\"k,device=d v={round}{n} 1\",\"device\":\"d\"}},{{\"reason\":\"clock\",\"line\":\"x\"}}]", FrameFlags.Rejected);
            }

            await log.AppendAsync("[{\"reason\":\"syntax\",\"column\":1,\"line\":\"alarm\"}]", FrameFlags.Rejected | FrameFlags.Http, Lane.Alarm, "gw-2");
            var expected = (round + 1) * 41;
            await ReaderRig.UntilAsync(readers[0].Status, () => store.Figures.ByReason.GetValueOrDefault("clock") >= (round + 1) * 20);
            await ReaderRig.UntilAsync(readers[1].Status, () => store.Figures.Total >= expected);
            await stop.CancelAsync();
            await Task.WhenAll(running);
            Assert.Equal(expected, store.Figures.Total);
        }

        var alarm = store.List(10, source: "gw-2").Items[0];
        Assert.Equal((Lane.Alarm, "syntax", 1, "alarm"), (alarm.Lane, alarm.Reason, alarm.Column, alarm.Line));
        var range = store.List(1, reason: "range").Items[0];
        Assert.Equal(("gw-1", "d", 7, "too high", "k,device=d v=219 1"), (range.Source, range.Device, range.Column, range.Message, range.Line));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddTicks(Readings.Start / 100), range.ReceivedAt);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[{\"reason\":5}]")]
    [InlineData("")]
    public async Task A_record_that_cannot_be_read_is_kept_as_such(string payload)
    {
        await using var log = new ReaderRig();
        using var store = new QuarantineStore(Path.Combine(log.Folder, "quarantine.db"), new QuarantineOptions(), TimeProvider.System);
        var reader = new QuarantineReader(log.Log[Lane.Telemetry], store, TimeProvider.System, NullLogger.Instance);
        log.Run(reader.RunAsync(log.Stopping));
        await log.AppendAsync(payload, FrameFlags.Rejected);
        await log.AppendAsync("[null,{},{\"reason\":\"range\",\"line\":\"good\"}]", FrameFlags.Rejected);
        await ReaderRig.UntilAsync(reader.Status, () => store.Figures.ByReason.ContainsKey("range"));
        Assert.Equal(2, store.Figures.ByReason["unreadable-record"]);
        Assert.Contains(store.List(10).Items, i => i.Line == payload);
    }

    [Fact]
    public async Task A_log_without_rejected_lines_is_freed_all_the_same()
    {
        await using var log = new ReaderRig();
        using var store = new QuarantineStore(Path.Combine(log.Folder, "quarantine.db"), new QuarantineOptions(), TimeProvider.System);
        var reader = new QuarantineReader(log.Log[Lane.Telemetry], store, TimeProvider.System, NullLogger.Instance);
        log.Run(reader.RunAsync(log.Stopping));
        await log.AppendAsync(Readings.Lines(3, 0, 10));
        await log.Log[Lane.Telemetry].FlushAsync();
        var end = log.Log[Lane.Telemetry].End;
        await ReaderRig.UntilAsync(reader.Status, () => store.LoadCursor(Lane.Telemetry) == end);
        Assert.Equal(0, store.Figures.Total);
    }
}
