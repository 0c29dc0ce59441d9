using SmartCity.Ingest.Book;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Stores;

/// <summary>A few gateways that publish to an open server, and what they have published.</summary>
internal sealed class StoreLoad : IAsyncDisposable
{
    private readonly List<LoadGateway> _gateways;

    private StoreLoad(List<LoadGateway> gateways) => _gateways = gateways;

    public long Published => _gateways.Sum(g => g.Published);

    public long Acknowledged => _gateways.Sum(g => g.Acknowledged);

    public IEnumerable<(string Device, Account Account)> Accounts => _gateways.SelectMany(g => g.Accounts);

    public static RegistryEdits Registry(int gateways, int devicesEach) => new()
    {
        Gateways = [.. Enumerable.Range(0, gateways).Select(n => new GatewayEdit { Id = Name(n) })],
        Devices =
        [
            .. Enumerable.Range(0, gateways).SelectMany(n => LoadGateway.Devices(Name(n), devicesEach)
                .Select(d => new DeviceEdit { Id = d, Kind = LoadGateway.Kind, Gateway = Name(n) })),
        ],
    };

    public static async Task<StoreLoad> ConnectAsync(Town town, int gateways, int devicesEach, long stampUnit = 100)
    {
        var load = new StoreLoad([.. Enumerable.Range(0, gateways)
            .Select(n => new LoadGateway(town.Client(Name(n)), Name(n), LoadGateway.Devices(Name(n), devicesEach), stampUnit))]);
        foreach (var gateway in load._gateways)
        {
            await gateway.ConnectAsync();
        }

        return load;
    }

    /// <summary>Publishes until stopped, or <paramref name="readings"/> are made by all together.</summary>
    public Task RunAsync(long readings, TimeSpan pause, CancellationToken stop) =>
        Task.WhenAll(_gateways.Select(g => Task.Run(() => g.RunAsync(readings / _gateways.Count / g.Accounts.Count(), pause, stop))));

    public async Task FlushAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.FlushAsync(Until.Patience);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }
    }

    private static string Name(int n) => FormattableString.Invariant($"load-{n}");
}
