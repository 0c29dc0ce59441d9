using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Cluster;

/// <summary>
/// Between the servers and the grains: what a session brings with it is read from the book and handed to the hosts before the gateway is let in; what goes, and what
/// others did to zones, is told to them; an officer's word to a fire zone reaches every server, whichever took it.
/// </summary>
internal sealed class GrainAdoptions : IDisposable
{
    /// <summary>Adoptions whose rows wait for a host: some 20 MB. Whoever brings one more waits.</summary>
    private const int MostWaiting = 256;

    private const int RowsAtOnce = 500;
    private const int GatewaysAtOnce = 20;
    private const int WordsAtOnce = 500;

    private readonly ClusterNode _node;
    private readonly CityBook _book;
    private readonly IReadOnlyList<IGrainHost> _hosts;

    // Neither is disposed: news that were on their way when the server ends still come in here, and must not end it with a fault.
    private readonly SemaphoreSlim _room = new(MostWaiting);
    private readonly SemaphoreSlim _listening = new(1);
    private (object? Version, ILookup<string, string> Devices) _index = (null, Array.Empty<string>().ToLookup(d => d));
    private long _heard;
    private volatile bool _hasRest;

    public GrainAdoptions(ClusterNode node, CityBook book, IReadOnlyList<IGrainHost> hosts)
    {
        (_node, _book, _hosts) = (node, book, [.. hosts.OrderByDescending(h => h.Lane == Lane.Alarm)]);
        node.Adopting += AdoptAsync;
        node.Lost += Lose;
        node.LeaderChanged += Led;
        book.ForeignChange += HearAsync;
    }

    /// <summary>What officers have said up to now is told already.</summary>
    public async Task StartAsync(CancellationToken cancel) => Volatile.Write(ref _heard, await _book.Alerts.LastEventAsync(cancel));

    public void Dispose()
    {
        _node.Adopting -= AdoptAsync;
        _node.Lost -= Lose;
        _node.LeaderChanged -= Led;
        _book.ForeignChange -= HearAsync;
    }

    private async Task AdoptAsync(IReadOnlyList<string> clients, CancellationToken cancel)
    {
        foreach (var host in _hosts)
        {
            foreach (var some in clients.Where(c => c != ClusterNode.Rest).Select(Seats.Of).Where(s => s.Lane == host.Lane).Chunk(GatewaysAtOnce))
            {
                // The epochs before the rows: who is first here may find newer rows, never older ones.
                await AdoptAsync(host, [.. some.Select(s => (s.Gateway, Epoch: _node.EpochOf(s.Gateway, s.Lane))).Where(s => s.Epoch >= 0)], cancel);
            }
        }

        if (clients.Contains(ClusterNode.Rest))
        {
            _hasRest = true;
            var term = _node.BeginTerm();
            foreach (var host in _hosts)
            {
                await AdoptRestAsync(host, term, cancel);
            }
        }
    }

    private async Task AdoptAsync(IGrainHost host, IReadOnlyList<(string Gateway, long Epoch)> taken, CancellationToken cancel)
    {
        if (taken.Count == 0)
        {
            return;
        }

        var devices = DevicesByGateway();
        var owner = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (gateway, _) in taken)
        {
            owner["circuit/" + gateway] = gateway;
            foreach (var device in devices[gateway])
            {
                owner["device/" + device] = gateway;
            }
        }

        var rows = await RowsAsync(host.Lane, owner.Keys, cancel);
        var strangers = await _book.HeardFromAsync(host.Lane, taken.Select(t => t.Gateway).ToList(), cancel);
        var found = rows.ToLookup(r => owner[r.Grain]);
        var heard = strangers.ToLookup(r => r.HeardFrom!);
        foreach (var (gateway, epoch) in taken)
        {
            await HandAsync(host, new GrainAdoption(gateway, epoch, [.. found[gateway], .. heard[gateway]]), cancel);
        }
    }

    private async Task AdoptRestAsync(IGrainHost host, long term, CancellationToken cancel)
    {
        var devices = DevicesByGateway();
        var names = devices.Where(g => g.Key.Length == 0 || _node.HolderOf(g.Key, host.Lane) is null).SelectMany(g => g.Select(d => "device/" + d).Append("circuit/" + g.Key));
        var rows = await RowsAsync(host.Lane, names, cancel);
        var strangers = (await _book.HeardFromAsync(host.Lane, null, cancel)).Where(r => _node.HolderOf(r.HeardFrom!, host.Lane) is null);
        await HandAsync(host, new GrainAdoption("", term, [.. rows, .. strangers]), cancel);
    }

    private async Task HandAsync(IGrainHost host, GrainAdoption adoption, CancellationToken cancel)
    {
        await _room.WaitAsync(cancel);
        host.Adopt(adoption with { Taken = Free });
    }

    private void Free() => _room.Release();

    private async Task<List<GrainSnapshot>> RowsAsync(Lane lane, IEnumerable<string> names, CancellationToken cancel)
    {
        var rows = new List<GrainSnapshot>();
        foreach (var some in names.Chunk(RowsAtOnce))
        {
            rows.AddRange(await _book.ReadAsync(lane, some, cancel));
        }

        return rows;
    }

    private ILookup<string, string> DevicesByGateway()
    {
        var version = _book.Registry.Version;
        if (!ReferenceEquals(_index.Version, version))
        {
            _index = (version, _book.Registry.InService.ToLookup(d => d.Gateway, d => d.Id, StringComparer.Ordinal));
        }

        return _index.Devices;
    }

    private void Lose(string client)
    {
        var (gateway, lane) = Seats.Of(client);
        foreach (var host in _hosts.Where(h => h.Lane == lane))
        {
            host.Lose(gateway);
        }
    }

    private void Led(bool leads)
    {
        foreach (var host in leads ? [] : _hosts)
        {
            host.Lose("");
        }

        if (leads && !_hasRest)
        {
            _ = AdoptAsync([ClusterNode.Rest], CancellationToken.None); // it began to lead before anybody was here to be asked
        }

        _hasRest = leads;
    }

    private async Task HearAsync(BookNews news)
    {
        if (news.Has(BookAreas.Zones))
        {
            foreach (var host in _hosts)
            {
                host.Refresh(news.Keys(BookAreas.Zones) is { } zones
                    ? await _book.ReadAsync(host.Lane, [.. zones], CancellationToken.None)
                    : await _book.ZonesAsync(host.Lane, CancellationToken.None));
            }
        }

        if (news.Has(BookAreas.Alerts))
        {
            await HearOfficersAsync();
        }
    }

    // Whoever took an officer's word may die before its own zones have heard it; said twice it is one.
    private async Task HearOfficersAsync()
    {
        await _listening.WaitAsync();
        try
        {
            var last = await _book.Alerts.LastEventAsync(CancellationToken.None);
            while (true)
            {
                var words = await _book.Alerts.WordsToZonesAsync(_heard, WordsAtOnce, CancellationToken.None);
                foreach (var (sequence, alert, ends, at) in words)
                {
                    if (!_hosts.All(h => ends ? h.Reset(alert, at) : h.Acknowledge(alert, at)))
                    {
                        return; // too many wait: said again at the next news
                    }

                    Volatile.Write(ref _heard, sequence);
                }

                if (words.Count < WordsAtOnce)
                {
                    Volatile.Write(ref _heard, Math.Max(last, _heard)); // the steps of rules need not be looked at again
                    return;
                }
            }
        }
        finally
        {
            _listening.Release();
        }
    }
}
