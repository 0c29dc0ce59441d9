using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <content>A batch, sorted by grain. Nothing is called yet.</content>
internal sealed partial class OrleansHost
{
    private readonly List<(Spot Spot, Seat From, KeptRow? Row)> _moves = [];
    private readonly List<Spot> _strangers = [];
    private readonly List<Spot> _gone = [];
    private long _heard;
    private long _roundBytes;
    private byte[] _sourceUtf8 = [];
    private string _source = "";
    private long _order;

    /// <inheritdoc/>
    public void Apply(LogBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Stand();
        foreach (var frame in batch)
        {
            Take(batch.Start with { Position = frame.End }, frame.Flags, frame.ReceivedAt, frame.Payload, frame.Source);
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
        Stand();
        Take(end, flags, receivedAt, payload, source);
    }

    /// <summary>What a batch brings beyond the limit is taken: it has been read.</summary>
    private void Stand()
    {
        if (_failed && !MayApply)
        {
            throw new InvalidOperationException("the last commit failed; repeat CommitAsync before applying more");
        }
    }

    private void Take(LogCursor end, FrameFlags flags, long receivedAt, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> source)
    {
        _position = end;
        _lastReceived = Math.Max(_lastReceived, receivedAt);
        if ((flags & FrameFlags.Rejected) != 0)
        {
            return; // quarantine's business
        }

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

        var spot = SpotOf(line.Device);
        var seat = Present(spot);
        if (spot.IsStranger)
        {
            (spot.HeardFrom, spot.HeardAt) = (_source, ++_heard);
        }

        if (seat.Call is not { } call || (spot.IsStranger && call.Hold.Gateway != _source))
        {
            var hold = HoldOf(seat);
            if (hold.Epoch < 0)
            {
                Counters.CountForeign();
                if (Lane == Lane.Alarm)
                {
                    _refused.Add(hold.Gateway); // it has the lines still, and says them to the server that it is connected with
                }
                else
                {
                    _late?.Add(line.Line);
                }

                return;
            }

            seat.Call = call = new Call(seat, hold);
            _round.Add(call);
        }

        Counters.CountLine();
        call.Add(line.Line, new ReadingPlace(end.Position, receivedAt, _order++, faults));
        _roundBytes += line.Line.Length + 1;
        Touch(seat);
    }

    private Spot SpotOf(ReadOnlySpan<byte> id)
    {
        if (!_spots.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(id, out var spot))
        {
            var info = _lane.Directory.Find(id);
            spot = Enter(info?.Id ?? IdentifierComparer.Instance.Create(id), info);
        }

        return spot;
    }

    /// <summary>A device as the registry has it now, in the grain where it belongs.</summary>
    private Seat Present(Spot spot)
    {
        if (!ReferenceEquals(spot.Checked, _lane.Directory.Version) && spot.Seat.Open == 0)
        {
            spot.Checked = _lane.Directory.Version;
            var info = _lane.Directory.Find(spot.IdUtf8);
            if (!ReferenceEquals(info, spot.Info))
            {
                spot.Info = info;
                if (info is null)
                {
                    MakeRoom();
                    _strangers.Add(spot);
                }

                Place(spot);
                Ask(spot.Seat, 0);
            }
        }

        return spot.Seat;
    }

    private Spot Enter(string id, DeviceInfo? info)
    {
        var spot = new Spot(id) { Info = info, Checked = _lane.Directory.Version };
        if (info is null)
        {
            MakeRoom();
            _strangers.Add(spot);
        }

        _forgotten.RemoveAll(f => f.Row.Grain == GrainSnapshots.DevicePrefix + id);
        _spots.Add(id, spot);
        Place(spot);
        Ask(spot.Seat, 0);
        return spot;
    }

    /// <summary>Puts a device into the grain of its circuit, or into one of its own; what the grain that it leaves knows goes with it.</summary>
    private void Place(Spot spot)
    {
        var (old, gateway) = (spot.Seat, _lane.CircuitOf(spot.Info));
        if (old is not null && string.Equals(old.Gateway, gateway, StringComparison.Ordinal))
        {
            return;
        }

        if (gateway is null)
        {
            spot.Seat = new Seat(spot.Id, null, Grain(spot.Id)) { Only = spot };
        }
        else if (_circuits.TryGetValue(gateway, out var circuit))
        {
            spot.Seat = circuit;
        }
        else
        {
            _circuits[gateway] = spot.Seat = new Seat(GrainSnapshots.CircuitPrefix + gateway, gateway, Grain(GrainSnapshots.CircuitPrefix + gateway));
        }

        spot.Seat.Devices++;
        if (old is not null)
        {
            old.Devices--;
            old.IsGone |= old.Only is not null;
            if (!_moves.Exists(m => ReferenceEquals(m.Spot, spot)))
            {
                _moves.Add((spot, old, null));
            }
        }
    }

    private IDeviceGrain Grain(string key) => _grains.GetGrain<IDeviceGrain>(GrainKeys.Of(Lane, key), grainClassNamePrefix: null);

    /// <summary>Of those that nobody registered so many are remembered; beyond, the one heard longest ago is forgotten.</summary>
    private void MakeRoom()
    {
        _strangers.RemoveAll(s => s.Info is not null);
        if (_strangers.Count >= _options.MaximumUnregistered && _strangers.Where(s => s.Seat.Open == 0).MinBy(s => s.HeardAt) is { } oldest)
        {
            Counters.CountEvicted();
            _strangers.Remove(oldest);
            Drop(oldest);
        }
    }

    /// <summary>It is nobody's device any more.</summary>
    private void Drop(Spot spot)
    {
        _spots.Remove(spot.Id);
        _moves.RemoveAll(m => ReferenceEquals(m.Spot, spot));
        _gone.Add(spot);
        spot.Seat.Devices--;
        if (spot.Seat.Only is not null)
        {
            spot.Seat.IsGone = true;
        }
    }
}
