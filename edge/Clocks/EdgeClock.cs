using SmartCity.Edge.Uplink;

namespace SmartCity.Edge.Clocks;

/// <summary>
/// Whether this machine knows the time. A Raspberry Pi has no clock that runs while it is off, so after a start without a network
/// the wall clock is some moment of the past. The time is known when the kernel says that a time service has set it; when the
/// kernel set it by a real-time clock that agrees with it, is not before this program was made and not before the last moment at
/// which the time was known; when a technician set it (<c>set-time</c>) since the machine was started; or when the configuration
/// says <c>clock: trusted</c>. Once known it stays known until the next start: a crystal drifts seconds a week, not hours.
/// </summary>
/// <remarks>Stamps of <see cref="TimeProvider.GetTimestamp"/> are CLOCK_MONOTONIC on Linux: they run on over a restart of the
/// program, and begin again with the machine. A gateway does not sleep, so that clock misses nothing.</remarks>
internal sealed class EdgeClock : IDisposable
{
    /// <summary>No real-time clock that was right shows less: the year this program was made.</summary>
    public static readonly DateTimeOffset Earliest = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How often evidence is looked for while the time is unknown.</summary>
    public static readonly TimeSpan SearchInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often the known time is compared with the monotonic clock.</summary>
    public static readonly TimeSpan WatchInterval = TimeSpan.FromMinutes(1);

    /// <summary>A wall clock that moved by more than this against the monotonic one was set: a time service that corrects the rate
    /// moves it by 0.03 s a minute at most (500 ppm).</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(2);

    /// <summary>The real-time clock counts whole seconds and is read a moment later.</summary>
    private static readonly TimeSpan Agreement = TimeSpan.FromSeconds(5);

    /// <summary>Name of the file of what is remembered of time.</summary>
    internal const string TableFile = "clock";

    /// <summary>Name of the file by which a person says that the clock is right.</summary>
    internal const string MarkFile = "clock.confirmed";


    private readonly Lock _gate = new();
    private readonly ClockMode _mode;
    private readonly string _directory;
    private readonly ClockEvidence _evidence;
    private readonly TimeProvider _time;
    private readonly Action<string>? _notice;
    private readonly BootTable _table;
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;
    private long _offset;
    private long _steps;
    private bool _isKnown;
    private bool _failureTold;

    /// <summary>A clock whose memory lies in <paramref name="directory"/> (made when absent); it looks for evidence at once.</summary>
    public EdgeClock(ClockMode mode, string directory, ClockEvidence evidence, TimeProvider time, Action<string>? notice)
    {
        _mode = mode;
        _directory = directory;
        _evidence = evidence;
        _time = time;
        _notice = notice;
        Directory.CreateDirectory(directory);
        _table = new BootTable(Path.Combine(directory, TableFile));
        BootId = evidence.BootId;
        _timer = time.CreateTimer(static clock => ((EdgeClock)clock!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Check();
        if (!IsKnown)
        {
            notice?.Invoke("the time is not known: readings wait for it, alarms go out without a stamp. It comes by network (NTP) or by 'smartcity-edge set-time'");
        }
    }

    /// <summary>Whether the time is known.</summary>
    public bool IsKnown => Volatile.Read(ref _isKnown);

    /// <summary>Why it is, in words; empty while it is not.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>This start of the machine.</summary>
    public string BootId { get; }

    /// <summary>How often the wall clock was set while the time was known.</summary>
    public long Steps => Volatile.Read(ref _steps);

    /// <summary>Completes when the time is known.</summary>
    public Task Known => _known.Task;

    /// <summary>The time became known. Called once, on the timer's thread; must be quick.</summary>
    public event Action? BecameKnown;

    /// <summary>Says that a person has set this machine's clock: holds until its next start. A running gateway sees it within a second.</summary>
    /// <param name="directory">The gateway's data directory.</param>
    /// <param name="evidence">This machine; null for the Linux it runs on.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Confirm(string directory, ClockEvidence? evidence = null)
    {
        Directory.CreateDirectory(directory);
        SmallFile.Write(Path.Combine(directory, MarkFile), (evidence ?? new LinuxClockEvidence()).BootId + "\n");
    }

    /// <summary>Whether a person has set the clock since this start of the machine.</summary>
    /// <param name="directory">The gateway's data directory.</param>
    /// <param name="evidence">This machine.</param>
    public static bool IsConfirmed(string directory, ClockEvidence evidence)
    {
        var path = Path.Combine(directory, MarkFile);
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() == evidence.BootId;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>A stamp as nanoseconds of the monotonic clock.</summary>
    public long Monotonic(long stamp) =>
        _time.TimestampFrequency == 1_000_000_000 ? stamp : (long)((Int128)stamp * 1_000_000_000 / _time.TimestampFrequency);

    /// <summary>Wall clock minus monotonic clock of a start of the machine, ns; null while, or for ever, unknown.</summary>
    /// <param name="boot">A <see cref="BootId"/> as ASCII.</param>
    /// <param name="never">No waiting will help: that start is over and its time never became known.</param>
    public long? Offset(ReadOnlySpan<byte> boot, out bool never)
    {
        var current = System.Text.Ascii.Equals(boot, BootId);
        lock (_gate)
        {
            var offset = _table.Offset(boot);
            if (offset is null && current && _isKnown)
            {
                // Only a trusted clock has not written it down yet: it does so when the first reading asks for it.
                offset = TryRemember() ? _table.Offset(boot) : null;
            }

            never = offset is null && !current;
            return offset;
        }
    }

    /// <summary>A stamp by the time of day, Unix ns, as the lines of this start of the machine are stamped; null while the time is not known.</summary>
    public long? TimeOfDay(long stamp) => Offset(System.Text.Encoding.ASCII.GetBytes(BootId), out _) + Monotonic(stamp);

    /// <summary>Looks for evidence, or, once known, whether the clock was set. Called by its timer.</summary>
    public void Check()
    {
        var became = false;
        lock (_gate)
        {
            var offset = Nanoseconds(_time.GetUtcNow()) - Monotonic(_time.GetTimestamp());
            if (_isKnown)
            {
                Watch(offset);
            }
            else if (Judge() is { } reason && (_mode == ClockMode.Trusted || TryRemember()))
            {
                became = true;
                _offset = offset;
                Reason = reason;
                Volatile.Write(ref _isKnown, true);
            }
        }

        var next = IsKnown ? WatchInterval : SearchInterval;
        _timer.Change(next, Timeout.InfiniteTimeSpan);
        if (became)
        {
            if (_mode == ClockMode.Auto)
            {
                _notice?.Invoke($"the time is known: {Reason}");
            }

            _known.SetResult();
            BecameKnown?.Invoke();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private static long Nanoseconds(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Why the time is known; null when nothing says so.</summary>
    private string? Judge()
    {
        if (_mode == ClockMode.Trusted)
        {
            return "the configuration trusts the clock";
        }

        if (_table.Offset(System.Text.Encoding.ASCII.GetBytes(BootId)) is not null)
        {
            return "it was known before in this start of the machine";
        }

        if (_evidence.IsSynchronised)
        {
            return "a time service has set the clock";
        }

        if (IsConfirmed(_directory, _evidence))
        {
            return "a technician has set the clock";
        }

        var now = _time.GetUtcNow();
        return _evidence.RealTimeClock is { } rtc && (now - rtc).Duration() <= Agreement && now >= Earliest && Nanoseconds(now) >= _table.LastKnown
            ? "the real-time clock kept it"
            : null;
    }

    private void Watch(long offset)
    {
        var moved = TimeSpan.FromTicks((offset - _offset) / TimeSpan.NanosecondsPerTick);
        _offset = offset;
        if (moved.Duration() > Step)
        {
            Interlocked.Increment(ref _steps);
            _notice?.Invoke(FormattableString.Invariant($"the clock was set {(moved > TimeSpan.Zero ? "forward" : "back")} by {moved.Duration().TotalSeconds:0.0} s; readings made before keep the stamps they had"));
        }

        if (_mode == ClockMode.Auto)
        {
            Try(() => _table.Save(Nanoseconds(_time.GetUtcNow())));
        }
    }

    private bool TryRemember()
    {
        var now = Nanoseconds(_time.GetUtcNow());
        return _table.Offset(System.Text.Encoding.ASCII.GetBytes(BootId)) is not null
            || Try(() => _table.Add(BootId, now - Monotonic(_time.GetTimestamp()), now));
    }

    private bool Try(Action write)
    {
        try
        {
            write();
            _failureTold = false;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Tried again at the next look. No reading is stamped by an offset that a crash could take away.
            if (!_failureTold)
            {
                _failureTold = true;
                _notice?.Invoke($"the clock's memory could not be written: {e.Message}");
            }

            return false;
        }
    }
}
