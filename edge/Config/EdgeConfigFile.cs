using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using SmartCity.City;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Lamps;
using SmartCity.Edge.Tls;
using SmartCity.Telemetry;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Edge.Config;

/// <summary>Reads a gateway's configuration file. Every fault found is told at once, each with its line, its key and what to write.</summary>
internal static class EdgeConfigFile
{
    private const long MiB = 1 << 20;

    /// <summary>Reads and checks a file with the program's own drivers and kinds.</summary>
    /// <exception cref="ConfigException">Something is wrong.</exception>
    public static EdgeConfig Load(string path) => Load(path, DriverCatalog.All, KindCatalog.BuiltIn);

    /// <summary>Reads a file without its key and certificates, for those who do not connect: a gateway that is not enrolled yet has devices
    /// to look at all the same.</summary>
    /// <exception cref="ConfigException">Something else is wrong.</exception>
    public static EdgeConfig LoadWithoutKeys(string path) => Load(path, DriverCatalog.All, KindCatalog.BuiltIn, keys: false);

    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="drivers">Drivers by name.</param>
    /// <param name="kinds">Kinds of device.</param>
    /// <param name="keys">Read key and certificates, too.</param>
    /// <exception cref="ConfigException">Something is wrong.</exception>
    public static EdgeConfig Load(string path, IReadOnlyDictionary<string, DriverEntry> drivers, KindCatalog kinds, bool keys = true)
    {
        var faults = new ConfigFaults(path);
        var root = new YamlSection(faults, "", YamlText.Read(path));
        var config = Read(Path.GetFullPath(path), root, faults, drivers, kinds, keys);
        root.Close();
        faults.Throw();
        return config with { Warnings = faults.Warnings };
    }

    private static EdgeConfig Read(
        string path, YamlSection root, ConfigFaults faults, IReadOnlyDictionary<string, DriverEntry> drivers, KindCatalog kinds, bool keys)
    {
        var home = Path.GetDirectoryName(path)!;
        string? At(string key) => root.Text(key) is { } relative ? Path.Combine(home, relative) : null;
        var parts = new PartReader(faults, drivers, home);
        var gateway = root.Text("gateway") ?? "";
        if (!Identifier.IsValid(gateway))
        {
            root.Fault("gateway", $"'{gateway}' is no identifier; write 1 to 63 of a-z 0-9 - _");
        }

        var data = At("data");
        if (data is null)
        {
            root.Fault("data", "missing; name the directory of the gateway's log");
        }

        var servers = Servers(root);
        var (certificate, key, ca) = (At("certificate"), At("key"), At("ca"));
        var (own, authorities) = keys ? Tls(root, servers, certificate, key, ca) : (null, null);
        var (latitude, longitude) = DeviceReader.Location(root.Section("location"));
        var devices = new DeviceReader(faults, parts, kinds).Read(root);
        var https = Https(root);
        var options = Limits(root.Section("limits"), new GatewayOptions
        {
            Gateway = gateway,
            Directory = data ?? "",
            Servers = servers,
            Certificate = own,
            Authorities = authorities,
            CertificateFile = certificate,
            KeyFile = key,
            Https = https,
            Devices = [.. devices.Select(d => d.Id)],
            Clock = root.OneOf("clock", "auto", "trusted") == "trusted" ? ClockMode.Trusted : ClockMode.Auto,
        });
        return new EdgeConfig
        {
            Path = path,
            Options = options,
            Language = root.OneOf("language", "vi", "en"),
            TimeZone = Zone(root),
            Latitude = latitude,
            Longitude = longitude,
            Identify = parts.Output(root.Section("identify")),
            Devices = devices,
            Sirens = FireReader.Sirens(root, parts, devices),
            Zones = FireReader.Zones(root, devices),
            Lighting = Lighting(root),
            Https = https,
            TlsFiles = certificate is not null && key is not null && ca is not null ? (certificate, key, ca) : null,
        };
    }

    private static List<ServerEndpoint> Servers(YamlSection root)
    {
        var servers = new List<ServerEndpoint>();
        var texts = root.Texts("servers");
        foreach (var text in texts)
        {
            try
            {
                servers.Add(ServerEndpoint.Parse(text));
            }
            catch (FormatException e)
            {
                root.Fault("servers", e.Message);
            }
        }

        if (texts.Count == 0)
        {
            root.Fault("servers", "missing; list at least one as mqtts://host:8883");
        }

        return servers;
    }

    private static (X509Certificate2? Own, X509Certificate2Collection? Authorities) Tls(
        YamlSection root, List<ServerEndpoint> servers, string? certificate, string? key, string? ca)
    {
        if (!servers.Exists(s => s.Tls))
        {
            return (null, null);
        }

        if (certificate is null || key is null || ca is null)
        {
            root.Fault("certificate, key, ca", "a server over TLS needs all three; 'smartcity-edge enrol' makes them");
            return (null, null);
        }

        try
        {
            return (CertificateFiles.Own(certificate, key), CertificateFiles.Roots(ca));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            root.Fault("certificate, key, ca", $"{e.Message}; 'smartcity-edge enrol' makes these files");
            return (null, null);
        }
    }

    private static GatewayOptions Limits(YamlSection? section, GatewayOptions options)
    {
        if (section is null)
        {
            return options;
        }

        var limited = options with
        {
            BudgetBytes = section.Whole("diskMiB", 32, 1 << 20) * MiB ?? options.BudgetBytes,
            MinimumFreeBytes = section.Whole("minimumFreeMiB", 0, 1 << 20) * MiB ?? options.MinimumFreeBytes,
            BatchBytes = (int?)section.Whole("batchBytes", 1_024, 128 * 1_024) ?? options.BatchBytes,
            BatchAge = section.Time("batchAge", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5)) ?? options.BatchAge,
        };
        section.Close();
        return limited;
    }

    private static string Zone(YamlSection root)
    {
        if (root.Text("timeZone") is not { } zone)
        {
            return "Asia/Ho_Chi_Minh";
        }

        if (CityTimeZone.Find(zone) is null)
        {
            root.Fault("timeZone", $"'{zone}' is no time zone of this machine; write an IANA name as Asia/Ho_Chi_Minh (and see that tzdata is installed)");
        }

        return zone;
    }

    private static JsonObject? Lighting(YamlSection root)
    {
        switch (root.Node("lighting"))
        {
            case null or YamlScalarNode { Value: null or "" }:
                return null;
            case YamlMappingNode node:
                try
                {
                    var section = YamlText.ToJson(node) as JsonObject;
                    if (section is not null)
                    {
                        LightingSection.Read(section, CityTimeZone.Vietnam);
                    }

                    return section;
                }
                catch (Exception e) when (e is InvalidDataException or DesiredException)
                {
                    root.Fault("lighting", e.Message);
                    return null;
                }

            default:
                root.Fault("lighting", "expected nested keys");
                return null;
        }
    }

    private static List<Uri> Https(YamlSection root)
    {
        var addresses = new List<Uri>();
        foreach (var text in root.Texts("https"))
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps)
            {
                addresses.Add(uri);
            }
            else
            {
                root.Fault("https", $"'{text}' is no address; write https://host:8443");
            }
        }

        return addresses;
    }
}
