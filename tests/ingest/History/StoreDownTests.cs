using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Influx;

namespace SmartCity.Ingest.Tests.History;

/// <summary>Tests that measure this process run when nothing else does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

/// <summary>What a store that is away costs. The whole process is measured: a registry that another test builds meanwhile would count.</summary>
[Collection(Alone.Name)]
public sealed class StoreDownTests(ITestOutputHelper output)
{
    private const int Devices = 20;

    [Fact]
    public async Task While_the_store_is_down_memory_is_flat_and_the_state_says_why()
    {
        await using var rig = StoreRig.Influx(new InfluxOptions { Url = new Uri("http://127.0.0.1:1"), Database = "x" });
        await using var log = new ReaderRig();
        var reader = log.Start(rig.Store);
        var block = Readings.Lines(Devices, 0, 100);
        await log.AppendAsync(block);
        await ReaderRig.UntilAsync(reader.Status, () => reader.Status.State.Attempts >= 2);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var appended = 0L;
        while (appended < 64 << 20)
        {
            await log.AppendAsync(block);
            appended += block.Length;
        }

        await ReaderRig.UntilAsync(reader.Status, () => reader.Status.Lag >= appended);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{appended >> 20} MiB appended while the store was down; memory grew by {grown / 1024} KiB");
        Assert.InRange(grown, long.MinValue, 4 << 20);
        var state = reader.Status.State;
        Assert.Equal(HistoryHealth.Stopped, state.Health);
        Assert.Contains("127.0.0.1:1", state.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(state.Fix!);
        Assert.True(state.NextTry > state.Since);
        Assert.Equal(0, reader.Status.Lines);
    }
}
