using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using SmartCity.City;
using SmartCity.Grains.Orleans;
using SmartCity.Grains.Orleans.Tests;
using SmartCity.Telemetry;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace SmartCity.Grains.Tests;

/// <summary>
/// Stands where the tests of <c>tests/grains</c> say <c>EmbeddedHost</c>, so that the very same campaigns are run with Orleans: a silo of its own each, whose store
/// belongs to the book. Whoever makes a new host for a book has killed the old one: that silo says no goodbye and saves nothing.
/// </summary>
internal sealed class EmbeddedHost
{
    private static readonly ConditionalWeakTable<IGrainBook, Home> Homes = [];
    private static readonly List<Home> Open = [];
    private static string? _test;
    private readonly OrleansHost _host;

    public EmbeddedHost(Lane lane, KindCatalog kinds, IDeviceDirectory directory, IGrainBook book, TimeProvider time, HostOptions? options = null)
    {
        lock (Open)
        {
            if (TestContext.Current.Test?.UniqueID is var test && test != _test)
            {
                Open.ForEach(h => h.Kill());
                Open.Clear();
                _test = test;
            }

            var home = Homes.GetOrCreateValue(book);
            home.Kill();
            var lanes = new LaneSilos();
            var silo = new LaneSilo(lane, kinds, directory, book, time, options ?? new HostOptions());
            lanes.Open(silo);
            home.Silo = StartAsync(home.Store, lanes).GetAwaiter().GetResult();
            home.Silo.Lend(home.Store.Use);
            Open.Add(home);
            Store = home.Store;
            _host = new OrleansHost(silo, home.Silo.Grains, home.Silo.Address, sessions: null, time);
        }
    }

    public TestStore Store { get; }

    public LogCursor? Cursor => _host.Cursor;

    public LogCursor? Position => _host.Position;

    public HostCounters Counters => _host.Counters;

    public int Devices => _host.Devices;

    public Action<IReadOnlyList<AlertChange>>? Committed
    {
        get => _host.Committed;
        set => _host.Committed = value;
    }

    public Task LoadAsync(CancellationToken cancel) => _host.LoadAsync(cancel);

    public void Apply(LogBatch batch) => _host.Apply(batch);

    public void ApplyFrame(LogCursor end, FrameFlags flags, long receivedAt, ReadOnlySpan<byte> payload) => _host.ApplyFrame(end, flags, receivedAt, payload);

    public ValueTask CommitAsync(CancellationToken cancel) => new(AgainAsync(() => _host.CommitAsync(cancel).AsTask()));

    public ValueTask TickAsync(bool caughtUp, CancellationToken cancel) => new(AgainAsync(() => _host.TickAsync(caughtUp, cancel).AsTask()));

    public Task CheckpointAsync(CancellationToken cancel) => AgainAsync(() => _host.CheckpointAsync(cancel));

    public DeviceView? Look(string device) => _host.Look(device);

    public (long Measured, long Received)? Heard(string device) => _host.Heard(device);

    public (double Value, long MeasuredAt)? Newest(string device, string metric) => _host.Newest(device, metric);

    public bool Acknowledge(string alertId, long atNs) => _host.Acknowledge(alertId, atNs);

    public bool Reset(string alertId, long atNs) => _host.Reset(alertId, atNs);

    /// <summary>As the reader of the log does it: a silo that is coming up or going away turns calls down.</summary>
    private static async Task AgainAsync(Func<Task> work)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await work();
                return;
            }
            catch (Exception e) when (tries < 20 && e is TimeoutException or OrleansException)
            {
                await Task.Delay(50);
            }
        }
    }

    private static Task<CitySilo> StartAsync(TestStore store, LaneSilos lanes)
    {
        var port = Free();
        return CitySilo.StartAsync(
            new MemberOptions
            {
                Name = "one",
                Port = port,
                Configure = silo =>
                {
                    silo.UseDevelopmentClustering(new IPEndPoint(IPAddress.Loopback, port)).UseInMemoryReminderService();
                    silo.Services.AddKeyedSingleton<IGrainStorage>(CitySilo.Store, store);
                },
            },
            lanes,
            logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Critical),
            CancellationToken.None);
    }

    private static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class Home
    {
        public TestStore Store { get; } = new();

        public CitySilo? Silo { get; set; }

        public void Kill()
        {
            Silo?.KillAsync().GetAwaiter().GetResult();
            Silo = null;
        }
    }
}
