using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.RateLimiting;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Reports;

/// <summary>
/// What everybody may know: the newest values of stations that measure air, rivers and rain. Nothing of fire, people, doors, gateways,
/// batteries or faults. Made at most once a minute for all who ask.
/// </summary>
internal sealed class OpenStations : IDisposable
{
    /// <summary>Requests of one address a minute: a page of a newspaper that asks each minute, with room for a household behind one address.</summary>
    public const int PerMinute = 30;

    /// <summary>How old an answer may be.</summary>
    public static readonly TimeSpan HoldsFor = TimeSpan.FromSeconds(60);

    private static readonly string[] Kinds = ["environment_station", "rain_gauge", "water_level"];

    // How a station is, is its owner's business.
    private static readonly string[] Own = ["battery_volt", "fault_code"];

    private readonly PartitionedRateLimiter<IPAddress> _limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetFixedWindowLimiter(Household(address), _ => new FixedWindowRateLimiterOptions { PermitLimit = PerMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 }));

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private OncePer<Answer>? _answer;

    public OpenStations(TimeProvider time) => _time = time;

    /// <summary>What is sent.</summary>
    internal sealed record Answer(byte[] Json, string Tag);

    /// <summary>Whether this address may ask now; else when it may again.</summary>
    public bool MayAsk(IPAddress? address, out TimeSpan wait)
    {
        using var lease = _limiter.AttemptAcquire(address ?? IPAddress.None);
        wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromMinutes(1);
        return lease.IsAcquired;
    }

    /// <summary>The answer, not older than <see cref="HoldsFor"/>.</summary>
    public ValueTask<Answer> GetAsync(ApiServices services, CancellationToken cancel)
    {
        lock (_gate)
        {
            _answer ??= new OncePer<Answer>(_time, HoldsFor, async (_, stop) =>
            {
                await services.Fresh(stop);
                return Make(services);
            });
        }

        return _answer.GetAsync(cancel);
    }

    public void Dispose() => _limiter.Dispose();

    // An IPv6 household has a /64 of its own.
    private static IPAddress Household(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv4MappedToIPv6)
        {
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private static Answer Make(ApiServices services)
    {
        var registry = services.Book.Registry.Current;
        var now = services.Time.GetUtcNow();
        var air = AirView.All(services).ToDictionary(a => a.Device, StringComparer.Ordinal);
        var features = new List<object>();
        foreach (var device in registry.Ordered.Where(d => d.State == Service.Active && d.Registered && Kinds.Contains(d.Kind)))
        {
            if (services.Kinds.Find(device.Kind) is not { } kind)
            {
                continue;
            }

            var live = services.Live(device.Id);
            var place = registry.LocationOf(device.Id, device.Zone);
            var index = air.GetValueOrDefault(device.Id);
            features.Add(new
            {
                type = "Feature",
                id = device.Id,
                geometry = place is { Lat: { } lat, Lon: { } lon } ? new { type = "Point", coordinates = (double[])[lon, lat] } : null,
                properties = new
                {
                    name = device.Name,
                    kind = device.Kind,
                    measuredAt = live?.LastSeen,
                    stale = live?.LastSeen is not { } seen || now - seen > kind.Interval * MapStates.Intervals,
                    values = kind.Metrics.Where(m => !Own.Contains(m.Name) && live?.Values.ContainsKey(m.Name) == true).ToDictionary(m => m.Name, m => live!.Values[m.Name].Value, StringComparer.Ordinal),
                    aqi = index?.Aqi,
                    aqiAt = index?.At,
                    aqiColour = index?.Colour,
                },
            });
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(new { type = "FeatureCollection", generatedAt = now, features }, BookJson.Options);
        return new Answer(json, $"\"{Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, 12))}\"");
    }
}
