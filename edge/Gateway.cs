using System.Text;
using SmartCity.City;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Commands;
using SmartCity.Edge.Enrolment;
using SmartCity.Edge.Uplink;
using SmartCity.Telemetry;

namespace SmartCity.Edge;

/// <summary>A gateway: what its devices measure goes into a durable log, and from there, in order, to the server.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    /// <summary>A line is a few hundred bytes; one that does not fit here is no reading.</summary>
    private const int LongestLine = 4_096;

    private readonly GatewayOptions _options;
    private readonly KindCatalog _kinds;
    private readonly TimeProvider _time;
    private readonly CityLog _log;
    private readonly LaneUplink _telemetry;
    private readonly LaneUplink _alarm;
    private readonly AlarmRoom _room;
    private readonly GatewayVoice _voice;
    private readonly Renewer _renewer;
    private readonly byte[] _name;
    private readonly byte[] _boot;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private int _stopped;

    private Gateway(GatewayOptions options, GatewayHooks hooks, TimeProvider time)
    {
        _options = options;
        _time = time;
        _kinds = hooks.Kinds ?? KindCatalog.BuiltIn;
        _name = Encoding.UTF8.GetBytes(options.Gateway);
        Clock = new EdgeClock(options.Clock, options.Directory, hooks.Evidence ?? new LinuxClockEvidence(), time, hooks.Notice);
        _boot = Encoding.ASCII.GetBytes(Clock.BootId);
        _log = CityLog.Open(
            new LogOptions
            {
                Directory = Path.Combine(options.Directory, "log"),
                MemoryBytes = options.MemoryBytes,
                AlarmMemoryBytes = options.MemoryBytes,
                SegmentBytes = options.SegmentBytes,
                AlarmSegmentBytes = options.AlarmSegmentBytes,
                BudgetBytes = options.BudgetBytes,
                AlarmBudgetBytes = options.AlarmBudgetBytes,
                ReserveBytes = options.ReserveBytes,
                MinimumFreeBytes = options.MinimumFreeBytes,
                AlarmAcknowledgeOnCommit = true,
                Overflow = LogOverflow.DropOldest,
                Dropped = lost => TellDropped(lost, hooks.Notice),
                WaiterCapacity = 16,
                Committer = hooks.Committer,
                Notice = hooks.Notice is { } notice ? n => notice($"{n.Lane} lane: {n.Text}") : null,
            },
            time);
        _room = new AlarmRoom(_log[Lane.Alarm], options.WaitingAlarms, text => hooks.Notice?.Invoke(text));
        var clients = new UplinkClients(options, time);
        _voice = new GatewayVoice(options, hooks, Clock, time);
        _telemetry = new LaneUplink(options, hooks, Statistics, _log[Lane.Telemetry], Clock, time)
        {
            MakeClient = server => clients.Make(server, options.Gateway, _voice.Will),
            MakeProbe = server => clients.Make(server, options.Gateway + ".probe", null),
            Prepared = _voice.Attach,
            GivesWay = () => _alarm!.IsUrgent,
        };
        _alarm = new LaneUplink(options, hooks, Statistics, _log[Lane.Alarm], Clock, time)
        {
            MakeClient = server => clients.Make(server, options.Gateway + ".alarm", null),
            MakeProbe = server => clients.Make(server, options.Gateway + ".probe", null),
        };
        _renewer = new Renewer(options, Clock, time, text => hooks.Notice?.Invoke(text))
        {
            Renewed = certificate =>
            {
                clients.Certificate = certificate;
                _telemetry.ConnectAnew();
                _alarm.ConnectAnew();
            },
        };
    }

    /// <summary>Its name.</summary>
    public string Name => _options.Gateway;

    /// <summary>What it has done.</summary>
    public GatewayStatistics Statistics { get; } = new();

    /// <summary>Whether it knows the time.</summary>
    public EdgeClock Clock { get; }

    /// <summary>The desired document in force.</summary>
    public DesiredDesk Desired => _voice.Desired;

    /// <summary>What the gateway reports of it.</summary>
    public ReportDesk Report => _voice.Report;

    /// <summary>Bytes logged on both lanes that no server has acknowledged.</summary>
    public long Backlog => _telemetry.Backlog + _alarm.Backlog;

    /// <summary>Bytes ever taken into the log, and those of them that are on disk; both lanes.</summary>
    public (long Appended, long Committed) LogPosition =>
        (_log[Lane.Telemetry].Appended + _log[Lane.Alarm].Appended, _log[Lane.Telemetry].Committed + _log[Lane.Alarm].Committed);

    /// <summary>The disk takes nothing at the moment: it is full, or it refuses. The log tries again by itself.</summary>
    public bool IsDiskRefusing => _log[Lane.Telemetry].Paused is PauseReason.DiskFree or PauseReason.DiskError || _log[Lane.Alarm].Paused is PauseReason.DiskFree or PauseReason.DiskError;

    /// <summary>Whether everything measured is acknowledged.</summary>
    public bool IsDrained => _telemetry.IsEmpty && _alarm.IsEmpty && _room.Count == 0;

    /// <summary>Whether both connections stand.</summary>
    public bool IsConnected => _telemetry.IsConnected && _alarm.IsConnected;

    /// <summary>Completes when the gateway is stopped; fails when its log can no longer be read.</summary>
    public Task Completion => _running;

    /// <summary>Opens the log and starts both uplinks.</summary>
    /// <exception cref="LogInUseException">Another gateway runs in this directory.</exception>
    /// <exception cref="LogDamagedException">The log is damaged; the message says where.</exception>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public static Gateway Start(GatewayOptions options, GatewayHooks hooks, TimeProvider time)
    {
        if (!Identifier.IsValid(options.Gateway))
        {
            throw new ArgumentException($"gateway '{options.Gateway}': 1 to 63 of a-z 0-9 - _", nameof(options));
        }

        if (options.Servers.Count == 0)
        {
            throw new ArgumentException("a gateway needs at least one server", nameof(options));
        }

        var gateway = new Gateway(options, hooks, time);
        gateway._running = gateway.RunAsync();
        return gateway;
    }

    /// <summary>Puts one reading of a device into the log, on the lane of its kind.</summary>
    /// <param name="kind">Name of the kind.</param>
    /// <param name="device">Identifier.</param>
    /// <param name="metrics">What was measured; NaN and null values are left out.</param>
    /// <param name="measuredAt">When. While the time is not known only its distance from now counts.</param>
    /// <returns>What became of it: only what is logged will arrive. Counted in <see cref="Statistics"/>.</returns>
    public MeasureResult Measure(string kind, string device, ReadOnlySpan<MetricValue> metrics, DateTimeOffset measuredAt)
    {
        var result = Clock.IsKnown
            ? TryMeasure(kind, device, metrics, measuredAt, 0)
            : TryMeasure(kind, device, metrics, null, Clock.Monotonic(_time.GetTimestamp()) - Nanoseconds(_time.GetUtcNow() - measuredAt));
        Statistics.Count(result);
        return result;
    }

    /// <summary>Puts one reading of a device into the log, measured at a stamp of the gateway's clock (<see cref="TimeProvider.GetTimestamp"/>).</summary>
    /// <inheritdoc cref="Measure(string, string, ReadOnlySpan{MetricValue}, DateTimeOffset)"/>
    public MeasureResult Measure(string kind, string device, ReadOnlySpan<MetricValue> metrics, long timestamp)
    {
        var result = TryMeasure(
            kind, device, metrics, Clock.IsKnown ? _time.GetUtcNow() - _time.GetElapsedTime(timestamp) : null, Clock.Monotonic(timestamp));
        Statistics.Count(result);
        return result;
    }

    /// <summary>The gateway serves other devices than before: the city is told.</summary>
    public void Announce(IReadOnlyList<string> devices) => _voice.Announce(devices);

    /// <summary>Stops taking, waits a little for the last acknowledgements, and closes; what is left is sent after the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        await DrainAsync(_options.StopPatience);
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _telemetry.Dispose();
        _alarm.Dispose();
        await _log.DisposeAsync();
        _voice.Dispose();
        Clock.Dispose();
        _stop.Dispose();
    }

    /// <summary>Completes when everything measured so far is on disk, whatever the link does.</summary>
    /// <exception cref="ObjectDisposedException">The gateway is stopped.</exception>
    public async Task FlushAsync(CancellationToken cancel)
    {
        await _log[Lane.Alarm].FlushAsync(cancel);
        await _log[Lane.Telemetry].FlushAsync(cancel);
    }

    /// <summary>Waits until everything measured is acknowledged; false when that takes longer.</summary>
    public async Task<bool> DrainAsync(TimeSpan patience)
    {
        var since = _time.GetTimestamp();
        while (!IsDrained && !_running.IsCompleted && _time.GetElapsedTime(since) < patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, CancellationToken.None);
        }

        return IsDrained;
    }

    private async Task RunAsync()
    {
        // One lane's end is the gateway's: the program above decides what then.
        var lanes = new[] { _telemetry.RunAsync(_stop.Token), _alarm.RunAsync(_stop.Token), _voice.RunAsync(_stop.Token), _renewer.RunAsync(_stop.Token), _room.RunAsync(Statistics.CountLogged, _stop.Token) };
        var first = await Task.WhenAny(lanes);
        await _stop.CancelAsync();
        await Task.WhenAll(lanes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>With the stamp, or, without one, as measured at a moment of the monotonic clock (ns) that becomes a stamp when it is sent.</summary>
    private MeasureResult TryMeasure(string kind, string device, ReadOnlySpan<MetricValue> metrics, DateTimeOffset? measuredAt, long monotonic)
    {
        if (_kinds.Find(kind) is not { } found || !Identifier.IsValid(device))
        {
            return MeasureResult.Invalid;
        }

        Span<byte> buffer = stackalloc byte[LongestLine];
        var length = ReadingLine.Write(buffer, found, device, metrics, measuredAt);
        if (length == 0)
        {
            return MeasureResult.Invalid;
        }

        var (flags, at, source) = measuredAt is null
            ? (FrameFlags.Monotonic, monotonic, _boot)
            : (FrameFlags.None, Nanoseconds(_time.GetUtcNow() - DateTimeOffset.UnixEpoch), _name);
        return found.Lane == Lane.Alarm ? _room.Add(flags, at, source, buffer[..length])
            : _log[Lane.Telemetry].TryAppend(flags, at, source, buffer[..length], null, 0, out _) ? MeasureResult.Logged
            : MeasureResult.NoRoom;
    }

    private void TellDropped(LogDropped lost, Action<string>? notice)
    {
        Statistics.CountDropped(lost.Frames);
        notice?.Invoke(lost.First == 0
            ? FormattableString.Invariant($"the disk for readings is used up: the {lost.Frames} oldest, from before the time was known, were given up")
            : FormattableString.Invariant($"the disk for readings is used up: the {lost.Frames} oldest, from {Moment(lost.First):O} to {Moment(lost.Last):O}, were given up"));

        static DateTimeOffset Moment(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
    }
}
