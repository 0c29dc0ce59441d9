using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Tests.Book;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Cluster;

/// <summary>One book in PostgreSQL whose clock a test sets, and servers over it that beat when they are told to.</summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    private readonly BookOptions _book;
    private readonly List<IAsyncDisposable> _open = [];

    private ClusterRig(BookOptions book) => _book = book;

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Moved when a test says so, so that nobody beats by himself.</summary>
    public FakeTime Time { get; } = new();

    /// <summary>A book that no server has, for looking and for the clock.</summary>
    public CityBook Book { get; private set; } = null!;

    public static async Task<ClusterRig> OpenAsync(PostgresServer server)
    {
        var rig = new ClusterRig(new BookOptions { Path = "/nowhere", Postgres = $"{server.Address};Search Path=s_{Guid.NewGuid():N}", Readers = 1 });
        rig.Book = await CityBook.OpenAsync(rig._book, TimeProvider.System, _ => true);
        rig._open.Add(rig.Book);
        await rig.Book.Store.WriteAsync(t => t.Sql.Execute("CREATE TABLE test_clock AS SELECT CAST(1800000000000000000 AS BIGINT) AS now"), Cancel);
        return rig;
    }

    /// <summary>Starts a server, or its next incarnation.</summary>
    public async Task<Peer> StartAsync(string name, Guid? log = null, string ca = "ca", string flavour = "embedded")
    {
        var book = await CityBook.OpenAsync(_book with { Server = name }, TimeProvider.System, _ => true);
        try
        {
            var options = new ClusterOptions { Name = name, Url = $"https://{name}:8443", Clock = "SELECT now FROM test_clock" };
            var peer = new Peer(book, log ?? Guid.NewGuid());
            peer.Attach(await ClusterNode.JoinAsync(book.Store, options, new ServerFacts(ca, peer.Log, "1.0", flavour), Time, NullLogger.Instance, Cancel));
            _open.Add(peer);
            return peer;
        }
        catch
        {
            await book.DisposeAsync();
            throw;
        }
    }

    /// <summary>The book's clock goes on, and those beat who are named, each second.</summary>
    public async Task PassAsync(double seconds, params Peer[] living)
    {
        for (; seconds > 0; seconds--)
        {
            await Book.Store.WriteAsync(t => t.Sql.Execute("UPDATE test_clock SET now = now + $1", (long)(Math.Min(1, seconds) * 1e9)), Cancel);
            foreach (var peer in living)
            {
                await peer.Node.BeatOnceAsync(Cancel);
            }
        }
    }

    public Task<string?> HolderAsync(string client) => Book.Store.ReadAsync(sql => sql.First("SELECT server FROM gateway_sessions WHERE client = $1", r => r.GetString(0), client), Cancel);

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_open))
        {
            await one.DisposeAsync();
        }
    }
}

/// <summary>One server of a <see cref="ClusterRig"/>, with what it was told.</summary>
internal sealed class Peer(CityBook book, Guid log) : IAsyncDisposable
{
    private bool _disposed;

    public CityBook Book => book;

    public Guid Log => log;

    public ClusterNode Node { get; private set; } = null!;

    public ConcurrentQueue<string> Lost { get; } = new();

    public ConcurrentQueue<string> Adopted { get; } = new();

    public ConcurrentQueue<string> Ended { get; } = new();

    /// <summary>What adopting waits for.</summary>
    public Func<Task> Adopt { get; set; } = () => Task.CompletedTask;

    public void Attach(ClusterNode node)
    {
        Node = node;
        node.Lost += Lost.Enqueue;
        node.Superseded += Ended.Enqueue;
        node.Adopting += async (clients, _) =>
        {
            await Adopt();
            foreach (var client in clients)
            {
                Adopted.Enqueue(client);
            }
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await Node.DisposeAsync();
            await book.DisposeAsync();
        }
    }

    /// <summary>As <c>kill -9</c> leaves it: nothing is said.</summary>
    public ValueTask DieAsync() => book.DisposeAsync();
}

/// <summary>Waiting for what other threads do.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> what)
    {
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); !what();)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "it did not come true");
            await Task.Delay(5);
        }
    }
}
