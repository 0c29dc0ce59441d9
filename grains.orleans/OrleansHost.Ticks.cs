using System.Runtime.ExceptionServices;
using System.Text;
using SmartCity.City;

namespace SmartCity.Grains.Orleans;

/// <content>Time, officers, and the registry.</content>
internal sealed partial class OrleansHost
{
    /// <summary>Devices asked in a tick at most; the rest follow in the next one. So a city that comes up is not one burst of calls.</summary>
    private const int AsksATick = 2_000;

    private readonly PriorityQueue<Seat, long> _asks = new();
    /// <summary>Words of officers that fit no zone yet.</summary>
    private const int RequestsKept = 256;

    private readonly Queue<Request> _unmatched = new();
    private volatile bool _hasNews;
    private long? _tickAt;
    private readonly HashSet<string> _watched = new(StringComparer.Ordinal);
    private object? _walked;
    private ILookup<string, DeviceInfo> _byGateway = Enumerable.Empty<DeviceInfo>().ToLookup(d => d.Gateway, StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask TickAsync(bool caughtUp, CancellationToken cancel)
    {
        if (_failed && !MayApply)
        {
            await CommitAsync(cancel);
            return;
        }

        var now = _lane.Now();
        _lane.Reach(_lastReceived, caughtUp);
        TakeWords();
        await TryAsync(TakeRequestsAsync); // what an officer acknowledged does not become a fire; what fails here the commit tries again, and tells
        _tickAt = _lane.ZoneNow();
        await TickZonesAsync();
        if (!caughtUp)
        {
            _listeningSince = 0;
            await CommitAsync(cancel);
            return;
        }

        _listeningSince = _listeningSince == 0 ? now : _listeningSince;
        await LookAtRegistryAsync();
        Gather(now);
        await CommitAsync(cancel);
        _late?.Forget();
    }

    /// <summary>One that fails keeps none of the others back, and is tried again by the next commit.</summary>
    private async Task<ExceptionDispatchInfo?> TickZonesAsync()
    {
        if (_tickAt is not { } now)
        {
            return null;
        }

        ExceptionDispatchInfo? trouble = null;
        foreach (var (key, known) in _lane.Zones)
        {
            if (ZoneLogic.IsDue(ZoneGrain.ContextOf(key, _lane.Directory), known.State, now))
            {
                trouble = await TryAsync(async () => Take(key, await Zone(key).TickAsync(now, known.Revision))) ?? trouble;
            }
        }

        _tickAt = trouble is null ? null : now;
        return trouble;
    }

    /// <summary>Those whose time has come are asked in this round.</summary>
    private void Gather(long now)
    {
        var asked = 0;
        while (asked < AsksATick && _asks.TryPeek(out var seat, out var at) && at <= now)
        {
            _asks.Dequeue();
            if (seat.IsGone || seat.AskAt != at)
            {
                continue;
            }

            seat.AskAt = long.MaxValue;
            var hold = HoldOf(seat);
            if (hold.Epoch >= 0) // otherwise its silence is another's to judge
            {
                asked++;
                _round.Add(new Call(seat, hold) { Tick = new DeviceTick(now, Math.Max(_listeningSince, SinceOf(hold)), _order++) });
            }
        }
    }

    /// <summary>Asks a grain then at the latest whether something fell due.</summary>
    private void Ask(Seat seat, long at)
    {
        if (at < seat.AskAt)
        {
            seat.AskAt = at;
            _asks.Enqueue(seat, at);
        }
    }

    private void AskAll(string gateway)
    {
        // With the leadership comes all that no session names.
        var spots = gateway.Length == 0 ? _spots.Values : _byGateway[gateway].Select(d => _spots.TryGetValue(d.Id, out var known) ? known : Enter(d.Id, d));
        foreach (var spot in spots.ToList())
        {
            Ask(spot.Seat, 0);
        }
    }

    /// <summary>Who is new is asked (a device that never speaks has a silence too), who is out of service is forgotten.</summary>
    private async Task LookAtRegistryAsync()
    {
        var version = _lane.Directory.Version;
        if (ReferenceEquals(version, _walked))
        {
            return;
        }

        foreach (var spot in _spots.Values.Where(s => s.Info is not null && s.Seat.Open == 0 && _lane.Directory.Find(s.IdUtf8) is null).ToList())
        {
            Drop(spot);
        }

        _byGateway = _lane.Directory.InService.Where(d => _lane.Kinds.Find(d.Kind) is { } kind && kind.Lane == Lane).ToLookup(d => d.Gateway, StringComparer.Ordinal);
        foreach (var gateway in _byGateway)
        {
            foreach (var info in gateway)
            {
                Present(_spots.TryGetValue(info.Id, out var known) ? known : Enter(info.Id, info));
            }

            if (gateway.Key.Length > 0 && (_sessions?.EpochOf(gateway.Key, Lane) ?? 0) >= 0 && !_watched.Contains(gateway.Key))
            {
                await _grains.GetGrain<IWatchGrain>(GrainKeys.Of(Lane, gateway.Key), grainClassNamePrefix: null).WatchAsync();
                _watched.Add(gateway.Key);
            }
        }

        _walked = version;
    }

    private void TakeWords()
    {
        while (_words.TryDequeue(out var word))
        {
            word();
        }
    }

    private async Task TakeRequestsAsync()
    {
        if (_hasNews)
        {
            _hasNews = false;
            for (var n = _unmatched.Count; n > 0; n--)
            {
                var request = _unmatched.Dequeue();
                try
                {
                    await TakeAsync(request, again: true);
                }
                catch
                {
                    _hasNews = true;
                    _unmatched.Enqueue(request);
                    throw;
                }
            }
        }

        while (_requests.TryPeek(out var request))
        {
            await TakeAsync(request, again: false);
            _requests.TryDequeue(out _);
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Where several servers share the book a word may come before its zone was heard of: it is kept, and tried at the next news.</summary>
    private async Task TakeAsync(Request request, bool again)
    {
        var (key, known) = OpenZone(request.Alert);
        if (key.Length > 0)
        {
            var answer = await Zone(key).ObeyAsync(new ZoneOrder(request.Kind, request.Alert, request.At), known);
            Take(key, answer);
            if (answer.Obeyed)
            {
                if (request.Kind == ZoneSignalKind.Reset)
                {
                    SayAgain(key, answer, request.At);
                }

                return;
            }
        }

        if (_sessions is null)
        {
            Counters.CountRefusedRequest();
            return;
        }

        if (_unmatched.Count >= RequestsKept)
        {
            _unmatched.Dequeue();
        }

        _unmatched.Enqueue(request);
        if (!again)
        {
            Counters.CountRefusedRequest();
            RestateUnheard(request);
        }
    }

    /// <summary>Another server may have taken an officer's reset before it came here, and knows our devices only as its zones do: what goes on at one of ours, and its zone is quiet, is said again.</summary>
    private void RestateUnheard(Request request)
    {
        if (request.Kind != ZoneSignalKind.Reset || _lane.Lane != Telemetry.Lane.Alarm)
        {
            return;
        }

        foreach (var spot in _spots.Values)
        {
            if ((!_lane.Zones.TryGetValue(GrainKeys.ZoneOf(spot.Info?.Zone, spot.Id), out var zone) || zone.State.IsQuiet) && HoldOf(spot.Seat) is { Epoch: >= 0 } hold)
            {
                _round.Insert(0, new Call(spot.Seat, hold) { Restate = (spot.Id, request.At) });
            }
        }
    }

    /// <summary>
    /// A reset must make nothing silent. What a device that was moved meanwhile still says is told to the zone where it is now; and when the zone has nothing left, its
    /// devices are asked, because more may have spoken than it can remember.
    /// </summary>
    private void SayAgain(string key, ZoneAnswer answer, long at)
    {
        var ask = answer.Moved.ToHashSet(StringComparer.Ordinal);
        if (_lane.Zones.TryGetValue(key, out var zone) && zone.State.IsQuiet)
        {
            ask.UnionWith(_lane.Directory.InService
                .Where(d => _lane.Kinds.Find(d.Kind) is { } kind && kind.Lane == Lane && string.Equals(GrainKeys.ZoneOf(d.Zone, d.Id), key, StringComparison.Ordinal))
                .Select(d => d.Id));
        }

        foreach (var device in ask.Order(StringComparer.Ordinal))
        {
            var spot = _spots.TryGetValue(device, out var known) ? known : Enter(device, _lane.Directory.Find(Encoding.UTF8.GetBytes(device)));
            if (HoldOf(spot.Seat) is { Epoch: >= 0 } hold) // another server says it otherwise
            {
                _round.Insert(0, new Call(spot.Seat, hold) { Restate = (device, at) }); // before what its gateway has said since
            }
        }
    }

    private (string Key, long Revision) OpenZone(string alert)
    {
        foreach (var (key, known) in _lane.Zones)
        {
            if (ZoneGrain.IsOpen(ZoneGrain.ContextOf(key, _lane.Directory), known.State, alert))
            {
                return (key, known.Revision);
            }
        }

        return ("", 0);
    }
}
