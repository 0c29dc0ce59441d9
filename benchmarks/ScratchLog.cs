using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>A log in a temporary folder, on the disk that temporary folders are on. A reader follows it only to let its files go.</summary>
internal sealed class ScratchLog : IDisposable
{
    private const int Step = 4 << 20;
    private readonly string _directory = Directory.CreateTempSubdirectory("smartcity-bench-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _following;

    public ScratchLog(bool follow = true)
    {
        Log = CityLog.Open(
            new LogOptions { Directory = _directory, BudgetBytes = 1L << 40, MinimumFreeBytes = 0, ReserveBytes = 0, Readers = follow ? ["follow"] : [] },
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
}
