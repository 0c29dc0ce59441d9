using System.Buffers;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Intake;

/// <summary>What became of one publish or request.</summary>
internal enum IntakeOutcome
{
    /// <summary>In the log's memory; the waiter is called once it is acknowledged.</summary>
    Taken,

    /// <summary>There was nothing to store; the waiter will not be called.</summary>
    Nothing,

    /// <summary>The telemetry lane has no room: wait for it, then hand in the same bytes again.</summary>
    NoTelemetryRoom,

    /// <summary>The alarm lane has no room.</summary>
    NoAlarmRoom,

    /// <summary>Open mode: register <see cref="Intake.Unknown"/> first, then hand in the same bytes again.</summary>
    UnknownDevices,
}

/// <summary>Checks lines against registry and kinds, rewrites the good ones in canonical form and appends them to the log;
/// the bad ones follow them into the same log as quarantine records, so that both are durable before PUBACK.</summary>
/// <remarks>Thread-safe: every call borrows working memory of its own. Allocates nothing for good lines.</remarks>
internal sealed class Intake(KindCatalog kinds, IDeviceDirectory registry, CityLog log, IntakeMetrics metrics, TimeProvider time)
{
    /// <summary>How far ahead of the server a telemetry line may be stamped (CONTRACTS, "Time").</summary>
    public static readonly TimeSpan MaximumAhead = TimeSpan.FromMinutes(5);

    // An alarm from the future would make the next ones look late until its time has come: it gets the time of arrival, and the fault beside it.
    internal static readonly TimeSpan AlarmAhead = TimeSpan.FromSeconds(5);

    // A gateway that booted without a clock says 1970: nothing measured for this city can be older than the city's system.
    internal static readonly long EarliestAlarm = ToNanoseconds(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));

    // A count of seconds taken for one of nanoseconds lands in January 1970, where history would drop it without a word.
    internal static readonly long EarliestTelemetry = ToNanoseconds(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [ThreadStatic]
    private static UnknownDevice[]? _unknown;

    // Not one a thread: the pool's threads come and go under load, and each would make its own anew.
    private readonly Workspace?[] _idle = new Workspace?[Environment.ProcessorCount * 2];
    private long _lastArrival;

    public IntakeMetrics Metrics => metrics;

    /// <summary>False: every line is read by the strict reader. The result is the same, which is what this is for.</summary>
    public bool IsQuick { get; init; } = true;

    /// <summary>The devices behind the last <see cref="IntakeOutcome.UnknownDevices"/> on this thread.</summary>
    public static IReadOnlyList<UnknownDevice> Unknown => _unknown ?? [];

    /// <summary>Unix time in nanoseconds; a tick is 100 ns.</summary>
    public static long ToNanoseconds(DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * 100;

    /// <summary>Takes the lines of one MQTT publish.</summary>
    /// <param name="source">Who sent them.</param>
    /// <param name="payload">The lines, stamped in nanoseconds.</param>
    /// <param name="waiter">Called when they are acknowledged; null for QoS 0.</param>
    /// <param name="token">Given to the waiter.</param>
    /// <param name="mayRegister">False after unknown devices were registered as far as they could be: what is still unknown is refused.</param>
    public IntakeOutcome Accept(IntakeSource source, in ReadOnlySequence<byte> payload, ILogWaiter? waiter, long token, bool mayRegister)
    {
        var work = Borrow();
        try
        {
            return Accept(work, source, work.Contiguous(payload), Precision.Nanosecond, waiter, token, mayRegister, null);
        }
        finally
        {
            Return(work);
        }
    }

    /// <summary>Takes the lines of one HTTP request and says what was wrong with which.</summary>
    /// <returns>What became of it, the good lines, and the bad ones that are not in <paramref name="rejections"/> because there were too many.</returns>
    public (IntakeOutcome Outcome, int Accepted, int Unlisted) AcceptHttp(
        IntakeSource source, ReadOnlySpan<byte> text, Precision precision, ManyFrames waiter, bool mayRegister, List<Rejection> rejections)
    {
        var work = Borrow();
        try
        {
            var outcome = Accept(work, source, text, precision, waiter, 0, mayRegister, rejections);
            return (outcome, work.Lines, work.Unlisted);
        }
        finally
        {
            Return(work);
        }
    }

    private Workspace Borrow()
    {
        foreach (ref var place in _idle.AsSpan())
        {
            if (place is not null && Interlocked.Exchange(ref place, null) is { } work)
            {
                return work;
            }
        }

        return new Workspace(kinds);
    }

    private void Return(Workspace work)
    {
        foreach (ref var place in _idle.AsSpan())
        {
            if (place is null && Interlocked.CompareExchange(ref place, work, null) is null)
            {
                return;
            }
        }
    }

    private IntakeOutcome Accept(
        Workspace work, IntakeSource source, ReadOnlySpan<byte> text, Precision precision, ILogWaiter? waiter, long token,
        bool mayRegister, List<Rejection>? report)
    {
        work.MayRegister = mayRegister && source.IsOpen;
        work.Begin(log, source, ToNanoseconds(time.GetUtcNow()), source.IsHttp ? FrameFlags.Http : FrameFlags.None, waiter, token);
        var quick = new QuickLines(work, registry, source, text, work.ReceivedAt);
        var isQuick = IsQuick && precision == Precision.Nanosecond;
        if (isQuick)
        {
            quick.Take();
        }

        if (quick.At < text.Length)
        {
            Lines(work, ref quick, isQuick, source, text, precision);
        }

        var outcome = work.Finish(text);
        if (outcome is IntakeOutcome.Taken or IntakeOutcome.Nothing)
        {
            metrics.Took(work.Lines, work.TagsIgnored, work.ArrivalStamped);
            foreach (var rejection in work.Rejections)
            {
                metrics.Refused(rejection.Reason);
                report?.Add(rejection);
            }

            metrics.LeftUnlisted(work.Unlisted);
        }
        else if (outcome == IntakeOutcome.UnknownDevices)
        {
            _unknown = [.. work.Unknown];
        }

        return outcome;
    }

    // Line by line where something is not as it mostly is; what follows may be again.
    private void Lines(Workspace work, ref QuickLines quick, bool isQuick, IntakeSource source, ReadOnlySpan<byte> text, Precision precision)
    {
        const int Patience = 8;
        var slow = 0;
        var reader = new LineReader(text);
        reader.Seek(quick.At, quick.LineNumber);
        while (work.HasRoom && reader.Read())
        {
            if (reader.Error != LineError.None)
            {
                work.Reject(reader.LineNumber, Reasons.Syntax, reader.Column, reader.Error.Words(), reader.Line, null);
            }
            else
            {
                Line(work, ref reader, source, precision);
            }

            // A sender whose lines are never quick is not tried for ever.
            if (isQuick && ++slow <= Patience && quick.Take(reader.Consumed, reader.NextLineNumber))
            {
                slow = 0;
                reader.Seek(quick.At, quick.LineNumber);
            }
        }
    }

    private void Line(Workspace work, ref LineReader reader, IntakeSource source, Precision precision)
    {
        var kind = kinds.Find(reader.Measurement);
        if (kind is null)
        {
            work.Reject(ref reader, Reasons.UnknownKind, 1, "no such device kind");
            return;
        }

        var id = default(ReadOnlySpan<byte>);
        while (reader.NextTag(out var tag, out var value))
        {
            if (tag.SequenceEqual("device"u8))
            {
                id = value;
            }
            else
            {
                work.TagsIgnored++;
            }
        }

        if (!Identifier.IsValid(id))
        {
            work.Reject(ref reader, Reasons.NoDevice, 0, "needs the tag device=ID, 1 to 63 of a-z 0-9 - _");
            return;
        }

        if (source.Lane is { } lane && lane != kind.Lane)
        {
            work.Reject(ref reader, Reasons.WrongLane, 1, $"{kind.Name} travels on the {(kind.Lane == Lane.Alarm ? "alarm" : "telemetry")} connection", id);
            return;
        }

        var flags = FrameFlags.None;
        if (!Device(work, ref reader, source, kind, id, ref flags))
        {
            return;
        }

        var stamp = Stamp(work, ref reader, source, kind, precision, id, ref flags);
        if (stamp is not { } measuredAt || !Fields(work, ref reader, kind, id, ref flags))
        {
            return;
        }

        work.Emit(kind, id, measuredAt, flags);
    }

    private bool Device(
        Workspace work, ref LineReader reader, IntakeSource source, DeviceKind kind, ReadOnlySpan<byte> id, ref FrameFlags flags)
    {
        var device = registry.Find(id);
        if (device is null && work.MayRegister)
        {
            work.AddUnknown(id, kind.Name, source);
            return false;
        }

        if (source.Refuses(device, id) is { } reason)
        {
            work.Reject(ref reader, reason, 0, reason == Reasons.WrongGateway ? "the device belongs to another gateway" : "this key may not write that device", id);
            return false;
        }

        if (device is null)
        {
            if (kind.Lane == Lane.Alarm)
            {
                flags |= FrameFlags.Unregistered;
                return true;
            }

            work.Reject(ref reader, Reasons.UnknownDevice, 0, "is not in the registry", id);
            return false;
        }

        if (device.Kind != kind.Name)
        {
            work.Reject(ref reader, Reasons.WrongKind, 1, $"the registry knows it as {device.Kind}", id);
            return false;
        }

        return true;
    }

    private long? Stamp(
        Workspace work, ref LineReader reader, IntakeSource source, DeviceKind kind, Precision precision, ReadOnlySpan<byte> id, ref FrameFlags flags)
    {
        var alarm = kind.Lane == Lane.Alarm;
        if (!reader.HasTimestamp)
        {
            if (alarm || source.IsHttp || source.IsOpen)
            {
                return Arrival(work, ref flags);
            }

            work.Reject(ref reader, Reasons.Clock, 0, "carries no time of measurement", id);
            return null;
        }

        var latest = work.ReceivedAt + ((alarm ? AlarmAhead : MaximumAhead).Ticks * 100);
        if (precision.TryToNanoseconds(reader.Timestamp, out var stamp) && stamp <= latest && stamp >= (alarm ? EarliestAlarm : EarliestTelemetry))
        {
            return stamp;
        }

        if (alarm)
        {
            flags |= FrameFlags.ClockFault;
            return Arrival(work, ref flags);
        }

        work.Reject(
            ref reader, Reasons.Clock, 0,
            reader.Timestamp > 0 && stamp < EarliestTelemetry
                ? "is stamped before the year 2000: are its seconds or milliseconds taken for nanoseconds?"
                : "is stamped more than 5 minutes ahead of the server", id);
        return null;
    }

    // Two lines without a stamp must not fall on one instant: the second would overwrite the first in every store.
    private long Arrival(Workspace work, ref FrameFlags flags)
    {
        flags |= FrameFlags.ArrivalTime;
        work.ArrivalStamped++;
        while (true)
        {
            var last = Volatile.Read(ref _lastArrival);
            var next = Math.Max(work.ReceivedAt, last + 1);
            if (Interlocked.CompareExchange(ref _lastArrival, next, last) == last)
            {
                return next;
            }
        }
    }

    // On the alarm lane a bad field is put aside and the rest of the line goes on; elsewhere it takes its line with it.
    private static bool Fields(Workspace work, ref LineReader reader, DeviceKind kind, ReadOnlySpan<byte> id, ref FrameFlags flags)
    {
        var alarm = kind.Lane == Lane.Alarm;
        work.BeginFields();
        while (reader.NextField(out var field))
        {
            var index = kind.IndexOf(field.Name);
            if (index < 0)
            {
                work.Reject(ref reader, Reasons.UnknownMetric, 0, $"{kind.Name} has no metric {QuarantineRecord.Excerpt(field.Name)}", id);
                if (!alarm)
                {
                    return false;
                }

                continue;
            }

            var metric = kind.Metrics[index];
            if (!work.TryWrite(metric, field, out var number))
            {
                work.Reject(ref reader, Reasons.WrongType, 0, $"{metric.Name} is a {FieldValue.Word(metric.Type)}", id);
                if (!alarm)
                {
                    return false;
                }

                continue;
            }

            if (number < metric.Minimum || number > metric.Maximum)
            {
                if (!alarm)
                {
                    work.Reject(ref reader, Reasons.Range, 0, OutOfRange(metric, number), id);
                    return false;
                }

                flags |= FrameFlags.RangeFault;
            }
        }

        return work.HasFields;
    }

    private static string OutOfRange(Metric metric, double number) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"{metric.Name} = {number} is outside {metric.Minimum} to {metric.Maximum} {metric.Unit}");
}
