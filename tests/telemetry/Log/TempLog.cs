using System.Text;

namespace SmartCity.Telemetry.Tests;

/// <summary>A directory for a log, deleted afterwards, with small defaults and what every test does.</summary>
internal sealed class TempLog : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public TempLog(string? parent = null)
    {
        Directory = Path.Combine(parent ?? Path.GetTempPath(), "smartcity-log-" + Guid.NewGuid().ToString("N"));
        Options = new LogOptions
        {
            Directory = Directory,
            MemoryBytes = LogOptions.MinimumMemoryBytes,
            AlarmMemoryBytes = LogOptions.MinimumMemoryBytes,
            SegmentBytes = 64 * 1024,
            AlarmSegmentBytes = 64 * 1024,
            BudgetBytes = 4 << 20,
            AlarmBudgetBytes = 4 << 20,
            ReserveBytes = 0,
            MinimumFreeBytes = 0,
            RetryInterval = TimeSpan.FromMilliseconds(20),
            Notice = notice =>
            {
                lock (Notices)
                {
                    Notices.Add(notice);
                }
            },
        };
    }

    public string Directory { get; }

    public LogOptions Options { get; set; }

    public List<LogNotice> Notices { get; } = [];

    public static string TextOf(int number, int length = 40) =>
        $"weather,device=d{number} temperature_celsius={number}.5 {number}\n".PadRight(length, 'x');

    public CityLog Open(TimeProvider? time = null) => CityLog.Open(Options, time ?? TimeProvider.System);

    public void Dispose()
    {
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    public IReadOnlyList<string> Files(Lane lane = Lane.Telemetry)
    {
        var files = System.IO.Directory.GetFiles(Path.Combine(Directory, lane == Lane.Alarm ? "alarm" : "telemetry"), "*.log");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    public static async Task<long> Append(LogLane lane, string text, string source = "gw-1")
    {
        long position;
        while (!lane.TryAppend(FrameFlags.None, 7, Encoding.UTF8.GetBytes(source), Encoding.UTF8.GetBytes(text), null, 0, out position))
        {
            await lane.RoomAsync().AsTask().WaitAsync(Patience);
        }

        return position;
    }

    public static async Task Append(LogLane lane, int from, int to, int length = 40)
    {
        for (var i = from; i < to; i++)
        {
            await Append(lane, TextOf(i, length));
        }

        await lane.FlushAsync().AsTask().WaitAsync(Patience);
    }

    public static List<string> ReadAll(LogReader reader, int bytes = 10_000)
    {
        var texts = new List<string>();
        while (reader.TryRead(bytes, out var batch))
        {
            foreach (var frame in batch)
            {
                texts.Add(Encoding.UTF8.GetString(frame.Payload));
            }
        }

        return texts;
    }

    public static void CheckAll(LogReader reader, int from, int to, int length = 40) =>
        Assert.Equal(Enumerable.Range(from, to - from).Select(i => TextOf(i, length)), ReadAll(reader));
}

/// <summary>Remembers the tokens it was called with.</summary>
internal sealed class Waiter : ILogWaiter
{
    public List<long> Tokens { get; } = [];

    public Action<long>? Then { get; set; }

    public void Durable(long token)
    {
        lock (Tokens)
        {
            Tokens.Add(token);
            Monitor.PulseAll(Tokens);
        }

        Then?.Invoke(token);
    }

    public void WaitFor(int count)
    {
        lock (Tokens)
        {
            while (Tokens.Count < count)
            {
                Assert.True(Monitor.Wait(Tokens, TempLog.Patience), $"only {Tokens.Count} of {count} came");
            }
        }
    }
}
