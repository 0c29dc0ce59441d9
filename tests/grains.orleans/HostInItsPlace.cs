using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using SmartCity.City;
using SmartCity.Grains.Orleans;
using SmartCity.Grains.Orleans.Tests;
using SmartCity.Telemetry;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace SmartCity.Grains.Tests;

/// <summary>
/// Stands where the tests of <c>tests/grains</c> say <c>EmbeddedHost</c>, so that the very same campaigns are run with Orleans: a silo for each book. Whoever makes a new
/// host for a book has killed the old one.
/// </summary>
internal sealed class EmbeddedHost
{
    private static readonly ConditionalWeakTable<IGrainBook, Home> Homes = [];
    private static readonly List<Home> Open = [];
    private static string? _test;
    private readonly OrleansHost _host;

    public EmbeddedHost(Lane lane, KindCatalog kinds, IDeviceDirectory directory, IGrainBook book, TimeProvider time, HostOptions? options = null, IGrainSessions? sessions = null)
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
            home.Begin(() => new LaneSilo(lane, kinds, directory, sessions is null ? new CheckedBook(book) : book, time, options ?? new HostOptions()));
            Open.Add(home);
            _host = new OrleansHost(home.Lane!, home.Silo!.Grains, sessions, time);
        }
    }

    public LogCursor? Cursor => _host.Cursor;

    public LogCursor? Position => _host.Position;

    public HostCounters Counters => _host.Counters;

    public int Devices => _host.Devices;

    public Action<IReadOnlyList<AlertChange>>? Committed
    {
        get => _host.Committed;
        set => _host.Committed = value;
    }

    public LogCursor? Backlog
    {
        set => _host.Backlog = value;
    }

    public bool MayApply => _host.MayApply;

    public IReadOnlyList<AlertChange> Pending => _host.Pending;

    public Action<string>? Refused
    {
        get => _host.Refused;
        set => _host.Refused = value;
    }

    public void Adopt(GrainAdoption adoption) => _host.Adopt(adoption);

    public void Lose(string gateway) => _host.Lose(gateway);

    public void Refresh(IReadOnlyList<GrainSnapshot> zones) => _host.Refresh(zones);

    public Task LoadAsync(CancellationToken cancel) => _host.LoadAsync(cancel);

    public void Apply(LogBatch batch) => _host.Apply(batch);

    public void ApplyFrame(LogCursor end, FrameFlags flags, long receivedAt, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> source = default) =>
        _host.ApplyFrame(end, flags, receivedAt, payload, source);

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

    private static Task<CitySilo> StartAsync(LaneSilos lanes)
    {
        var port = Free();
        return CitySilo.StartAsync(
            new MemberOptions
            {
                Name = "one",
                Port = port,
                Configure = silo => silo.UseDevelopmentClustering(new IPEndPoint(IPAddress.Loopback, port)).UseInMemoryReminderService(),
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

    /// <summary>
    /// The silo of a book. A new host of a book means that its server has died; as often as not its grains have too, and otherwise they live on elsewhere, and must not
    /// believe what the dead one told them.
    /// </summary>
    private sealed class Home
    {
        private const int KilledOf = 6;
        private int _lives;

        public CitySilo? Silo { get; private set; }

        public LaneSilo? Lane { get; private set; }

        public void Begin(Func<LaneSilo> lane)
        {
            if (_lives++ % KilledOf != 0)
            {
                return;
            }

            Kill();
            var lanes = new LaneSilos();
            lanes.Open(Lane = lane());
            Silo = StartAsync(lanes).GetAwaiter().GetResult();
        }

        public void Kill()
        {
            Silo?.KillAsync().GetAwaiter().GetResult();
            Silo = null;
        }
    }
}
