using System.Diagnostics;
using System.Globalization;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>
/// What the rules cost in cities of different size, as a table: <c>-- --scale [devices…]</c>. Each device reports in turn, so that with many of them nothing
/// of the one whose line comes next is in the processor's caches: the worst order there is.
/// </summary>
internal static class RuleScale
{
    private const int PerFrame = 50;
    private const int FramesPerCommit = 40;
    private const int Readings = 2_000_000;
    private const long Minute = 60_000_000_000;
    private const int DistinctFrames = 20_000;

    /// <summary>Runs it.</summary>
    /// <param name="sizes">How many devices; by default 1,000, 100,000 and 1,000,000.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> sizes)
    {
        Console.WriteLine("| registered devices | ns a reading | B allocated a reading | registry, B a device | rules' state, B a device | first tick, ms | tick, ms |");
        Console.WriteLine("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var size in sizes.Count > 0 ? sizes : ["1000", "100000", "1000000"])
        {
            Console.WriteLine(await MeasureAsync(int.Parse(size, CultureInfo.InvariantCulture)));
        }

        return 0;
    }

    private static async Task<string> MeasureAsync(int devices)
    {
        var frames = Enumerable.Range(0, Math.Min(devices / PerFrame, DistinctFrames)).Select(f => Samples.FiftyDevices(f * PerFrame)).ToArray();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var town = new Town(devices);
        var registry = GC.GetTotalMemory(forceFullCollection: true) - before;
        var host = new EmbeddedHost(
            Lane.Telemetry, KindCatalog.BuiltIn, town, new NoBook(), TimeProvider.System, new HostOptions { SnapshotBytes = long.MaxValue, SnapshotInterval = TimeSpan.MaxValue });
        var run = new Run(host, frames);
        await run.ApplyAsync(frames.Length);
        var state = GC.GetTotalMemory(forceFullCollection: true) - before - registry;
        var first = await TickAsync(host);
        await run.ApplyAsync(Readings / PerFrame);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var taken = await run.ApplyAsync(Readings / PerFrame);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var ticks = new double[5];
        for (var i = 0; i < ticks.Length; i++)
        {
            ticks[i] = await TickAsync(host);
        }

        GC.KeepAlive(town);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {devices:#,0} | {taken.TotalNanoseconds / Readings:0} | {(double)allocated / Readings:0.0} | {(double)registry / devices:0} | {(double)state / devices:0} | {first:0.00} | {ticks.Order().ElementAt(2):0.00} |");
    }

    private static async Task<double> TickAsync(EmbeddedHost host)
    {
        var watch = Stopwatch.StartNew();
        await host.TickAsync(caughtUp: true, CancellationToken.None);
        return watch.Elapsed.TotalMilliseconds;
    }

    private sealed class Run(EmbeddedHost host, byte[][] frames)
    {
        private readonly LogCursor _log = new(Guid.NewGuid(), Lane.Telemetry, 0);
        private long _at;

        /// <summary>Applies so many frames; how long that took, the stamping of the lines not counted.</summary>
        public async Task<TimeSpan> ApplyAsync(int count)
        {
            var taken = TimeSpan.Zero;
            int some;
            for (var done = 0; done < count; done += some)
            {
                some = Math.Min(Math.Min(FramesPerCommit, frames.Length), count - done); // no frame twice before its next stamp
                var first = _at;
                for (var i = 0; i < some; i++)
                {
                    Samples.Stamp(frames[(first + i) % frames.Length], Samples.Start + ((first + i) / frames.Length * Minute));
                }

                var watch = Stopwatch.StartNew();
                for (var i = 0; i < some; i++)
                {
                    host.ApplyFrame(_log with { Position = ++_at }, FrameFlags.None, Samples.Start + (_at / frames.Length * Minute), frames[(first + i) % frames.Length]);
                }

                await host.CommitAsync(CancellationToken.None);
                taken += watch.Elapsed;
            }

            return host.Counters.Changes == 0 ? taken : throw new InvalidOperationException("the sample raised an alert");
        }
    }
}
