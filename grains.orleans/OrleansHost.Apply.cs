using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <content>A batch, sorted by device. Nothing is called yet.</content>
internal sealed partial class OrleansHost
{
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private object? _registry;
    private byte[] _sourceUtf8 = [];
    private string _source = "";
    private int _order;

    /// <inheritdoc/>
    public void Apply(LogBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        foreach (var frame in batch)
        {
            ApplyFrame(batch.Start with { Position = frame.End }, frame.Flags, frame.ReceivedAt, frame.Payload, frame.Source);
        }
    }

    /// <summary>Notes one frame.</summary>
    /// <param name="end">The position just behind it.</param>
    /// <param name="flags">What intake found out about it.</param>
    /// <param name="receivedAt">When it came, Unix ns.</param>
    /// <param name="payload">Canonical lines.</param>
    /// <param name="source">The gateway that sent it.</param>
    /// <exception cref="InvalidOperationException">The last commit failed and has not been repeated.</exception>
    public void ApplyFrame(LogCursor end, FrameFlags flags, long receivedAt, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> source = default)
    {
        if (_failed)
        {
            throw new InvalidOperationException("the last commit failed; repeat CommitAsync before applying more");
        }

        _position = end;
        _lastReceived = Math.Max(_lastReceived, receivedAt);
        if ((flags & FrameFlags.Rejected) != 0)
        {
            return; // quarantine's business
        }

        _registry = _lane.Directory.Version;
        if (_sessions is not null && !source.SequenceEqual(_sourceUtf8))
        {
            (_sourceUtf8, _source) = (source.ToArray(), Utf8(source));
        }

        var faults = (int)FaultsOf(flags);
        var lines = new LoggedLines(payload);
        while (lines.Read())
        {
            Note(ref lines, end, receivedAt, faults);
        }

        _late?.End(end, flags, receivedAt, source);
    }

    private static ReadingFaults FaultsOf(FrameFlags flags)
    {
        var faults = ReadingFaults.None;
        faults |= (flags & FrameFlags.ArrivalTime) != 0 ? ReadingFaults.ArrivalTime : 0;
        faults |= (flags & FrameFlags.ClockFault) != 0 ? ReadingFaults.Clock : 0;
        faults |= (flags & FrameFlags.RangeFault) != 0 ? ReadingFaults.Range : 0;
        faults |= (flags & FrameFlags.Unregistered) != 0 ? ReadingFaults.Unregistered : 0;
        return faults;
    }

    private void Note(ref LoggedLines line, in LogCursor end, long receivedAt, int faults)
    {
        if (line.Error != LineError.None || !Identifier.IsValid(line.Device))
        {
            Counters.CountBadLine();
            return;
        }

        if (_lane.Kinds.Find(line.Measurement) is not { } kind)
        {
            Counters.CountUnknownKind();
            return;
        }

        if (kind.Lane != Lane)
        {
            Counters.CountWrongLane();
            return;
        }

        var seat = SeatOf(line.Device);
        if (seat.Call is not { } call)
        {
            var hold = HoldOf(seat.Info, _source);
            if (hold is { Epoch: < 0 })
            {
                Counters.CountForeign();
                if (Lane == Lane.Alarm)
                {
                    _refused.Add(hold.Value.Gateway); // it has the lines still, and says them to the server that it is connected with
                }
                else
                {
                    _late?.Add(line.Line);
                }

                return;
            }

            seat.Call = call = new Call(seat) { Hold = hold };
            _round.Add(call);
        }

        Counters.CountLine();

        call.Add(line.Line, new ReadingPlace(end.Position, receivedAt, _order++, faults));
        if (!seat.Dirty)
        {
            seat.Dirty = true;
            _dirty.Add(seat);
        }
    }

    private Seat SeatOf(ReadOnlySpan<byte> id)
    {
        if (!_seats.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(id, out var seat))
        {
            seat = Enter(Utf8(id));
        }

        if (!ReferenceEquals(seat.Checked, _registry))
        {
            (seat.Info, seat.Checked) = (_lane.Directory.Find(id), _registry);
        }

        return seat;
    }

    private Seat Enter(string id)
    {
        var seat = new Seat(id, _grains.GetGrain<IDeviceGrain>(GrainKeys.Of(Lane, id), grainClassNamePrefix: null));
        _seats.Add(id, seat);
        Ask(seat, 0);
        return seat;
    }
}
