using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Ledger;

/// <summary>
/// Reads the telemetry lane for counters of energy, burning hours and switch-ons, and keeps the ledger. Its cursor stands behind what all meters have written;
/// after a crash it reads on from there, and each meter passes over what it has counted. It asks for the city's registry at each reading, retired devices too:
/// what they sent before they went is energy used.
/// </summary>
internal sealed partial class LedgerReader
{
    /// <summary>The name under which the log holds frames for it.</summary>
    public const string Name = "ledger";

    private const int BatchBytes = 256 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(0.5);

    private readonly LogLane _lane;
    private readonly LedgerBook _book;
    private readonly Func<RegistrySnapshot> _registry;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LedgerOptions _options;
    private readonly TimeZoneInfo _zone;
    private readonly NightClock _clock;
    private readonly MeterLines[] _lines;
    private readonly Dictionary<string, Meter> _meters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MeterSeat> _seats = new(IdentifierComparer.Instance);
    private readonly Dictionary<string, MeterSeat>.AlternateLookup<ReadOnlySpan<byte>> _seatsByUtf8;
    private readonly HashSet<Meter> _dirty = [];
    private readonly Backoff _backoff = new(new BackoffOptions());

    private RegistrySnapshot? _seen;
    private ILookup<string, string> _before = Array.Empty<string>().ToLookup(s => s, StringComparer.Ordinal);
    private MeterSeat? _last;
    private LogReader? _reader;
    private LedgerBook.Position? _position;
    private int _trimmed;
    private long _readings;
    private long _failures;
    private string? _trouble;

    /// <param name="lane">Telemetry.</param>
    /// <param name="book">Where the figures go.</param>
    /// <param name="registry">What stands where.</param>
    /// <param name="kinds">Kinds of device.</param>
    /// <param name="zone">The city's time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where trouble is said.</param>
    /// <param name="options">Bounds.</param>
    public LedgerReader(
        LogLane lane, LedgerBook book, Func<RegistrySnapshot> registry, KindCatalog kinds, TimeZoneInfo zone, TimeProvider time, ILogger logger, LedgerOptions? options = null)
    {
        (_lane, _book, _registry, _time, _logger, _zone, _options) = (lane, book, registry, time, logger, zone, options ?? new LedgerOptions());
        _clock = new NightClock(zone);
        _lines = [.. MeterKind.Of(kinds).Where(k => k.Kind.Lane == lane.Lane).Select(k => new MeterLines(k))];
        _seatsByUtf8 = _seats.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Bytes of the log that it has not read. What it has read and not written yet is at most two minutes' worth.</summary>
    public long Lag => _reader?.Lag ?? 0;

    /// <summary>Readings of counters taken since start.</summary>
    public long Readings => Volatile.Read(ref _readings);

    /// <summary>Times that the book refused figures; each was tried again.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Why it stands still; null when it does not.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <summary>Opens the reader, so that nothing of the log goes before it is counted, and reads the meters.</summary>
    public async Task OpenAsync(CancellationToken cancel)
    {
        foreach (var meter in await _book.LoadAsync(cancel))
        {
            _meters[meter.Device] = meter;
        }

        _position = await _book.LoadCursorAsync(_lane.End.LogId, _lane.Lane, cancel);
        try
        {
            _reader = _lane.OpenReader(Name, _position?.Cursor);
        }
        catch (LogCursorException e)
        {
            // Another log, or an older copy of this one: each meter knows by time what it has counted.
            LogCursorRefused(e.Message);
            _reader = _lane.OpenReader(Name);
        }

        // A server that joins others begins no other ledger than theirs.
        _position ??= new(
            _reader.Cursor, await _book.SpanAsync(cancel) is { Since: var since } ? since : _reader.Cursor.Position == 0 ? long.MinValue : _time.Nanoseconds(), 0);
    }

    /// <summary>Runs until cancelled; <see cref="OpenAsync"/> comes before.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var reader = _reader!;
        var written = _time.GetTimestamp();
        var behind = true;
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                var batch = await reader.ReadAsync(BatchBytes, Patience, cancel);
                Take(batch);

                // What a server that was away finds in the log is shown as soon as it is read.
                var caughtUp = behind && reader.CaughtUp;
                behind &= !caughtUp;
                if (caughtUp || _time.GetElapsedTime(written) >= _options.Every || reader.Cursor.Position - reader.Held >= _options.MaximumBytes)
                {
                    await UntilWrittenAsync(cancel);
                    written = _time.GetTimestamp();
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // What was not written is read again at the next start.
        }
        catch (ObjectDisposedException)
        {
            // The log or the book was closed under us, at shutdown.
        }
    }

    private void Take(LogBatch batch)
    {
        foreach (var frame in batch)
        {
            if ((frame.Flags & FrameFlags.Rejected) == 0)
            {
                Take(frame.Payload);
            }
        }
    }

    /// <summary>Counts the next frames that are there already; false when everything is read.</summary>
    public bool TakeNext(int maximumBytes)
    {
        if (!_reader!.TryRead(maximumBytes, out var batch))
        {
            return false;
        }

        Take(batch);
        return true;
    }

    /// <summary>Writes all that was counted; what another server has counted meanwhile is taken first.</summary>
    public async Task WriteMetersAsync(CancellationToken cancel)
    {
        while (await _book.WriteAsync(_dirty.Where(m => m.IsDirty), cancel) is { Count: > 0 } moved)
        {
            foreach (var (meter, row) in moved)
            {
                meter.Follow(row, _clock);
            }
        }

        _dirty.Clear();
    }

    /// <summary>Writes how far the log was read, when all that was counted is written, and lets go of it.</summary>
    public async Task WriteCursorAsync(CancellationToken cancel)
    {
        var cursor = _reader!.Cursor;
        _position = _position! with { Cursor = cursor, ReadTo = _time.Nanoseconds() };
        await _book.WriteCursorAsync(_position, cancel);
        _reader.Advance(cursor.Position);
        var tonight = _clock.At(_time.Nanoseconds()).Night;
        if (_trimmed != tonight)
        {
            await _book.TrimAsync(tonight, cancel);
            _trimmed = tonight;
        }
    }

    private async Task UntilWrittenAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await WriteMetersAsync(cancel);
                await WriteCursorAsync(cancel);
                _backoff.Reset();
                Volatile.Write(ref _trouble, null);
                return;
            }
            catch (BookEngineException e) when (e.Fault == BookFault.Away && _book.IsAway)
            {
                // Said where the book is watched; and it is tried again as soon as it is back.
                Interlocked.Increment(ref _failures);
                while (_book.IsAway)
                {
                    await Task.Delay(LookAgain, _time, cancel);
                }

                continue;
            }
            catch (BookException e)
            {
                Interlocked.Increment(ref _failures);
                Volatile.Write(ref _trouble, e.Message);
                LogStopped(e.Message);
            }

            await Task.Delay(_backoff.Next(), _time, cancel);
        }
    }

    // Without strings every newline ends a line, and a line of another kind need not be read at all.
    private void Take(ReadOnlySpan<byte> payload)
    {
        var registry = _registry();
        if (payload.Contains((byte)'"'))
        {
            TakeLines(payload, registry);
            return;
        }

        while (!payload.IsEmpty)
        {
            if (LinesOf(payload) is not null)
            {
                payload = payload[TakeRun(payload, registry)..];
                continue;
            }

            var end = payload.IndexOf((byte)'\n');
            payload = end < 0 ? default : payload[(end + 1)..];
        }
    }

    private MeterLines? LinesOf(ReadOnlySpan<byte> line)
    {
        foreach (var lines in _lines)
        {
            if (lines.IsOf(line))
            {
                return lines;
            }
        }

        return null;
    }

    private void TakeLines(ReadOnlySpan<byte> payload, RegistrySnapshot registry)
    {
        var lines = new LoggedLines(payload);
        while (lines.Read())
        {
            Take(ref lines, registry);
        }
    }

    // Lines of kinds that count, until one of another kind; how far that is.
    private int TakeRun(ReadOnlySpan<byte> payload, RegistrySnapshot registry)
    {
        var lines = new LoggedLines(payload);
        do
        {
            if (!lines.Read())
            {
                return payload.Length;
            }

            Take(ref lines, registry);
        }
        while (LinesOf(payload[lines.Consumed..]) is not null);

        return lines.Consumed;
    }

    private void Take(ref LoggedLines line, RegistrySnapshot registry)
    {
        if (line.Error != LineError.None || !line.HasTimestamp || SeatOf(line, registry) is not { Place: { } place } seat || !seat.Lines.Read(ref line, out var sample))
        {
            return;
        }

        if (!seat.Meter.IsDirty)
        {
            _dirty.Add(seat.Meter);
        }

        seat.Meter.Take(sample, place, _clock);
        Volatile.Write(ref _readings, _readings + 1);
    }

    private MeterSeat? SeatOf(in LoggedLines line, RegistrySnapshot registry)
    {
        var seat = _last?.Follower;
        if (seat is null || !line.Series.SequenceEqual(seat.Series))
        {
            if (!_seatsByUtf8.TryGetValue(line.Device, out seat) || !line.Series.SequenceEqual(seat.Series))
            {
                seat = NewSeat(line, registry);
            }

            if (_last is { } last && seat is not null)
            {
                last.Follower = seat;
            }
        }

        _last = seat ?? _last;
        if (seat is not null && !ReferenceEquals(seat.Seen, registry))
        {
            Ask(seat, registry);
        }

        return seat;
    }

    private MeterSeat? NewSeat(in LoggedLines line, RegistrySnapshot registry)
    {
        if (LinesOf(line.Series) is not { } lines || registry.Devices.Find(line.Device) is not { } entry || entry.Row.Kind != lines.Kind.Kind.Name)
        {
            return null;
        }

        return _seats[entry.Row.Id] = new MeterSeat(line.Series.ToArray(), lines, MeterOf(entry));
    }

    // A device out of service still counts; one that is another kind now does not.
    private void Ask(MeterSeat seat, RegistrySnapshot registry)
    {
        var entry = registry.Devices.Find(seat.Meter.Device);
        var info = entry?.Row.Kind == seat.Lines.Kind.Kind.Name ? entry.Info : null;
        if (!ReferenceEquals(info, seat.Info))
        {
            seat.Place = info is null ? null : new MeterPlace(seat.Lines.Kind, MeterKind.RatedWatts(info.Thresholds), new LampPlace(_zone, info.Latitude, info.Longitude));
        }

        (seat.Seen, seat.Info) = (registry, info);
    }

    private Meter MeterOf(DeviceEntry entry)
    {
        if (_meters.TryGetValue(entry.Row.Id, out var meter))
        {
            return meter;
        }

        _meters[entry.Row.Id] = meter = new Meter(entry.Row.Id);
        Look();
        var last = _before[entry.Row.Id].Select(old => _meters.TryGetValue(old, out var was) ? Math.Max(was.Energy.At, Math.Max(was.Hours.At, was.State.PowerAt)) : 0).DefaultIfEmpty().Max();
        if (last > 0)
        {
            meter.TakeOver(last);
            _dirty.Add(meter);
        }

        return meter;
    }

    // A new registry: who stood before whom is worked out anew, once it is asked for.
    private void Look()
    {
        var current = _registry();
        if (!ReferenceEquals(current, _seen))
        {
            _seen = current;
            _before = current.Devices.Values.Where(e => e.Row.ReplacedBy is not null).ToLookup(e => e.Row.ReplacedBy!, e => e.Row.Id, StringComparer.Ordinal);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Energy and burning hours are not being written: {Reason}. They wait in the log, and it is tried again.")]
    private partial void LogStopped(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger of energy reads the log from its oldest frame, because its cursor does not fit: {Reason}")]
    private partial void LogCursorRefused(string reason);
}
