using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Readers;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Readers;

/// <summary>The reader of the alarm lane while its book is away.</summary>
public sealed class GrainReaderTests : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grain-reader-");
    private readonly CancellationTokenSource _stop = new();
    private readonly Book _book = new();
    private readonly Waiter _waiter = new();
    private readonly Said _said = new();
    private readonly CityLog _log;
    private readonly EmbeddedHost _host;
    private readonly GrainReader _reader;
    private Task _running = Task.CompletedTask;

    public GrainReaderTests()
    {
        _log = CityLog.Open(
            new LogOptions { Directory = _directory.FullName, ReserveBytes = 0, MinimumFreeBytes = 0, MemoryBytes = 1 << 20, AlarmMemoryBytes = 1 << 20 }, TimeProvider.System);
        _host = new EmbeddedHost(Lane.Alarm, KindCatalog.BuiltIn, new City(), _book, TimeProvider.System, sessions: new Everything());
        _reader = new GrainReader(_log[Lane.Alarm], _host, TimeProvider.System, _said, goesOn: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _log.DisposeAsync();
        _stop.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Judges_on_while_the_book_is_away_and_acknowledges_when_it_has_all()
    {
        _book.IsAway = true;
        _running = _reader.RunAsync(_stop.Token);
        await AppendAsync(1, "loop_state=1i", "d1");
        await _book.NextAsync(c => c.Changes.Count == 1);
        await AppendAsync(2, "loop_state=1i", "d2");
        var tried = await _book.NextAsync(c => c.Changes.Any(s => s.Kind == "fire"));
        Assert.Equal(tried.Changes, _host.Pending);
        Assert.Empty(_waiter.Tokens);
        await _book.NextAsync(c => c.Changes.Count > 0);
        Assert.NotNull(_reader.Trouble);
        Assert.Single(_said.Lines); // tried three times

        _book.IsAway = false;
        await _waiter.UpToAsync(2);
        Assert.Equal([1, 2], _waiter.Tokens);
        Assert.Empty(_host.Pending);
        Assert.Equal(2, _said.Lines.Count); // recorded again
        Assert.Equal(["fire-prealarm", "fire-prealarm", "fire"], Assert.Single(_book.Done, c => c.Changes.Count > 0).Changes.Select(c => c.Kind));
    }

    [Fact]
    public async Task With_as_much_as_may_wait_it_stands_and_goes_on_when_the_book_is_back()
    {
        var host = new EmbeddedHost(Lane.Alarm, KindCatalog.BuiltIn, new City(), _book, TimeProvider.System, new HostOptions { MaximumPending = 2 }, new Everything());
        var reader = new GrainReader(_log[Lane.Alarm], host, TimeProvider.System, _said, goesOn: true);
        _book.IsAway = true;
        _running = reader.RunAsync(_stop.Token);
        await AppendAsync(1, "loop_state=1i", "d1");
        for (var tries = 0; tries < 5; tries++)
        {
            await _book.NextAsync(c => c.Changes.Count == 1); // from one to the next it is longer each time
        }

        await AppendAsync(2, "loop_state=1i", "d2");
        while (reader.Lag > 0)
        {
            await Task.Yield();
        }

        await AppendAsync(3, "loop_state=0i", "d1");
        await Task.WhenAny(_book.NextAsync(c => c.Changes.Count > 1), _running);
        Assert.False(_running.IsCompleted);
        _book.IsAway = false;
        await Task.WhenAny(_waiter.UpToAsync(3), _running).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.False(_running.IsCompleted);
    }

    [Fact]
    public async Task Nothing_is_said_to_be_saved_before_the_book_has_it()
    {
        _running = _reader.RunAsync(_stop.Token);
        await AppendAsync(1, "loop_state=0i", "d1"); // nothing to be said of it: only a checkpoint saves it
        await _waiter.UpToAsync(1);
        _book.IsAway = true;
        var saving = _reader.SaveAsync(TestContext.Current.CancellationToken);
        await AppendAsync(2, "loop_state=0i", "d2"); // wakes the reader
        await _book.NextAsync(c => c.Cursor is not null);
        await _book.NextAsync(c => c.Cursor is not null);
        Assert.False(saving.IsCompleted);

        _book.IsAway = false;
        await saving;
        Assert.Contains(_book.Done, c => c.Cursor is not null);
    }

    [Fact]
    public async Task What_is_another_servers_is_refused_before_anything_is_acknowledged()
    {
        var refused = new List<(string Gateway, int Acknowledged)>();
        _reader.Refused = gateway => refused.Add((gateway, _waiter.Tokens.Count));
        _running = _reader.RunAsync(_stop.Token);
        _book.Lost = "g1";
        await AppendAsync(1, "loop_state=1i", "d1");
        await _waiter.UpToAsync(1);
        Assert.Equal([("g1", 0)], refused);
        Assert.DoesNotContain(_book.Done, c => c.Changes.Count > 0);
    }

    private async Task AppendAsync(long token, string fields, string device)
    {
        var at = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
        var line = string.Create(CultureInfo.InvariantCulture, $"fire_detector,device={device} {fields} {at}\n");
        Assert.True(_log[Lane.Alarm].TryAppend(FrameFlags.None, at, "g1"u8, Encoding.UTF8.GetBytes(line), _waiter, token, out _));
        await _log[Lane.Alarm].FlushAsync();
    }

    private sealed class Book : IGrainBook
    {
        private readonly Channel<GrainCommit> _tried = Channel.CreateUnbounded<GrainCommit>();

        public volatile bool IsAway;

        public volatile string? Lost;

        public List<GrainCommit> Done { get; } = [];

        public Task<GrainLoad> LoadAsync(Lane lane, CancellationToken cancel) => Task.FromResult(new GrainLoad(null, []));

        public Task<IReadOnlyList<GrainSnapshot>> ReadAsync(Lane lane, IReadOnlyList<string> grains, CancellationToken cancel) => Task.FromResult<IReadOnlyList<GrainSnapshot>>([]);

        public Task CommitAsync(GrainCommit commit, CancellationToken cancel)
        {
            _tried.Writer.TryWrite(commit);
            if (commit.Holds.Where(h => h.Gateway == Lost).ToList() is { Count: > 0 } lost)
            {
                throw new GrainsMovedException(lost, [], 0);
            }

            if (IsAway)
            {
                throw new IOException("away");
            }

            Done.Add(commit);
            return Task.CompletedTask;
        }

        public async Task<GrainCommit> NextAsync(Func<GrainCommit, bool> which)
        {
            await foreach (var commit in _tried.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                if (which(commit))
                {
                    return commit;
                }
            }

            throw new InvalidOperationException();
        }
    }

    private sealed class Said : ILogger<GrainReader>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add(formatter(state, exception));
    }

    private sealed class City : IDeviceDirectory
    {
        private readonly Dictionary<string, DeviceInfo> _devices = new[] { "d1", "d2" }.ToDictionary(id => id, id => new DeviceInfo(id, "fire_detector", "hall", "g1"), StringComparer.Ordinal);

        public object Version => this;

        public IReadOnlyList<DeviceInfo> InService => [.. _devices.Values];

        public DeviceInfo? Find(ReadOnlySpan<byte> deviceId) => _devices.GetValueOrDefault(Encoding.UTF8.GetString(deviceId));

        public ZoneInfo? FindZone(string id) => null;
    }

    private sealed class Everything : IGrainSessions
    {
        public long EpochOf(string gateway, Lane lane) => 1;

        public IReadOnlyList<string> Held(Lane lane) => [];
    }

    private sealed class Waiter : ILogWaiter
    {
        private readonly Channel<long> _told = Channel.CreateUnbounded<long>();

        public List<long> Tokens { get; } = [];

        public void Durable(long token)
        {
            Tokens.Add(token);
            _told.Writer.TryWrite(token);
        }

        public async Task UpToAsync(long token)
        {
            while (await _told.Reader.ReadAsync(TestContext.Current.CancellationToken) != token)
            {
            }
        }
    }
}
