using System.Net;
using System.Net.Sockets;

namespace SmartCity.Ingest.Delivery;

/// <summary>
/// Which addresses a webhook may reach. Public ones; and of the rest (private, loopback, link-local, unique-local, reserved) only what
/// the setting <c>webhooks.private</c> names. An address is judged where the connection is made, never by what a name meant before.
/// </summary>
internal sealed class AddressPolicy
{
    // What is not for the public Internet: https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry.
    private static readonly IPNetwork[] Special4 =
    [
        .. ((string[])[
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4",
        ]).Select(IPNetwork.Parse),
    ];

    // Of IPv6 only global unicast (2000::/3) is public, and of it not these: protocol assignments with Teredo, documentation, 6to4.
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] Special6 = [.. ((string[])["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"]).Select(IPNetwork.Parse)];
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    private readonly List<IPNetwork> _networks = [];
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);

    private AddressPolicy()
    {
    }

    /// <summary>Nothing but public addresses.</summary>
    public static AddressPolicy PublicOnly { get; } = new();

    /// <summary>Reads the setting: hosts, addresses and networks (10.1.2.0/24), by comma.</summary>
    /// <param name="text">The setting.</param>
    /// <param name="policy">What it allows.</param>
    /// <returns>The part that is none of these, or null.</returns>
    public static string? Parse(string text, out AddressPolicy policy)
    {
        policy = new AddressPolicy();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPAddress.TryParse(part, out var address))
            {
                var plain = Plain(address);
                policy._networks.Add(new IPNetwork(plain, plain.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            }
            else if (IPNetwork.TryParse(part, out var network))
            {
                policy._networks.Add(network);
            }
            else if (Uri.CheckHostName(part) == UriHostNameType.Dns)
            {
                policy._hosts.Add(part.TrimEnd('.'));
            }
            else
            {
                return part;
            }
        }

        return null;
    }

    /// <summary>Whether a connection to this address may be made for this host.</summary>
    public bool Allows(IPAddress address, string host)
    {
        var plain = Plain(address);
        return IsPublic(plain) || IsNamed(host) || _networks.Exists(n => n.Contains(plain));
    }

    /// <summary>Whether the setting allows this host although it is private: by name, or by its address where the host is one. Only such a host may be reached without TLS.</summary>
    public bool IsPrivateAllowed(string host) =>
        IsNamed(host) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && _networks.Exists(n => n.Contains(Plain(address))));

    /// <summary>Whether an address belongs to the public Internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        address = Plain(address);
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return !Array.Exists(Special4, n => n.Contains(address));
        }

        // NAT64 (RFC 6052): the last four bytes are the IPv4 address that is really reached.
        return Translated.Contains(address)
            ? IsPublic(new IPAddress(address.GetAddressBytes().AsSpan(12)))
            : address.ScopeId == 0 && Global6.Contains(address) && !Array.Exists(Special6, n => n.Contains(address));
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private bool IsNamed(string host) => _hosts.Contains(host.TrimEnd('.'));
}
