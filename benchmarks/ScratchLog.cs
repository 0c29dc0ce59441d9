using Microsoft.Win32.SafeHandles;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>A log in a temporary folder: on the disk that temporary folders are on, with a reader that only lets its files go; or
/// without a disk, where what is written is forgotten, to measure what happens before it.</summary>
internal sealed class ScratchLog : IDisposable
{
    private const int Step = 4 << 20;
    private readonly string _directory = Directory.CreateTempSubdirectory("smartcity-bench-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _following;

    public ScratchLog(bool disk = true, bool follow = true)
    {
        Log = CityLog.Open(
            new LogOptions
            {
                Directory = _directory,
                BudgetBytes = 1L << 40,
                MinimumFreeBytes = 0,
                ReserveBytes = 0,
                Readers = follow ? ["follow"] : [],
                Disk = disk ? LogDisk.Real : new NoDisk(),
            },
            TimeProvider.System);
        _following = follow ? Task.Run(() => FollowAsync(Lane.OpenReader("follow"))) : Task.CompletedTask;
    }

    public CityLog Log { get; }

    public LogLane Lane => Log[Telemetry.Lane.Telemetry];

    public void Dispose()
    {
        _stop.Cancel();
        _following.GetAwaiter().GetResult();
        Log.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    // Rarely and much at a time, so that it takes nothing from what is measured.
    private async Task FollowAsync(LogReader reader)
    {
        while (!_stop.IsCancellationRequested)
        {
            while (reader.TryRead(Step, out var batch))
            {
                reader.Advance(batch.End.Position);
            }

            await Task.Delay(100, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        reader.Dispose();
    }

    private sealed class NoDisk : LogDisk
    {
        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
        {
        }

        public override void Flush(SafeFileHandle file)
        {
        }
    }
}
