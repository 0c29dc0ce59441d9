using System.Security.Authentication;
using System.Text.Json;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Peers;

/// <summary>
/// Asks every other server once a second how it fares and which gateways are connected to it; and, while somebody looks, what its devices said last. Bounded in servers, in
/// devices an answer, in answers a turn and in time: one that does not answer holds nobody up, and is away.
/// </summary>
internal sealed partial class PeerExchange : IAsyncDisposable
{
    /// <summary>More servers than anybody runs for one city.</summary>
    private const int MostServers = 16;

    /// <summary>Pages of one turn: a million devices.</summary>
    private const int MostPages = 200;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>For one answer: longer than a page takes on a busy machine, shorter than what makes a server away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Who looked less long ago is taken to look still; a screen asks at least this often.</summary>
    private static readonly TimeSpan Looking = TimeSpan.FromSeconds(15);

    /// <summary>What is shown may be this old: one turn that took its time.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2.5);

    private readonly IServerTable _table;
    private readonly PeerTls _tls;
    private readonly Func<RegistrySnapshot> _registry;
    private readonly TimeProvider _time;
    private readonly ILogger<PeerExchange> _logger;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Peer> _peers = new(StringComparer.Ordinal);
    private volatile PeerMirror[] _mirrors = [];
    private long _lookedAt = long.MinValue;

    public PeerExchange(IServerTable table, PeerTls tls, Func<RegistrySnapshot> registry, TimeProvider time, ILogger<PeerExchange> logger)
    {
        _table = table;
        _tls = tls;
        _registry = registry;
        _time = time;
        _logger = logger;
    }

    /// <summary>The other servers, each as it said last.</summary>
    public IReadOnlyList<PeerMirror> Mirrors => _mirrors;

    /// <summary>The servers of the book.</summary>
    public IServerTable Table => _table;

    /// <summary>What one of them said; null when it is not asked.</summary>
    public PeerMirror? Of(string name) => Array.Find(_mirrors, m => m.Name == name);

    /// <summary>Another server answers, takes gateways as far as is known, and says that the city's book answers it.</summary>
    public bool AnotherHasBook => Array.Exists(
        _mirrors,
        m => m is { IsAway: false, Status: { } status } && !status.Faults.Any(f => f.Part == ReadyFault.Book) && _table.Servers.Any(s => s.Name == m.Name && !s.Draining));

    /// <summary>A device as the server had it that was the last to hear it; null when no other has. Allocates nothing.</summary>
    public PeerDevice? Find(string device)
    {
        PeerDevice? newest = null;
        foreach (var mirror in _mirrors)
        {
            newest = mirror.Find(device) is { } found && !(newest?.Received >= found.Received) ? found : newest;
        }

        return newest;
    }

    /// <summary>A gateway as the server says it to which it is connected; null: to none that answers.</summary>
    public PeerGateway? Gateway(string gateway)
    {
        foreach (var mirror in _mirrors)
        {
            if (!mirror.IsAway && mirror.Gateways.TryGetValue(gateway, out var found))
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>
    /// Somebody looks: completes when what the others have is not older than it may be. That is at once while somebody has looked before, and a second at most: who
    /// does not answer holds up nobody.
    /// </summary>
    public async ValueTask FreshAsync(CancellationToken cancel)
    {
        Interlocked.Exchange(ref _lookedAt, _time.GetTimestamp());
        foreach (var mirror in _mirrors)
        {
            if (mirror is { IsAway: false, AnsweredAgo: not null } && !(mirror.LiveAgo <= Fresh) && PeerOf(mirror) is { } peer)
            {
                await peer.NextAsync(Every, cancel);
            }
        }
    }

    /// <summary>Looks once a second which servers there are, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stop.Token);
        while (!either.IsCancellationRequested)
        {
            Reconcile(start: true);
            await Task.Delay(Every, _time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Makes a mirror for each other server, and forgets those that are gone from the book.</summary>
    internal void Reconcile(bool start)
    {
        lock (_gate)
        {
            var others = _table.Servers.Where(s => s.Name != _table.Self && !s.HasLeft).Take(MostServers).ToList();
            foreach (var gone in _peers.Keys.Except(others.Select(s => s.Name), StringComparer.Ordinal).ToList())
            {
                _peers.Remove(gone, out var peer);
                _ = peer!.DisposeAsync().AsTask();
            }

            foreach (var other in others)
            {
                var known = _peers.TryGetValue(other.Name, out var peer);
                if (!known)
                {
                    var mirror = new PeerMirror(other.Name, id => _registry().Devices.Find(id) is not null, _time);
                    _peers[other.Name] = peer = new Peer(mirror, new PeerClient(_tls, other.Name), _time);
                }

                peer!.Mirror.Url = Uri.TryCreate(other.Url, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps ? url : null;
                if (!known && start)
                {
                    peer.Running = Task.Run(() => KeepAsync(peer), CancellationToken.None);
                }
            }

            _mirrors = [.. _peers.Values.Select(p => p.Mirror)];
        }
    }

    /// <summary>Asks one server once.</summary>
    internal async Task AskAsync(string name, bool live, CancellationToken cancel)
    {
        Peer? peer;
        lock (_gate)
        {
            peer = _peers.GetValueOrDefault(name);
        }

        await (peer is null ? Task.CompletedTask : AskAsync(peer, live, cancel));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        List<Peer> all;
        lock (_gate)
        {
            all = [.. _peers.Values];
            _peers.Clear();
            _mirrors = [];
        }

        foreach (var peer in all)
        {
            await peer.DisposeAsync();
        }

        _stop.Dispose();
    }

    private bool IsLooked => Interlocked.Read(ref _lookedAt) is var at && at != long.MinValue && _time.GetElapsedTime(at) < Looking;

    private Peer? PeerOf(PeerMirror mirror)
    {
        lock (_gate)
        {
            return _peers.GetValueOrDefault(mirror.Name);
        }
    }

    private async Task KeepAsync(Peer peer)
    {
        while (!peer.Stopped.IsCancellationRequested)
        {
            var begun = _time.GetTimestamp();
            await AskAsync(peer, IsLooked, peer.Stopped);
            var left = Every - _time.GetElapsedTime(begun);
            if (left > TimeSpan.Zero)
            {
                await peer.WaitAsync(left);
            }
        }
    }

    private async Task AskAsync(Peer peer, bool live, CancellationToken cancel)
    {
        var mirror = peer.Mirror;
        var wasAway = mirror.Trouble is not null;
        try
        {
            if (mirror.Url is not { } url)
            {
                mirror.Trouble = "it has not said where it is to be reached (cluster.url)";
                return;
            }

            var (after, pages) = ((string?)null, 0);
            do
            {
                using var patience = new CancellationTokenSource(Patience, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
                var asked = _time.Nanoseconds();
                using var answer = await peer.Client.AskAsync(url, mirror.Version, mirror.GatewaysVersion, after, live, either.Token);
                var next = mirror.Take(answer.RootElement, first: after is null, live, asked);
                if (next is not null && (++pages == MostPages || string.CompareOrdinal(next, after) <= 0))
                {
                    throw new FormatException("its devices come to no end");
                }

                after = next;
            }
            while (after is not null);

            if (wasAway)
            {
                Log.Back(_logger, mirror.Name);
            }

            if (live)
            {
                peer.Came();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // asked to end
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or FormatException or IOException or AuthenticationException)
        {
            mirror.Trouble = Words(e);
            if (!wasAway)
            {
                Log.Away(_logger, mirror.Name, mirror.Trouble);
            }
        }
    }

    private static string Words(Exception e) => e switch
    {
        OperationCanceledException => "no answer within two seconds",
        HttpRequestException { InnerException: AuthenticationException } => "it is not the server of that name, by a certificate of this city",
        HttpRequestException { StatusCode: { } status } => FormattableString.Invariant($"it answers with status {(int)status}: its program is an older one, or its CA another"),
        _ => e.Message,
    };

    /// <summary>One other server: what it said, the task that asks it, and who waits for its next answer.</summary>
    private sealed class Peer(PeerMirror mirror, PeerClient client, TimeProvider time) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile TaskCompletionSource _kick = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public PeerMirror Mirror => mirror;

        public PeerClient Client => client;

        public Task Running { get; set; } = Task.CompletedTask;

        public CancellationToken Stopped => _stop.Token;

        /// <summary>Its devices are here.</summary>
        public void Came() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

        /// <summary>Asks at once, and waits for the answer, but not for long.</summary>
        public async Task NextAsync(TimeSpan most, CancellationToken cancel)
        {
            var next = _next.Task;
            _kick.TrySetResult();
            await Task.WhenAny(next, Task.Delay(most, time, cancel));
            cancel.ThrowIfCancellationRequested();
        }

        /// <summary>Waits until the next turn, or until somebody begins to look.</summary>
        public async Task WaitAsync(TimeSpan left)
        {
            await Task.WhenAny(_kick.Task, Task.Delay(left, time, Stopped)).ConfigureAwait(false);
            _kick = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            client.Dispose();
            _stop.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Server {name} does not tell what its devices say: {trouble}. What it holds is shown as not known; its alerts come by the book.")]
        public static partial void Away(ILogger logger, string name, string trouble);

        [LoggerMessage(2, LogLevel.Information, "Server {name} tells what its devices say again")]
        public static partial void Back(ILogger logger, string name);
    }
}
