using SmartCity.City;
using SmartCity.Telemetry;
using Cell = SmartCity.Grains.DeviceGrain;

namespace SmartCity.Grains.Orleans;

/// <content>The step. Nothing in it waits.</content>
internal sealed partial class DeviceGrain
{
    [ThreadStatic]
    private static ChangeSink? _sink;

    [ThreadStatic]
    private static double[]? _values;

    private static ChangeSink Sink => _sink ??= new ChangeSink();

    private long Apply(DeviceReadings readings, Guid log)
    {
        var done = _done is { } cursor && cursor.LogId == log ? cursor.Position : -1;
        var wake = long.MaxValue;
        var lines = new LoggedLines(readings.Lines);
        foreach (ref readonly var place in readings.Places.AsSpan())
        {
            if (!lines.Read())
            {
                break;
            }

            if (place.End <= done)
            {
                wake = 0; // the call has been carried out before: its answer was lost, and with it when to ask again
                continue;
            }

            if (Meet(ref lines, ref wake) is not { } cell || (place.End <= cell.Applied && cell.AppliedLog == log))
            {
                continue;
            }

            var values = Values(cell.Work.Kind);
            if (!cell.Work.Lines.Read(ref lines, values))
            {
                continue;
            }

            cell.IsHeard = true;
            cell.Batch = place.End;
            cell.Circuit?.ReadsAt(new LogCursor(log, _lane.Lane, place.End));
            Step(cell, new ReadingView(lines.HasTimestamp ? lines.Timestamp : place.ReceivedAt, place.ReceivedAt, values, (ReadingFaults)place.Faults));
            wake = Math.Min(wake, Sink.TakeWake());
            Keep(cell, place.Order);
        }

        if (readings.Places is [.., var last] && last.End > done)
        {
            _done = new LogCursor(log, _lane.Lane, last.End);
        }

        return wake;
    }

    private static Span<double> Values(DeviceKind kind) => (_values ??= new double[DeviceKind.MaximumMetrics]).AsSpan(0, kind.Metrics.Count);

    private static void Step(Cell cell, in ReadingView reading)
    {
        cell.Begin();
        try
        {
            cell.Logic.Apply(cell.Context, cell.State, reading, Sink, cell.Circuit);
        }
        finally
        {
            cell.End();
        }
    }

    private long Tick(in TickView tick, long order)
    {
        var wake = long.MaxValue;
        foreach (var cell in _cells.Values.OrderBy(c => c.Id, StringComparer.Ordinal))
        {
            if (cell.Logic.IsDue(cell.Context, cell.State, tick, cell.Circuit))
            {
                cell.Begin();
                try
                {
                    cell.Logic.Tick(cell.Context, cell.State, tick, Sink, cell.Circuit);
                }
                finally
                {
                    cell.End();
                }

                Keep(cell, order, always: true);
            }
        }

        foreach (var cell in _cells.Values)
        {
            // What its circuit holds back is due all the while: it is asked again in the next tick.
            wake = Math.Min(wake, Math.Max(cell.Logic.DueAt(cell.Context, cell.State, tick, cell.Circuit), tick.Now + 1));
        }

        return wake;
    }

    private void Restate(Cell cell, long at)
    {
        cell.Logic.Restate(cell.Context, cell.State, at, Sink);
        Keep(cell, order: 0);
    }

    /// <summary>What the sink holds is said, until the caller confirms it. What was decided without a word is said as nothing, so that it is saved.</summary>
    private void Keep(Cell cell, long order, bool always = false)
    {
        var sink = Sink;
        if (sink.IsEmpty && !always)
        {
            return;
        }

        var zone = GrainKeys.ZoneOf(cell.Context.Zone, cell.Id);
        _changes.AddRange(sink.Changes.Select(c => new SaidChange(order, c)));
        _signals.AddRange(sink.Signals.Select(s => new SaidSignal(order, zone, s)));
        sink.Clear();
        cell.MustSave = true;
        _number++;
    }

    /// <summary>The device of a line; null when the line is none for it.</summary>
    private Cell? Meet(ref LoggedLines line, ref long wake)
    {
        if (line.Error != LineError.None || _lane.Kinds.Find(line.Measurement) is not { } kind || kind.Lane != _lane.Lane)
        {
            return null;
        }

        if (_cells.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(line.Device, out var cell) && ReferenceEquals(cell.Work.Kind, kind))
        {
            return cell;
        }

        if (!new KindLines(kind).Read(ref line, Values(kind)))
        {
            return null; // nothing begins for the sake of a bad line
        }

        // It is new, or came back as another kind: nothing known of the old one fits.
        var info = _lane.Directory.Find(line.Device);
        var id = info?.Id ?? IdentifierComparer.Instance.Create(line.Device);
        cell = new Cell(id, new KindWork(kind), _lane.ContextOf(id, kind, info), info, new DeviceState(kind));
        Enter(cell);
        wake = 0;
        line.Rewind();
        return cell;
    }
}
