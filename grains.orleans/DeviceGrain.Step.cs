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

    private long Apply(DeviceReadings readings)
    {
        var applied = _record.State.AppliedIn(readings.Log);
        var wake = long.MaxValue;
        var lines = new LoggedLines(readings.Lines);
        foreach (ref readonly var place in readings.Places.AsSpan())
        {
            if (!lines.Read())
            {
                break;
            }

            if (place.End <= applied || Meet(ref lines, ref wake) is not { } cell)
            {
                continue;
            }

            var values = (_values ??= new double[DeviceKind.MaximumMetrics]).AsSpan(0, cell.Work.Kind.Metrics.Count);
            if (!cell.Work.Lines.Read(ref lines, values))
            {
                continue;
            }

            cell.IsHeard = true;
            var reading = new ReadingView(lines.HasTimestamp ? lines.Timestamp : place.ReceivedAt, place.ReceivedAt, values, (ReadingFaults)place.Faults);
            Step(cell, reading, place, readings.Log);
            wake = Math.Min(wake, Sink.TakeWake());
            Keep(cell, place.Order);
        }

        if (readings.Places is [.., var last] && last.End > applied)
        {
            _record.State.Apply(readings.Log, last.End);
            _dirty = true;
        }

        return wake;
    }

    private static void Step(Cell cell, in ReadingView reading, in ReadingPlace place, Guid log)
    {
        if (cell.Circuit is not { } circuit)
        {
            Step(cell, reading);
            return;
        }

        lock (circuit)
        {
            circuit.ReadsAt(new LogCursor(log, cell.Work.Kind.Lane, place.End));
            Step(cell, reading);
        }
    }

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

    private long Tick(Cell cell, in TickView tick)
    {
        if (cell.Circuit is not { } circuit)
        {
            return TickAlone(cell, tick);
        }

        lock (circuit)
        {
            return TickAlone(cell, tick);
        }
    }

    private long TickAlone(Cell cell, in TickView tick)
    {
        if (cell.Logic.IsDue(cell.Context, cell.State, tick, cell.Circuit))
        {
            _dirty = true;
            cell.Begin();
            try
            {
                cell.Logic.Tick(cell.Context, cell.State, tick, Sink, cell.Circuit);
            }
            finally
            {
                cell.End();
            }

            Keep(cell, order: 0, always: true);
        }

        return Math.Max(cell.Logic.DueAt(cell.Context, cell.State, tick, cell.Circuit), tick.Now + 1);
    }

    private void Restate(Cell cell, long at)
    {
        cell.Logic.Restate(cell.Context, cell.State, at, Sink);
        Keep(cell, order: 0);
    }

    /// <summary>What the sink holds is said, until the caller confirms it. What a circuit decided without a word is said as nothing, so that it is saved.</summary>
    private void Keep(Cell cell, int order, bool always = false)
    {
        var sink = Sink;
        if (sink.IsEmpty && !always)
        {
            return;
        }

        var record = _record.State;
        var zone = cell.Context.Zone;
        record.Unsaid = new DeviceSaid
        {
            Number = ++record.Number,
            Changes = [.. record.Unsaid?.Changes ?? [], .. sink.Changes.Select(c => new SaidChange(order, c))],
            Signals = [.. record.Unsaid?.Signals ?? [], .. sink.Signals.Select(s => new SaidSignal(order, zone, s))],
        };
        sink.Clear();
        _dirty = true;
    }

    /// <summary>The device of a line, bound to the registry's present word; null when the line is none for it.</summary>
    private Cell? Meet(ref LoggedLines line, ref long wake)
    {
        if (line.Error != LineError.None || _lane.Kinds.Find(line.Measurement) is not { } kind || kind.Lane != _lane.Lane)
        {
            return null;
        }

        if (_cell is { } cell && ReferenceEquals(cell.Work.Kind, kind))
        {
            Look(cell);
            return cell;
        }

        var values = (_values ??= new double[DeviceKind.MaximumMetrics]).AsSpan(0, kind.Metrics.Count);
        if (!new KindLines(kind).Read(ref line, values))
        {
            return null; // nothing begins for the sake of a bad line
        }

        line.Rewind();
        Leave(); // it came back as another kind: nothing known of the old one fits
        wake = 0;
        return Enter(kind, new DeviceState(kind));
    }

    private Cell Enter(DeviceKind kind, DeviceState state)
    {
        _registry = _lane.Directory.Version;
        var info = _lane.Directory.Find(System.Text.Encoding.UTF8.GetBytes(_id));
        var cell = new Cell(_id, new KindWork(kind), _lane.ContextOf(_id, kind, info), info, state) { IsHeard = state.LastReceived != 0 };
        _cell = cell;
        _lane.Cells[_id] = cell;
        Join(cell);
        return cell;
    }

    private void Leave()
    {
        if (_cell is { } cell)
        {
            _lane.Cells.TryRemove(KeyValuePair.Create(_id, cell));
            Part(cell);
        }
    }

    /// <summary>The registry may say something new.</summary>
    private void Look(Cell cell)
    {
        var version = _lane.Directory.Version;
        if (ReferenceEquals(version, _registry))
        {
            return;
        }

        _registry = version;
        var info = _lane.Directory.Find(cell.IdUtf8);
        if (!ReferenceEquals(info, cell.Info))
        {
            cell.Rebind(info, _lane.ContextOf(_id, cell.Work.Kind, info));
            Join(cell);
        }
    }

    private void Join(Cell cell)
    {
        var gateway = cell.Info is { Registered: true, Gateway.Length: > 0 } info && cell.Context.Kind.IsOfCircuit ? info.Gateway : null;
        if (string.Equals(cell.Circuit?.Id, gateway, StringComparison.Ordinal))
        {
            return;
        }

        Part(cell);
        if (gateway is not null)
        {
            var circuit = _lane.CircuitOf(gateway);
            lock (circuit)
            {
                circuit.Add(cell);
                cell.Circuit = circuit;
            }
        }
    }

    private void Part(Cell cell)
    {
        if (cell.Circuit is { } circuit)
        {
            lock (circuit)
            {
                circuit.Remove(cell);
                cell.Circuit = null;
            }
        }
    }
}
