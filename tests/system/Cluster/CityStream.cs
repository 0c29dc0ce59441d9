using System.Globalization;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>
/// One server's event stream as a console keeps it: after every break it goes on behind the last number, and a number that comes twice, goes back or leaves
/// one out is a fault. Each event is kept with the moment at which it came.
/// </summary>
internal sealed class CityStream : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>A stream says something every ten seconds; one that does not is on a cable that somebody pulled.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private readonly Uri _server;
    private readonly string _key;
    private readonly Action _news;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(AlertEvent Event, long At)> _seen = [];
    private readonly Dictionary<string, int> _others = new(StringComparer.Ordinal);
    private readonly List<string> _faults = [];
    private readonly Task _running;

    public CityStream(Uri server, string key, Action news)
    {
        (_server, _key, _news) = (server, key, news);
        _running = Task.Run(RunAsync);
    }

    /// <summary>How often it was opened.</summary>
    public int Opened { get; private set; }

    /// <summary>What broke the promise of the stream.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_seen)
            {
                return [.. _faults];
            }
        }
    }

    /// <summary>Names of events that are no transition, and how often they came (provisional alerts, for one).</summary>
    public IReadOnlyDictionary<string, int> Others
    {
        get
        {
            lock (_seen)
            {
                return _others.ToDictionary();
            }
        }
    }

    /// <summary>Events from a place in the stream on, each with the moment (ns since 1970) at which it came.</summary>
    public List<(AlertEvent Event, long At)> From(int place)
    {
        lock (_seen)
        {
            return place >= _seen.Count ? [] : _seen.GetRange(place, _seen.Count - place);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var client = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = Timeout.InfiniteTimeSpan };
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(client);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The server is dead, stands still, or has just gone: the next one, or the same again.
            }
            catch (Exception e)
            {
                lock (_seen)
                {
                    _faults.Add(e.ToString());
                }
            }

            await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(HttpClient client)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        silence.CancelAfter(Silence);
        long last;
        lock (_seen)
        {
            last = _seen is [.., var newest] ? newest.Event.Id : 0;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server, "/api/v1/events"));
        request.Headers.Add("Last-Event-ID", last.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Authorization", "Bearer " + _key);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
        answer.EnsureSuccessStatusCode();
        Opened++;
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(silence.Token));
        string? id = null, name = null, data = null;
        while (await reader.ReadLineAsync(silence.Token) is { } line)
        {
            silence.CancelAfter(Silence);
            switch (line.Split(": ", 2))
            {
                case ["id", var value]:
                    id = value;
                    break;
                case ["event", var value]:
                    name = value;
                    break;
                case ["data", var value]:
                    data = value;
                    break;
                case [""] when name is not null:
                    Hear(name, id, data!);
                    (id, name, data) = (null, null, null);
                    break;
            }
        }
    }

    private void Hear(string name, string? id, string data)
    {
        lock (_seen)
        {
            if (name == "alert")
            {
                var number = long.Parse(id!, CultureInfo.InvariantCulture);
                var before = _seen is [.., var newest] ? newest.Event.Id : 0;
                if (number <= before)
                {
                    _faults.Add($"{_server}: event {number} came after {before}");
                    return;
                }

                _seen.Add((AlertEvent.Read(number, data), Stamps.Now()));
            }
            else
            {
                _others[name] = _others.GetValueOrDefault(name) + 1;
                if (name == "reset")
                {
                    _faults.Add($"{_server}: the stream was reset");
                }
            }
        }

        _news();
    }
}

/// <summary>Everybody who looks at the city: an event has arrived when the first of them has it.</summary>
internal sealed class CityEars : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CityStream[] _streams;
    private readonly int[] _taken;
    private readonly SortedDictionary<long, (AlertEvent Event, long At)> _first = [];
    private readonly List<string> _faults = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CityEars(IReadOnlyList<Uri> servers, string key)
    {
        _taken = new int[servers.Count];
        _streams = [.. servers.Select(s => new CityStream(s, key, Hear))];
    }

    public IReadOnlyList<CityStream> Streams => _streams;

    /// <summary>Every event, with the moment at which the first stream had it.</summary>
    public List<(AlertEvent Event, long At)> Heard
    {
        get
        {
            lock (_gate)
            {
                return [.. _first.Values];
            }
        }
    }

    /// <summary>What two streams told differently, or one told wrongly.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_gate)
            {
                return [.. _faults, .. _streams.SelectMany(s => s.Faults)];
            }
        }
    }

    /// <summary>Waits for an event, and says when it came.</summary>
    public async Task<(AlertEvent Event, long At)> FirstAsync(Func<AlertEvent, bool> wanted, string what, TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        var after = 0L;
        while (true)
        {
            Task news;
            lock (_gate)
            {
                foreach (var (number, one) in _first)
                {
                    if (number > after && wanted(one.Event))
                    {
                        return one;
                    }
                }

                news = _news.Task;
            }

            try
            {
                await news.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"no event within {limit.TotalSeconds:0} s: {what}", e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in _streams)
        {
            await stream.DisposeAsync();
        }
    }

    private void Hear()
    {
        TaskCompletionSource told;
        lock (_gate)
        {
            for (var n = 0; n < _streams.Length; n++)
            {
                if (_streams[n] is { } stream)
                {
                    foreach (var (happened, at) in stream.From(_taken[n]))
                    {
                        _taken[n]++;
                        if (!_first.TryGetValue(happened.Id, out var before))
                        {
                            _first.Add(happened.Id, (happened, at));
                        }
                        else if (before.Event != happened)
                        {
                            _faults.Add($"two servers tell {happened.Id} differently: {before.Event} and {happened}");
                        }
                    }
                }
            }

            told = _news;
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        told.SetResult();
    }
}
