using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Cluster;

/// <summary>
/// This server among those of one book: which gateways it holds, whether it leads, and whether it still may write. A server that is alone holds everything,
/// leads, and asks nobody.
/// </summary>
internal sealed partial class ClusterNode : IAsyncDisposable
{
    /// <summary>Stands among adopted ClientIDs for what no session names: devices without a gateway, and gateways that were never here. It is the leader's.</summary>
    public const string Rest = "*";

    private readonly ClusterOptions _options;
    private readonly Seats _seats = new();
    private volatile bool _leads = true;
    private volatile IReadOnlyList<ServerRow> _servers = [];

    private ClusterNode(ClusterOptions options) => _options = options;

    /// <summary>Every limit.</summary>
    public ClusterOptions Options => _options;

    /// <summary>This server's name; empty when it is alone.</summary>
    public string Name => _options.Name;

    /// <summary>There is no other server, and never will be with this book.</summary>
    public bool IsAlone => _options.Name.Length == 0;

    /// <summary>It does what exactly one server does.</summary>
    public bool IsLeader => _leads;

    /// <summary>Gateways are sent to the others.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>All servers as they were last read, by name; empty when this one is alone.</summary>
    public IReadOnlyList<ServerRow> Servers => _servers;

#pragma warning disable CS0067 // nobody raises them while it is alone
    /// <summary>Whether it leads has changed. Any thread; must not wait.</summary>
    public event Action<bool>? LeaderChanged;

    /// <summary>Another server holds this ClientID now: its connection here is to be closed (0x8E). Any thread; must not wait. May come twice.</summary>
    public event Action<string>? Lost;

    /// <summary>This incarnation may write no more, in words; the process must end. Once; any thread.</summary>
    public event Action<string>? Superseded;

    /// <summary>These ClientIDs have become ours (or <see cref="Rest"/>): reads what their devices left in the book. Nobody else writes that any more; <see cref="Holds"/> is true after it.</summary>
    public event Func<IReadOnlyList<string>, CancellationToken, Task>? Adopting;

    /// <summary>This server gives away what it holds: saves what is not saved.</summary>
    public event Func<CancellationToken, Task>? Leaving;
#pragma warning restore CS0067

    /// <summary>A server without others.</summary>
    public static ClusterNode Alone() => new(new ClusterOptions());

    /// <summary>Takes a gateway's session over, before its CONNACK.</summary>
    /// <param name="client">The ClientID: <c>gw</c> or <c>gw.alarm</c>.</param>
    /// <param name="cancel">The connection is gone.</param>
    /// <exception cref="BookException">The book is away; nothing is remembered of it.</exception>
    public Task TakeAsync(string client, CancellationToken cancel) => IsAlone ? Task.CompletedTask : throw new NotSupportedException();

    /// <summary>
    /// Whether the devices of a gateway, on a lane, are this server's to judge. Any thread, in memory. Within a write transaction of the book it is exact:
    /// what others took before is known then. Without a gateway it is the leader.
    /// </summary>
    public bool Holds(string? gateway, Lane lane) => IsAlone || (gateway is not null && _seats.Find(gateway, lane) is { } seat ? seat.Held : _leads);

    /// <summary>The server that holds a gateway's connection of a lane; null when it was never anywhere.</summary>
    public string? HolderOf(string gateway, Lane lane) => _seats.Find(gateway, lane)?.Server;

    /// <summary>How many sessions a server holds, by lane.</summary>
    public (int Telemetry, int Alarm) SessionsOf(string server) => _seats.CountOf(server);

    /// <summary>Gives sessions and leadership away, so that this server may be stopped without anybody waiting.</summary>
    public Task DrainAsync(string by, CancellationToken cancel) => throw new BookException("There is no other server.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
