using System.Text;
using SmartCity.Telemetry;

namespace SmartCity.SystemTests.Edge;

/// <summary>A reading as the gateway's log has it: what has to arrive, once, in this order.</summary>
/// <param name="Stamp">Its own time, ns since 1970.</param>
/// <param name="Value">The metric that counts.</param>
internal readonly record struct Logged(long Stamp, double Value);

/// <summary>
/// Everything that a killed gateway's log ever held, read off a copy of its files after each kill: the files themselves are left as
/// the kill left them. Each start of a gateway begins a new file, and a life is too short to fill one, so nothing is freed unseen.
/// </summary>
internal sealed class GatewayLedger(string data)
{
    private readonly long[] _read = new long[2];

    /// <summary>Readings by device, in the log's order.</summary>
    public Dictionary<string, List<Logged>> Devices { get; } = new(StringComparer.Ordinal);

    /// <summary>Readings.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of torn tails that the kills left.</summary>
    public long Torn { get; private set; }

    /// <summary>Takes up what the log has got since the last time.</summary>
    public async Task TakeAsync()
    {
        var copy = Directory.CreateTempSubdirectory("smartcity-ledger-").FullName;
        try
        {
            var from = Path.Combine(data, "log");
            foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is not ("lock" or "owner")))
            {
                var to = Path.Combine(copy, Path.GetRelativePath(from, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }

            await using var log = CityLog.Open(
                new LogOptions { Directory = copy, MemoryBytes = 64 * 1024, AlarmMemoryBytes = 64 * 1024, AlarmAcknowledgeOnCommit = true, MinimumFreeBytes = 0, ReserveBytes = 0 },
                TimeProvider.System);
            Take(log[Lane.Telemetry]);
            Take(log[Lane.Alarm]);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private void Take(LogLane lane)
    {
        ref var read = ref _read[(int)lane.Lane];
        Assert.True(lane.First <= read, $"{lane.Lane}: the log begins at {lane.First}, seen up to {read}");
        Torn += lane.TornBytes;
        using var reader = lane.OpenReader("ledger", lane.End with { Position = read });
        while (reader.TryRead(1 << 20, out var batch))
        {
            foreach (var frame in batch)
            {
                var lines = new LineReader(frame.Payload.ToArray());
                while (lines.Read())
                {
                    Take(ref lines);
                }
            }
        }

        read = reader.Cursor.Position;
    }

    private void Take(ref LineReader line)
    {
        Assert.True(line.NextTag(out _, out var tag));
        var device = Encoding.UTF8.GetString(tag);
        Assert.True(line.NextField(out var field));
        if (!Devices.TryGetValue(device, out var readings))
        {
            Devices.Add(device, readings = []);
        }

        Assert.True(line.HasTimestamp);
        readings.Add(new Logged(line.Timestamp, field.Type == LineFieldType.Integer ? field.Integer : field.Float));
        Count++;
    }
}
