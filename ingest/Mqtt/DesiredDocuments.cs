using System.Collections.Concurrent;
using System.Text.Json;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Mqtt;

/// <summary>The desired document of a gateway, made from the registry (CONTRACTS, Desired). Its version grows with
/// the registry's revisions, so that two servers with the same book say the same.</summary>
internal sealed class DesiredDocuments(Registry registry, string timeZone)
{
    private readonly ConcurrentDictionary<string, byte[]> _sent = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _reported = new(StringComparer.Ordinal);

    /// <summary>The version a gateway last said it runs; null when it has not said since the server started.</summary>
    public long? ReportedVersion(string gateway) => _reported.TryGetValue(gateway, out var version) ? version : null;

    /// <summary>Notes a gateway's report.</summary>
    public void Reported(string gateway, JsonElement report)
    {
        var version = report.GetProperty("version").GetInt64();
        if (registry.Current.Gateways.ContainsKey(gateway))
        {
            _reported[gateway] = version;
        }
    }

    /// <summary>The document as it must be now.</summary>
    public byte[] Make(string gateway)
    {
        var devices = Devices(gateway);
        _sent[gateway] = Write(devices, version: 0);
        return Write(devices, Version());
    }

    /// <summary>The document, or null when the gateway has been sent the same.</summary>
    public byte[]? MakeIfChanged(string gateway)
    {
        var devices = Devices(gateway);
        var content = Write(devices, version: 0);
        if (_sent.TryGetValue(gateway, out var sent) && sent.AsSpan().SequenceEqual(content))
        {
            return null;
        }

        _sent[gateway] = content;
        return Write(devices, Version());
    }

    // Rows are never deleted and revisions only grow, so this sum does too, whatever moves from one gateway to another.
    private long Version() => registry.Current.Devices.Values.Sum(d => d.Row.Revision);

    private List<DeviceRow> Devices(string gateway) =>
        [.. registry.Current.Devices.Values.Select(d => d.Row).Where(d => d.State == Service.Active && d.Gateway == gateway).OrderBy(d => d.Id, StringComparer.Ordinal)];

    private byte[] Write(List<DeviceRow> devices, long version)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version", version);
            json.WriteString("timeZone", timeZone);
            foreach (var empty in (ReadOnlySpan<string>)["holidays", "programmes", "calendars", "lamps", "overrides"])
            {
                json.WriteStartArray(empty);
                json.WriteEndArray();
            }

            json.WriteStartObject("thresholds");
            foreach (var device in devices.Where(d => d.Thresholds is { Count: > 0 }))
            {
                json.WriteStartObject(device.Id);
                foreach (var (name, value) in device.Thresholds!.OrderBy(t => t.Key, StringComparer.Ordinal))
                {
                    json.WriteNumber(name, value);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
