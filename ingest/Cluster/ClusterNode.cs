using SmartCity.Ingest.Book;
using SmartCity.Ingest.Book.Engines;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Cluster;

/// <summary>
/// This server among those of one book: which gateways it holds, whether it leads, and whether it still may write. A server that is alone holds everything,
/// leads, and asks nobody. <c>docs/decisions/two-servers.md</c> says what follows from what.
/// </summary>
internal sealed partial class ClusterNode : IAsyncDisposable
{
    /// <summary>Stands among adopted ClientIDs for what no session names: devices without a gateway, and gateways that were never here. It is the leader's.</summary>
    public const string Rest = "*";

    private readonly ClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BookStore? _store;
    private readonly Seats _seats = new();
    private readonly CancellationTokenSource _stop = new();
    private WriterFence? _fence;
    private long _incarnation;
    private volatile bool _leads;
    private volatile bool _drains;
    private volatile IReadOnlyList<ServerRow> _servers = [];
    private Task _running = Task.CompletedTask;
    private volatile bool _over;

    private ClusterNode(ClusterOptions options, BookStore? store, TimeProvider time, ILogger logger)
    {
        (_options, _store, _time, _logger) = (options, store, time, logger);
        _leads = store is null;
    }

    /// <summary>Every limit.</summary>
    public ClusterOptions Options => _options;

    /// <summary>This server's name; empty when it is alone.</summary>
    public string Name => _options.Name;

    /// <summary>There is no other server, and never will be with this book.</summary>
    public bool IsAlone => _store is null;

    /// <summary>How often this server has started.</summary>
    public long Incarnation => _incarnation;

    /// <summary>It does what exactly one server does.</summary>
    public bool IsLeader => _leads;

    /// <summary>Gateways are sent to the others.</summary>
    public bool IsDraining => _drains;

    /// <summary>All servers as they were last read, by name; empty when this one is alone.</summary>
    public IReadOnlyList<ServerRow> Servers => _servers;

    /// <summary>Whether it leads has changed. Any thread; must not wait.</summary>
    public event Action<bool>? LeaderChanged;

    /// <summary>Another server holds this ClientID now: its connection here is to be closed (0x8E). Any thread; must not wait. May come twice.</summary>
    public event Action<string>? Lost;

    /// <summary>This incarnation may write no more, in words; the process must end. Once; any thread.</summary>
    public event Action<string>? Superseded;

    /// <summary>These ClientIDs have become ours (or <see cref="Rest"/>): reads what their devices left in the book. Nobody else writes that any more; <see cref="Holds"/> is true after it.</summary>
    public event Func<IReadOnlyList<string>, CancellationToken, Task>? Adopting;

    /// <summary>This server is to be stopped: saves what is not saved, and sends gateways to the others.</summary>
    public event Func<CancellationToken, Task>? Leaving;

    /// <summary>A server without others.</summary>
    public static ClusterNode Alone() => new(new ClusterOptions(), null, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    /// <summary>
    /// Whether the devices of a gateway, on a lane, are this server's to judge. Any thread, in memory. Within a write transaction of the book it is exact:
    /// what others took before is known then. Without a gateway it is the leader.
    /// </summary>
    public bool Holds(string? gateway, Lane lane) => IsAlone || (gateway is not null && _seats.Find(gateway, lane) is { } seat ? seat.Held : _leads);

    /// <summary>The server that holds a gateway's connection of a lane; null when it was never anywhere, and so is the leader's.</summary>
    public string? HolderOf(string gateway, Lane lane) => _seats.Find(gateway, lane)?.Server;

    /// <summary>How many sessions a server holds, by lane.</summary>
    public (int Telemetry, int Alarm) SessionsOf(string server) => _seats.CountOf(server);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (_store is not null)
        {
            await LeaveAsync();
        }

        _stop.Dispose();
    }

    private long Clock(SqlSession sql) => sql.Number(_options.Clock ?? $"SELECT {sql.Dialect.Clock}") ?? 0;

    private void Lead(bool leads)
    {
        if (_leads != leads)
        {
            _leads = leads;
            ClusterLog.Leads(_logger, Name, leads ? "leads" : "no longer leads");
            LeaderChanged?.Invoke(leads);
        }
    }
}
