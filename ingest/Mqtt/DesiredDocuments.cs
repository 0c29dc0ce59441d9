using System.Collections.Concurrent;
using System.Security.Cryptography;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Mqtt;

/// <summary>The desired document of a gateway, made from the registry (CONTRACTS, Desired). Its version grows with the registry's revisions, so that two
/// servers with the same book say the same. A document that no packet can hold is not sent: the gateway goes on with the one it has.</summary>
internal sealed class DesiredDocuments(Registry registry, string timeZone)
{
    private readonly ConcurrentDictionary<string, Made> _made = new(StringComparer.Ordinal);

    /// <summary>The document as it must be now.</summary>
    public DesiredMessage Make(string gateway)
    {
        var (document, hash) = Compose(gateway);
        return Message(gateway, document, hash, Version());
    }

    /// <summary>The document, or null when the gateway has been sent the same.</summary>
    public DesiredMessage? MakeIfChanged(string gateway)
    {
        var (document, hash) = Compose(gateway);
        return _made.TryGetValue(gateway, out var made) && made.Hash.AsSpan().SequenceEqual(hash) ? null : Message(gateway, document, hash, Version());
    }

    /// <summary>The version that a gateway should have in force, and why it cannot be sent (null when it can). A gateway that has not been here since the
    /// server started is measured by the registry of now.</summary>
    public (long Version, string? Fault) Look(string gateway)
    {
        var (document, hash) = Compose(gateway);
        var version = _made.TryGetValue(gateway, out var made) && made.Hash.AsSpan().SequenceEqual(hash) ? made.Version : Version();
        return (version, Fault(document.Write().Length));
    }

    private DesiredMessage Message(string gateway, DesiredDocument document, byte[] hash, long version)
    {
        _made[gateway] = new Made(hash, version);
        var payload = With(document, version).Write();
        return new DesiredMessage(payload, version, Fault(payload.Length));
    }

    private static string? Fault(int bytes) => bytes <= DesiredDocument.LargestSentBytes
        ? null
        : FormattableString.Invariant($"the document has {bytes} bytes, a packet holds {DesiredDocument.LargestSentBytes}: give some of its devices to another gateway");

    // Rows are never deleted and revisions only grow, so this sum does too, whatever moves from one gateway to another.
    private long Version() => registry.Current.Devices.Values.Sum(d => d.Row.Revision) + registry.Current.Zones.Values.Sum(z => z.Revision);

    private (DesiredDocument Document, byte[] Hash) Compose(string gateway)
    {
        var current = registry.Current;
        var devices = current.Devices.Values.Select(d => d.Row).Where(d => d.State == Service.Active && d.Gateway == gateway).ToList();
        var document = new DesiredDocument
        {
            TimeZone = timeZone,
            Lamps = devices.Where(d => d.Kind == "streetlight").ToDictionary(
                d => d.Id,
                d => new DesiredLamp(d.Id) { Latitude = d.Lat ?? double.NaN, Longitude = d.Lon ?? double.NaN },
                StringComparer.Ordinal),
            Thresholds = devices.Where(d => d.Thresholds is { Count: > 0 }).ToDictionary(d => d.Id, d => d.Thresholds!, StringComparer.Ordinal),
            Zones = devices.Select(d => d.Zone).OfType<string>().Distinct(StringComparer.Ordinal)
                .Where(z => current.Zones.TryGetValue(z, out var row) && row is { State: Service.Active, Settings.Count: > 0 })
                .ToDictionary(z => z, z => ZoneOf(current.Zones[z].Settings!), StringComparer.Ordinal),
        };
        return (document, SHA256.HashData(document.Write()));
    }

    private static DesiredDocument With(DesiredDocument document, long version) => new()
    {
        Version = version,
        TimeZone = document.TimeZone,
        Lamps = document.Lamps,
        Thresholds = document.Thresholds,
        Zones = document.Zones,
    };

    private static DesiredZone ZoneOf(IReadOnlyDictionary<string, double> settings) => new()
    {
        AcknowledgeWithin = settings.TryGetValue(ZoneSettings.AcknowledgeWithin, out var within) ? TimeSpan.FromSeconds(within) : null,
        Coincidence = settings.TryGetValue(ZoneSettings.Coincidence, out var coincidence) ? TimeSpan.FromSeconds(coincidence) : null,
    };

    private sealed record Made(byte[] Hash, long Version);
}

/// <summary>A desired document to be sent.</summary>
/// <param name="Payload">Its JSON.</param>
/// <param name="Version">Its version.</param>
/// <param name="Fault">Why it cannot be sent; null when it can.</param>
internal sealed record DesiredMessage(byte[] Payload, long Version, string? Fault);
