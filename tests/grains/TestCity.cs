using System.Globalization;
using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Grains.Tests;

/// <summary>A log, a book, a registry and a clock around one host, which can be killed and started again.</summary>
internal sealed class TestCity
{
    public const long Second = 1_000_000_000;

    private readonly List<(LogCursor End, FrameFlags Flags, long ReceivedAt, byte[] Payload)> _log = [];
    private readonly Guid _logId = Guid.NewGuid();
    private readonly Lane _lane;
    private readonly HostOptions _options;

    public TestCity(Lane lane = Lane.Alarm, HostOptions? options = null)
    {
        _lane = lane;
        _options = options ?? new HostOptions();
        Host = NewHost();
    }

    public TestBook Book { get; } = new();

    public TestDirectory Directory { get; } = new();

    public FakeTime Time { get; } = new();

    public EmbeddedHost Host { get; private set; }

    public long Now => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>Lines with times in seconds before now (0) or ns (an absolute stamp).</summary>
    public static string Line(string kind, string device, string fields, long at) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind},device={device} {fields} {at}\n");

    public void Append(string lines, FrameFlags flags = FrameFlags.None)
    {
        var payload = Encoding.UTF8.GetBytes(lines);
        var start = _log.Count == 0 ? 0 : _log[^1].End.Position;
        _log.Add((new LogCursor(_logId, _lane, start + 32 + payload.Length), flags, Now, payload));
    }

    /// <summary>The host reads what it has not read yet.</summary>
    public void Read()
    {
        var from = Host.Position?.Position ?? Host.Cursor?.Position ?? 0;
        foreach (var (end, flags, receivedAt, payload) in _log.Where(f => f.End.Position > from))
        {
            Host.ApplyFrame(end, flags, receivedAt, payload);
        }
    }

    public async Task SendAsync(string lines, FrameFlags flags = FrameFlags.None)
    {
        Append(lines, flags);
        Read();
        await CommitAsync();
    }

    /// <summary>Commits, and again when the book fails, as the host's caller does.</summary>
    public async Task CommitAsync()
    {
        while (true)
        {
            try
            {
                await Host.CommitAsync(default);
                return;
            }
            catch (IOException)
            {
                // the next try
            }
        }
    }

    public Task CommitOnceAsync() => Host.CommitAsync(default).AsTask();

    public async Task TickAsync(TimeSpan later, bool caughtUp = true)
    {
        Time.Advance(later);
        try
        {
            await Host.TickAsync(caughtUp, default);
        }
        catch (IOException)
        {
            await CommitAsync();
        }
    }

    /// <summary>The process dies: what was not committed is gone. A new one loads the book and reads on from its cursor.</summary>
    public async Task RestartAsync(bool read = true)
    {
        Host = NewHost();
        await Host.LoadAsync(default);
        if (read)
        {
            Read();
            await Host.TickAsync(caughtUp: false, default);
        }
    }

    private EmbeddedHost NewHost() => new(_lane, KindCatalog.BuiltIn, Directory, Book, Time, _options);
}
