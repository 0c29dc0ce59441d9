using SmartCity.City;
using SmartCity.Telemetry;
using Cell = SmartCity.Grains.DeviceGrain;

namespace SmartCity.Grains.Orleans;

/// <content>What it begins with, and whose devices are its own.</content>
internal sealed partial class DeviceGrain
{
    /// <summary>One more than the caller has heard of: the answer to a call was lost, and the call comes again.</summary>
    private bool IsOf(CallTerms terms) => _terms is { } known && known.Host == terms.Host && known.Gateway == terms.Gateway && known.Epoch == terms.Epoch && _turn - terms.Turn is 0 or 1;

    /// <summary>Takes a call's terms: what is remembered is of this session, and of the registry's present word. False for a call that comes from an earlier session.</summary>
    private async ValueTask<bool> MeetAsync(CallTerms terms)
    {
        if (!IsOf(terms))
        {
            if (_terms is { } known && known.Gateway == terms.Gateway && IsBefore(terms.Epoch, known.Epoch))
            {
                return false;
            }

            await LoadAsync(terms);
        }
        else if (!ReferenceEquals(_registry, _lane.Directory.Version))
        {
            await LookAsync(terms);
        }

        if (_number != _confirmed && terms.Said >= _number)
        {
            Forget();
        }

        return true;
    }

    /// <summary>Sessions have numbers that rise, and so have terms of leaders; a device may go from the one to the other, either way.</summary>
    private static bool IsBefore(long epoch, long known) => epoch < known && (epoch >= IGrainSessions.FirstTerm) == (known >= IGrainSessions.FirstTerm);

    private async ValueTask LoadAsync(CallTerms terms)
    {
        var version = _lane.Directory.Version;
        var rows = await _lane.Book.ReadAsync(_lane.Lane, [.. Names()], CancellationToken.None);
        Leave();
        (_terms, _registry, _done, _turn, _readAt) = (terms, version, null, terms.Turn, terms.Turn);
        _number = Math.Max(_number, terms.Heard);
        Forget();
        foreach (var row in rows)
        {
            Restore(row, terms, terms.Gap);
        }
    }

    /// <summary>The registry says something new: devices are bound to it, and one that came to this circuit is taken with its row.</summary>
    private async ValueTask LookAsync(CallTerms terms)
    {
        var version = _lane.Directory.Version;
        if (_gateway is not null && _lane.DevicesOf(_gateway).Where(d => !_cells.ContainsKey(d)).Select(d => GrainSnapshots.DevicePrefix + d).ToArray() is { Length: > 0 } missing)
        {
            foreach (var row in await _lane.Book.ReadAsync(_lane.Lane, missing, CancellationToken.None))
            {
                Restore(row, terms, gap: true);
            }
        }

        _registry = version;
        foreach (var cell in _cells.Values)
        {
            var info = _lane.Directory.Find(cell.IdUtf8);
            if (!ReferenceEquals(info, cell.Info))
            {
                cell.Rebind(info, _lane.ContextOf(cell.Id, cell.Work.Kind, info));
                Join(cell);
            }
        }
    }

    /// <summary>The rows that it begins with: its circuit's first.</summary>
    private IEnumerable<string> Names() => _gateway is null
        ? [GrainSnapshots.DevicePrefix + _id]
        : _lane.DevicesOf(_gateway).Select(d => GrainSnapshots.DevicePrefix + d).Prepend(_id);

    private void Restore(GrainSnapshot row, CallTerms terms, bool gap)
    {
        if (row.Grain == _id && GrainSnapshots.TryReadHead(row.State.Span, out var head, out var bytes) && CircuitState.TryRead(bytes) is { } circuit)
        {
            Circuit().Restore(circuit, new LogCursor(head, _lane.Lane, row.Position));
        }
        else if (row.Grain != _id && _lane.Read(row) is { } cell)
        {
            var others = _lane.IsShared && cell.AppliedLog != terms.Log;
            if (gap || others)
            {
                cell.Logic.Interrupt(cell.State); // what came between nobody here has seen
            }

            if (others && _lane.Lane == Lane.Alarm && terms.Backlog >= 0)
            {
                // Judged and in the book, or never acknowledged, and then it comes again.
                (cell.AppliedLog, cell.Applied) = (terms.Log, terms.Backlog);
            }

            Enter(cell);
        }
        else
        {
            _lane.Options.Warn?.Invoke($"the snapshot of {row.Grain} cannot be read; it begins anew");
        }
    }

    private void Enter(Cell cell)
    {
        if (_cells.Remove(cell.Id, out var old))
        {
            Leave(old);
        }

        _cells[cell.Id] = cell;
        _lane.Cells[cell.Id] = cell;
        Join(cell);
    }

    private void Leave()
    {
        foreach (var cell in _cells.Values)
        {
            Leave(cell);
        }

        _cells.Clear();
        _circuit = null;
    }

    private void Leave(Cell cell)
    {
        _lane.Cells.TryRemove(KeyValuePair.Create(cell.Id, cell));
        cell.Circuit?.Remove(cell);
        cell.Circuit = null;
    }

    private void Join(Cell cell)
    {
        var belongs = _gateway is not null && cell.Context.Kind.IsOfCircuit && cell.Info is { Registered: true } info && info.Gateway == _gateway;
        if (!belongs)
        {
            cell.Circuit?.Remove(cell);
            cell.Circuit = null;
        }
        else if (cell.Circuit is null)
        {
            cell.Circuit = Circuit();
            cell.Circuit.Add(cell);
        }
    }

    private CircuitGrain Circuit() => _circuit ??= new CircuitGrain(_gateway!, _ => _decided = true);
}
