using System.Security.Cryptography.X509Certificates;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Identity;

/// <summary>A real server as a city runs it (no <c>--open</c>), two enrolled gateways with devices, and everybody who is not one.</summary>
public sealed class GuardedCity : IAsyncLifetime
{
    private readonly List<IDisposable> _open = [];

    internal ServerProcess Server { get; private set; } = null!;

    internal Administrator Admin { get; private set; } = null!;

    /// <summary>Root with its key.</summary>
    internal X509Certificate2 Root { get; private set; } = null!;

    /// <summary>Certificates by what they are.</summary>
    internal Dictionary<string, X509Certificate2> Certificates { get; } = new(StringComparer.Ordinal);

    /// <summary>A key with mqtt:read.</summary>
    internal string ReaderKey { get; private set; } = "";

    internal const string Password = "correct horse battery";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Server = await ServerProcess.StartAsync("--mqtts", "0", "--one-time-login");
        Admin = Keep(await Administrator.SignInAsync(Server));
        Root = Keep(CityPki.RootOf(Server.Data));
        foreach (var gateway in (string[])["gw-a", "gw-b", "gw-revoked"])
        {
            Certificates[gateway] = Keep(await CityPki.EnrolAsync(Admin, Server.Client, gateway));
        }

        await Admin.DoAsync(HttpMethod.Post, "/api/v1/gateways/gw-revoked/revoke");
        await Admin.DeviceAsync("lamp-a", "streetlight", "gw-a");
        await Admin.DeviceAsync("fire-a", "fire_detector", "gw-a");
        await Admin.DeviceAsync("lamp-b", "streetlight", "gw-b");
        (_, ReaderKey) = await Admin.KeyAsync("a wall screen", "mqtt:read");
        await Admin.DoAsync(HttpMethod.Put, "/api/v1/users/listener", new { roles = (string[])["viewer"], password = Password });

        var foreign = Keep(CityPki.ForeignRoot());
        Certificates["foreign"] = Keep(CityPki.Issue(foreign, ["urn:smartcity:gateway:gw-a"]));
        Certificates["expired"] = Keep(CityPki.Issue(Root, ["urn:smartcity:gateway:gw-a"], expired: TimeSpan.FromMinutes(30)));
        Certificates["for-servers"] = Keep(CityPki.Issue(Root, ["urn:smartcity:gateway:gw-a"], usage: "1.3.6.1.5.5.7.3.1"));
        Certificates["two-names"] = Keep(CityPki.Issue(Root, ["urn:smartcity:gateway:gw-a", "urn:smartcity:gateway:gw-b"]));
        Certificates["no-name"] = Keep(CityPki.Issue(Root, ["urn:somebody:else"]));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _open.ForEach(one => one.Dispose());
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }

    /// <summary>A TLS connection that shows a certificate, or none.</summary>
    internal Task<Wire> OpenAsync(string? certificate, ProtocolVersion version = ProtocolVersion.V500) =>
        Wire.TlsAsync(Server.MqttsPort, Root, certificate is null ? null : Certificates[certificate], version);

    /// <summary>A gateway that has been let in.</summary>
    internal async Task<Wire> GatewayAsync(string gateway, string suffix = "", ProtocolVersion version = ProtocolVersion.V500) =>
        await (await OpenAsync(gateway, version)).AcceptedAsync(gateway + suffix);

    /// <summary>A reader that has been let in.</summary>
    internal async Task<Wire> ReaderAsync(string clientId, string? key = null, ProtocolVersion version = ProtocolVersion.V500) =>
        await (await OpenAsync(null, version)).AcceptedAsync(clientId, c => WithKey(c, key ?? ReaderKey));

    internal static ConnectPacket WithKey(ConnectPacket packet, string key) => packet with { Username = "key", Password = System.Text.Encoding.UTF8.GetBytes(key) };

    internal static ConnectPacket WithPassword(ConnectPacket packet, string user, string password) =>
        packet with { Username = user, Password = System.Text.Encoding.UTF8.GetBytes(password) };

    internal Task<double> FigureAsync(string name, string label = "") => Until.FigureAsync(Server.Client, name, label);

    private T Keep<T>(T one)
        where T : IDisposable
    {
        _open.Add(one);
        return one;
    }
}
