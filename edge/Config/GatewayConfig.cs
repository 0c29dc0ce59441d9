using System.Security.Cryptography;
using SmartCity.City;
using SmartCity.Edge.Tls;
using SmartCity.Telemetry;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace SmartCity.Edge.Config;

/// <summary>A device of the configuration, with the file of readings that stands in for its bus.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Kind">Name of its kind.</param>
/// <param name="Replay">CSV file to replay; null when the device only appears in the gateway's state.</param>
/// <param name="Repeat">Begin the file again when it ends.</param>
internal sealed record ConfiguredDevice(string Id, string Kind, string? Replay, bool Repeat);

/// <summary>A gateway's configuration: YAML with <c>gateway</c>, <c>data</c>, <c>servers</c>, <c>certificate</c>, <c>key</c>, <c>ca</c>
/// and <c>devices</c>. Relative paths are relative to the file.</summary>
internal sealed class GatewayConfig
{
    private sealed class Document
    {
        public string? Gateway { get; set; }

        public string? Data { get; set; }

        public List<string>? Servers { get; set; }

        public string? Certificate { get; set; }

        public string? Key { get; set; }

        public string? Ca { get; set; }

        public List<Device>? Devices { get; set; }
    }

    private sealed class Device
    {
        public string? Id { get; set; }

        public string? Kind { get; set; }

        public string? Replay { get; set; }

        public bool Repeat { get; set; }
    }

    private GatewayConfig(GatewayOptions options, IReadOnlyList<ConfiguredDevice> devices)
    {
        Options = options;
        Devices = devices;
    }

    /// <summary>What the gateway is started with.</summary>
    public GatewayOptions Options { get; }

    /// <summary>Its devices.</summary>
    public IReadOnlyList<ConfiguredDevice> Devices { get; }

    /// <summary>Reads and checks a file; every fault found is told at once.</summary>
    /// <exception cref="ConfigException">Something is wrong.</exception>
    public static GatewayConfig Load(string path)
    {
        var document = Read(path);
        var faults = new List<string>();
        var home = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string? At(string? relative) => relative is null ? null : Path.Combine(home, relative);

        if (!Identifier.IsValid(document.Gateway ?? ""))
        {
            faults.Add($"gateway: '{document.Gateway}' is no identifier; write 1 to 63 of a-z 0-9 - _");
        }

        if (document.Data is null)
        {
            faults.Add("data: missing; name the directory of the gateway's log");
        }

        var servers = ReadServers(document.Servers, faults);
        var devices = ReadDevices(document.Devices, At, faults);
        if (servers.Any(s => s.Tls) && (document.Certificate is null || document.Key is null || document.Ca is null))
        {
            faults.Add("certificate, key, ca: a server over TLS needs all three; 'smartcity-edge enrol' makes them");
        }

        if (faults.Count > 0)
        {
            throw new ConfigException(string.Join(Environment.NewLine, faults.Select(f => $"{path}: {f}")));
        }

        try
        {
            var tls = servers.Any(s => s.Tls);
            return new GatewayConfig(
                new GatewayOptions
                {
                    Gateway = document.Gateway!,
                    Directory = At(document.Data)!,
                    Servers = servers,
                    Certificate = tls ? CertificateFiles.Own(At(document.Certificate)!, At(document.Key)!) : null,
                    Authorities = tls ? CertificateFiles.Roots(At(document.Ca)!) : null,
                    Devices = [.. devices.Select(d => d.Id)],
                },
                devices);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigException($"{path}: certificate, key, ca: {e.Message}", e);
        }
    }

    private static Document Read(string path)
    {
        try
        {
            var yaml = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build();
            return yaml.Deserialize<Document?>(File.ReadAllText(path)) ?? new Document();
        }
        catch (YamlException e)
        {
            throw new ConfigException($"{path}:{e.Start.Line}: {e.InnerException?.Message ?? e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException(e.Message, e);
        }
    }

    private static List<ServerEndpoint> ReadServers(List<string>? texts, List<string> faults)
    {
        var servers = new List<ServerEndpoint>();
        foreach (var text in texts ?? [])
        {
            try
            {
                servers.Add(ServerEndpoint.Parse(text));
            }
            catch (FormatException e)
            {
                faults.Add($"servers: {e.Message}");
            }
        }

        if (texts is null or [])
        {
            faults.Add("servers: missing; list at least one as mqtts://host:8883");
        }

        return servers;
    }

    private static List<ConfiguredDevice> ReadDevices(List<Device>? listed, Func<string?, string?> at, List<string> faults)
    {
        var devices = new List<ConfiguredDevice>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var device in listed ?? [])
        {
            var id = device.Id ?? "";
            if (!Identifier.IsValid(id))
            {
                faults.Add($"devices: id '{id}' is no identifier; write 1 to 63 of a-z 0-9 - _");
            }
            else if (!seen.Add(id))
            {
                faults.Add($"devices: {id} stands twice; keep one");
            }

            if (KindCatalog.BuiltIn.Find(device.Kind ?? "") is null)
            {
                faults.Add($"devices: {id}: no kind '{device.Kind}'; one of {string.Join(", ", KindCatalog.BuiltIn.All.Select(k => k.Name))}");
            }

            devices.Add(new ConfiguredDevice(id, device.Kind ?? "", at(device.Replay), device.Repeat));
        }

        return devices;
    }
}
