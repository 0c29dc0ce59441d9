using System.Globalization;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.Tests.Api;

namespace SmartCity.Ingest.Tests.Lights;

/// <summary>Lamps a, b (street s-1) and c on gateway gw-1, and one on none, behind the API; the gateway is the test.</summary>
internal sealed class LampCity : IAsyncDisposable
{
    private readonly Dictionary<(string Device, string Metric), (double, long)> _values = [];
    private DesiredDocuments _desired = null!;

    public ApiRig Rig { get; private set; } = null!;

    public bool Online { get; set; } = true;

    public LightingBook Lighting => Rig.Book.Lighting;

    /// <summary>The version that the gateway should have.</summary>
    public long Version => _desired.Look("gw-1").Version;

    public static async Task<LampCity> StartAsync()
    {
        var city = new LampCity();
        city.Rig = await ApiRig.StartAsync(services: s => s with
        {
            Connected = _ => city.Online,
            Desired = g => city._desired.Look(g),
            Newest = (device, metric) => city._values.TryGetValue((device, metric), out var value) ? value : null,
        });
        await city.Rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Streets = [new() { Id = "s-1", Name = "Lê Lợi", Ward = "Hạc Thành" }],
                Gateways = [new() { Id = "gw-1" }],
                Devices =
                [
                    new() { Id = "a", Kind = "streetlight", Gateway = "gw-1", Street = "s-1" },
                    new() { Id = "b", Kind = "streetlight", Gateway = "gw-1", Street = "s-1" },
                    new() { Id = "c", Kind = "streetlight", Gateway = "gw-1" },
                    new() { Id = "loose", Kind = "streetlight" },
                ],
            },
            "an",
            CancellationToken.None);
        var book = city.Rig.Book;
        city._desired = new DesiredDocuments(book.Registry, book.ZoneActs, () => RunningTests.None, book.Lighting, KindCatalog.BuiltIn, "Asia/Ho_Chi_Minh", city.Rig.Store.Time);
        book.Lighting.Refuses = city._desired.Refuses;
        city.Send();
        city.Pass(60);
        return city;
    }

    /// <summary>The gateway gets its document, if it is another one.</summary>
    public void Send() => _desired.MakeIfChanged("gw-1");

    public void Pass(double seconds) => Rig.Store.Time.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>To the next time that it is that late, UTC.</summary>
    public void PassTo(int hour, int minute)
    {
        var now = Rig.Store.Time.GetUtcNow();
        var then = now.Date.AddHours(hour).AddMinutes(minute);
        Rig.Store.Time.Advance((then > now.DateTime ? then : then.AddDays(1)) - now.DateTime);
    }

    /// <summary>The gateway reports: by default the version that it should have.</summary>
    public async Task ReportAsync(string lamps, long? version = null, long? refused = null)
    {
        var json = string.Create(
            CultureInfo.InvariantCulture, $$"""{"version":{{version ?? Version}}{{(refused is null ? "" : ",\"refused\":{\"version\":" + refused + ",\"why\":\"no\"}")}},"lamps":{{lamps}}}""");
        await Rig.Book.Reports.KeepAsync(Rig.Book.Reports.Read("gw-1", JsonElement.Parse(json)), CancellationToken.None);
    }

    /// <summary>A reading comes: dim level and watts together, measured now or so many seconds before.</summary>
    public void Measure(string lamp, double dim, double watts, double before = 0)
    {
        Pass(before > 0 ? 0 : 1);
        var at = Instant.From(Rig.Store.Time.GetUtcNow().AddSeconds(-before));
        _values[(lamp, "dim_percent")] = (dim, at);
        _values[(lamp, "power_w")] = (watts, at);
    }

    public async Task PutAsync(LightKind kind, string id, string body) => Assert.Null(await Lighting.PutAsync(kind, id, null, body, null, "an", CancellationToken.None));

    public Task<LightOrder> OrderAsync(LightTarget target, double level, int priority = 100, DateTimeOffset? start = null, DateTimeOffset? expires = null, string? reason = null, string by = "lan") =>
        Lighting.OrderAsync(target, level, priority, start ?? Rig.Store.Time.GetUtcNow(), expires, reason, by, CancellationToken.None);

    /// <summary>The board of now, not of half a second ago.</summary>
    public async Task<LampBoard> BoardAsync()
    {
        Pass(0.6);
        return await Rig.Services.Views.Lamps.GetAsync(CancellationToken.None);
    }

    public async Task<LampState> FindAsync(string lamp) => (await BoardAsync()).Find(lamp)!;

    public async Task<(LampFollow Follow, LampWhy? Why)> FollowAsync(string lamp) => await FindAsync(lamp) is var state ? (state.Follow, state.Why) : default;

    public ValueTask DisposeAsync() => Rig.DisposeAsync();
}
