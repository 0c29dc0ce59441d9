using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <content>
/// What only time can judge. A device is asked when its rules said that it may fall due, and not every second: a million devices at rest cost a tick
/// nothing. Those that are due are asked in the order of their arrival, so that nothing depends on when each was last asked.
/// </content>
public sealed partial class EmbeddedHost
{
    private const long AtOnce = 0;
    private const long IsDueNow = long.MinValue;
    private const int SweepAfter = 4096;

    private readonly PriorityQueue<DeviceGrain, long> _asks = new();
    private readonly PriorityQueue<DeviceGrain, long> _due = new();
    private object? _walked;
    private int _forgottenSince;

    /// <summary>Asks every device in every tick, as if nothing were known of when it may fall due: what tests compare with.</summary>
    internal bool AsksEverybody { get; init; }

    private void TickZones(long now)
    {
        foreach (var zone in _grains.Zones)
        {
            if (ZoneLogic.IsDue(zone.Context, zone.Current, now))
            {
                TickZone(zone, now);
            }
        }
    }

    private void TickDevices(in TickView tick)
    {
        LookAtRegistry();
        ExpectDevices();
        if (AsksEverybody)
        {
            foreach (var grain in _grains.Devices)
            {
                Ask(grain, AtOnce);
            }
        }

        Gather(tick);
        var most = _changes.Count + _options.MaximumChangesPerTick;
        while (_changes.Count < most && _due.TryDequeue(out var grain, out _))
        {
            if (grain.IsGone || grain.IsForeign)
            {
                continue;
            }

            var own = TickOf(grain, tick);
            if (grain.Logic.IsDue(grain.Context, grain.State, own, grain.Circuit))
            {
                Touch(grain);
                grain.Begin();
                try
                {
                    grain.Logic.Tick(grain.Context, grain.State, own, _sink, grain.Circuit);
                }
                finally
                {
                    grain.End();
                }

                Collect(grain);
            }

            // What its circuit holds back is due all the while: it is asked again in the next tick.
            grain.AskAt = long.MaxValue;
            Ask(grain, Math.Max(DueAt(grain, own), tick.Now + 1));
        }
    }

    /// <summary>Moves those whose time has come to the ones that are due; the others wait for theirs.</summary>
    private void Gather(in TickView tick)
    {
        while (_asks.TryPeek(out var grain, out var at) && at <= tick.Now)
        {
            _asks.Dequeue();
            if (grain.IsGone || grain.AskAt != at)
            {
                continue; // asked earlier, or asked already
            }

            var due = AsksEverybody ? tick.Now : DueAt(grain, TickOf(grain, tick));
            if (due > tick.Now)
            {
                grain.AskAt = long.MaxValue;
                Ask(grain, due);
            }
            else
            {
                grain.AskAt = IsDueNow;
                _due.Enqueue(grain, grain.Ordinal);
            }
        }
    }

    /// <summary>A device that was another server's is given its time from when it became ours.</summary>
    private static TickView TickOf(DeviceGrain grain, in TickView tick) => grain.Hold is { } hold && hold.Since > tick.ListeningSince ? tick with { ListeningSince = hold.Since } : tick;

    private static long DueAt(DeviceGrain grain, in TickView tick) => grain.Logic.DueAt(grain.Context, grain.State, tick, grain.Circuit);

    /// <summary>Asks a device then at the latest whether something fell due.</summary>
    private void Ask(DeviceGrain grain, long at)
    {
        if (at < grain.AskAt)
        {
            grain.AskAt = at;
            _asks.Enqueue(grain, at);
        }
    }

    /// <summary>The registry says something new: who is out of service is forgotten, who is another is bound anew.</summary>
    private void LookAtRegistry()
    {
        LookAtVersion();
        if (ReferenceEquals(_walked, _registry))
        {
            return;
        }

        _walked = _registry;
        List<DeviceGrain> gone = [];
        foreach (var grain in _grains.Devices)
        {
            if (grain.IsGone || grain.Checked == _generation)
            {
                continue;
            }

            var info = _directory.Find(grain.IdUtf8);
            if (info is null && grain.Info is not null && grain.Batch != _batch)
            {
                gone.Add(grain); // decommissioned: its silence is no news
                continue;
            }

            Compare(grain);
        }

        gone.ForEach(Forget);
    }

    /// <summary>What waits for devices that are forgotten waits for nobody: strangers that come and go must not fill the memory.</summary>
    private void Sweep()
    {
        _forgottenSince = 0;
        _dirty.RemoveAll(g => g.IsGone);
        var asks = _asks.UnorderedItems.Where(a => !a.Element.IsGone && a.Element.AskAt == a.Priority).ToList();
        _asks.Clear();
        _asks.EnqueueRange(asks);
    }

    private void LookAtVersion()
    {
        var registry = _directory.Version;
        if (!ReferenceEquals(registry, _registry))
        {
            _registry = registry;
            _generation++;
        }
    }

    /// <summary>Alarm devices that are in service and never spoke get their grain too: only so is their silence noticed.</summary>
    private void ExpectDevices()
    {
        if (Lane != Lane.Alarm || ReferenceEquals(_directory.InService, _expected))
        {
            return;
        }

        _expected = _directory.InService;
        var (name, work) = ("", (KindWork?)null);
        foreach (var info in _expected)
        {
            if (!string.Equals(name, info.Kind, StringComparison.Ordinal))
            {
                (name, work) = (info.Kind, _kinds.Find(info.Kind) is { } kind && kind.Lane == Lane ? _works[kind] : null);
            }

            if (work is not null && info is { Registered: true, RegisteredAt: > 0 } && !_grains.TryFind(info.Id, out _) && (!IsShared || HoldOf(info, "").IsOurs))
            {
                var grain = NewGrain(info.Id, work, info);
                grain.Checked = _generation;
                grain.IsHeard = false;
                _grains.Unheard++;
            }
        }
    }
}
