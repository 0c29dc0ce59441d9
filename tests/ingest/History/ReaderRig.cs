using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Ingest.History;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.History;

/// <summary>A log in a folder of its own and history readers over it.</summary>
internal sealed class ReaderRig : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LogReader _hold;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];

    public ReaderRig(int memoryBytes = 1 << 20)
    {
        Folder = Directory.CreateTempSubdirectory("smartcity-reader-").FullName;
        Log = CityLog.Open(
            new LogOptions { Directory = Path.Combine(Folder, "log"), MemoryBytes = memoryBytes, SegmentBytes = 4 << 20, MinimumFreeBytes = 0, ReserveBytes = 0, AlarmAcknowledgeOnCommit = true },
            TimeProvider.System);
        _hold = Log[Lane.Telemetry].OpenReader("hold"); // so that a test may go back
    }

    public string Folder { get; }

    public CityLog Log { get; }

    public async Task AppendAsync(string lines, FrameFlags flags = FrameFlags.None, Lane lane = Lane.Telemetry, string source = "gw-1")
    {
        while (!Log[lane].TryAppend(flags, Readings.Start, Encoding.UTF8.GetBytes(source), Encoding.UTF8.GetBytes(lines), null, 0, out _))
        {
            await Log[lane].RoomAsync(CancellationToken.None).AsTask().WaitAsync(Patience);
        }
    }

    public HistoryReader Start(IHistoryStore store, TimeProvider? time = null, Lane lane = Lane.Telemetry)
    {
        var reader = new HistoryReader(
            Log[lane], store, time ?? TimeProvider.System, NullLogger.Instance, time is null ? new BackoffOptions { Cap = TimeSpan.FromMilliseconds(500) } : null);
        Run(reader.RunAsync(_stop.Token));
        return reader;
    }

    public void Run(Task task) => _running.Add(task);

    public CancellationToken Stopping => _stop.Token;

    /// <summary>Waits until the reader has brought everything that was appended into the store.</summary>
    public async Task DrainedAsync(HistoryStatus status, Lane lane = Lane.Telemetry)
    {
        await Log[lane].FlushAsync();
        var end = Log[lane].Committed;
        await UntilAsync(status, () => status.Position >= end);
    }

    public static async Task UntilAsync(HistoryStatus status, Func<bool> condition)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (condition())
            {
                done.TrySetResult();
            }
        }

        status.Changed += Look;
        try
        {
            Look();
            await done.Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"not within {Patience}: {status.State}, {status.Lines} lines, position {status.Position}");
        }
        finally
        {
            status.Changed -= Look;
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _hold.Dispose();
        await Log.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
