using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Text;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Intake;

/// <summary>Memory for taking one publish: the canonical lines of the frame being filled, and the bad lines.</summary>
/// <remarks>Lines with the same lane and flags share a frame. A frame is held back until it is known whether another follows, because
/// the last one carries the waiter.</remarks>
internal sealed class Workspace(KindCatalog kinds)
{
    // A frame holds at most this many bytes of lines; the longest single line is bounded by the largest packet or request line.
    internal const int FrameBytes = 256 * 1024;
    private const int MaximumGrowth = 64;

    private byte[] _frame = new byte[16 * 1024];
    private byte[] _flat = [];
    private byte[] _fields = new byte[1024];
    private readonly List<Rejection> _rejections = [];
    private readonly Dictionary<DeviceKind, KindPlan> _plans = [];
    private bool _isWhole;
    private CityLog _log = null!;
    private IntakeSource _source = null!;
    private FrameFlags _base;
    private int _used;
    private int _fieldBytes;
    private FrameFlags _flags;
    private Lane _lane;
    private IntakeOutcome _full;
    private ILogWaiter? _waiter;
    private long _token;

    public long ReceivedAt { get; private set; }

    public int Lines { get; private set; }

    public int TagsIgnored { get; set; }

    public int ArrivalStamped { get; set; }

    public int Unlisted { get; private set; }

    public IReadOnlyList<Rejection> Rejections => _rejections;

    /// <summary>Devices to be registered before these lines can be taken.</summary>
    public List<UnknownDevice> Unknown { get; } = [];

    public bool MayRegister { get; set; }

    public bool HasRoom => _full == IntakeOutcome.Taken;

    public bool HasFields => _fieldBytes > 0;

    /// <summary>The kind of the last line, as its next one is expected to look; null before the first.</summary>
    public KindPlan? Plan { get; private set; }

    /// <summary>The payload as one span: itself when it lies in one piece, else copied together.</summary>
    public ReadOnlySpan<byte> Contiguous(in ReadOnlySequence<byte> payload)
    {
        if (payload.IsSingleSegment)
        {
            return payload.FirstSpan;
        }

        var length = checked((int)payload.Length);
        if (_flat.Length < length)
        {
            _flat = new byte[BitOperations.RoundUpToPowerOf2((uint)length)];
        }

        payload.CopyTo(_flat);
        return _flat.AsSpan(0, length);
    }

    public void Begin(CityLog log, IntakeSource source, long receivedAt, FrameFlags flags, ILogWaiter? waiter, long token)
    {
        _waiter = waiter;
        _token = token;
        _log = log;
        _source = source;
        _base = flags;
        _used = 0;
        _isWhole = false;
        _full = IntakeOutcome.Taken;
        _rejections.Clear();
        Unknown.Clear();
        ReceivedAt = receivedAt;
        Lines = 0;
        TagsIgnored = 0;
        ArrivalStamped = 0;
        Unlisted = 0;
    }

    public void Reject(ref LineReader reader, string reason, int column, string detail, ReadOnlySpan<byte> device = default) =>
        Reject(reader.LineNumber, reason, column, detail, reader.Line, device.IsEmpty ? null : Encoding.UTF8.GetString(device));

    public void Reject(int lineNumber, string reason, int column, string detail, ReadOnlySpan<byte> line, string? device)
    {
        if (_rejections.Count >= QuarantineRecord.MaximumLines)
        {
            Unlisted++;
            return;
        }

        _rejections.Add(new Rejection(lineNumber, reason, column, detail, QuarantineRecord.Excerpt(line), device));
    }

    public void AddUnknown(ReadOnlySpan<byte> id, string kind, IntakeSource source) =>
        Unknown.Add(new UnknownDevice(Encoding.UTF8.GetString(id), kind, source.IsHttp ? null : Encoding.UTF8.GetString(source.Name)));

    public void BeginFields() => _fieldBytes = 0;

    /// <summary>Writes a field in its kind's one type; false when it cannot be that type without loss.</summary>
    public bool TryWrite(Metric metric, in LineField field, out double number)
    {
        number = metric.Minimum;
        var worst = metric.NameUtf8.Length + field.Raw.Length + MaximumGrowth;
        if (_fields.Length - _fieldBytes < worst)
        {
            Array.Resize(ref _fields, Math.Max(_fields.Length * 2, _fieldBytes + worst));
        }

        var to = _fields.AsSpan(_fieldBytes);
        var at = 0;
        to[at++] = _fieldBytes == 0 ? (byte)' ' : (byte)',';
        metric.NameUtf8.Span.CopyTo(to[at..]);
        at += metric.NameUtf8.Length;
        to[at++] = (byte)'=';
        if (!FieldValue.TryWrite(metric.Type, field, to[at..], out var written, out number))
        {
            return false;
        }

        _fieldBytes += at + written;
        return true;
    }

    /// <summary>Finds the kind of a line by its measurement and makes it the expected one; null when there is none.</summary>
    public KindPlan? PlanOf(ReadOnlySpan<byte> measurement)
    {
        if (kinds.Find(measurement) is not { } kind)
        {
            return null;
        }

        if (!_plans.TryGetValue(kind, out var plan))
        {
            _plans[kind] = plan = new KindPlan(kind);
        }

        return Plan = plan;
    }

    /// <summary>Adds lines that stand in the text as they are to stand in the log.</summary>
    /// <param name="lane">Theirs.</param>
    /// <param name="lines">At most a frame of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="whole">They are the whole text, which need not be copied then.</param>
    public void Take(Lane lane, ReadOnlySpan<byte> lines, int count, bool whole)
    {
        if (_used > 0 && (_flags != _base || lane != _lane || _used + lines.Length >= FrameBytes))
        {
            Append(last: false);
            if (!HasRoom)
            {
                return;
            }
        }

        _flags = _base;
        _lane = lane;
        Lines += count;
        if (whole && lines[^1] == '\n')
        {
            _isWhole = true;
            return;
        }

        if (_frame.Length - _used <= lines.Length)
        {
            Array.Resize(ref _frame, Math.Max(_frame.Length * 2, _used + lines.Length + 1));
        }

        lines.CopyTo(_frame.AsSpan(_used));
        _used += lines.Length;
        if (lines[^1] != '\n')
        {
            _frame[_used++] = (byte)'\n';
        }
    }

    /// <summary>Adds the finished line to the frame that fits it.</summary>
    public void Emit(DeviceKind kind, ReadOnlySpan<byte> id, long measuredAt, FrameFlags flags)
    {
        var length = kind.NameUtf8.Length + 8 + id.Length + _fieldBytes + 22;
        flags |= _base;
        if (_used > 0 && (flags != _flags || kind.Lane != _lane || _used + length > FrameBytes))
        {
            Append(last: false);
            if (!HasRoom)
            {
                return;
            }
        }

        if (_frame.Length - _used < length)
        {
            Array.Resize(ref _frame, Math.Max(_frame.Length * 2, _used + length));
        }

        _flags = flags;
        _lane = kind.Lane;
        var to = _frame.AsSpan(_used);
        var at = Put(to, 0, kind.NameUtf8.Span);
        at = Put(to, at, ",device="u8);
        at = Put(to, at, id);
        at = Put(to, at, _fields.AsSpan(0, _fieldBytes));
        to[at++] = (byte)' ';
        Utf8Formatter.TryFormat(measuredAt, to[at..], out var digits);
        at += digits;
        to[at++] = (byte)'\n';
        _used += at;
        Lines++;
    }

    /// <summary>Appends what is left, the waiter behind the last frame.</summary>
    public IntakeOutcome Finish(ReadOnlySpan<byte> text)
    {
        if (!HasRoom)
        {
            return _full;
        }

        if (_isWhole)
        {
            Append(_lane, _flags, text, last: true);
            return _full;
        }

        if (Unknown.Count > 0)
        {
            return IntakeOutcome.UnknownDevices;
        }

        if (_rejections.Count == 0)
        {
            if (_used == 0)
            {
                return IntakeOutcome.Nothing;
            }

            Append(last: true);
            return _full;
        }

        // Bad lines go where their good neighbours went, so that one acknowledgement covers both.
        var lane = _source.Lane ?? (_used > 0 ? _lane : Lane.Telemetry);
        if (_used > 0)
        {
            Append(last: false);
        }

        var payloads = QuarantineRecord.Encode(_rejections).ToList();
        for (var i = 0; i < payloads.Count && HasRoom; i++)
        {
            Append(lane, FrameFlags.Rejected | _base, payloads[i], i == payloads.Count - 1);
        }

        return _full;
    }

    private void Append(bool last)
    {
        Append(_lane, _flags, _frame.AsSpan(0, _used), last);
        _used = 0;
    }

    private void Append(Lane lane, FrameFlags flags, ReadOnlySpan<byte> payload, bool last)
    {
        // A request over HTTP may fill frames of both lanes, so it waits for each of them.
        var many = _waiter as ManyFrames;
        many?.Expect();
        var waiter = last || many is not null ? _waiter : null;
        if (!_log[lane].TryAppend(flags, ReceivedAt, _source.Name, payload, waiter, _token, out _))
        {
            _full = lane == Lane.Alarm ? IntakeOutcome.NoAlarmRoom : IntakeOutcome.NoTelemetryRoom;
        }
    }

    private static int Put(Span<byte> to, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(to[at..]);
        return at + bytes.Length;
    }
}
