using System.Security.Cryptography.X509Certificates;
using SmartCity.Edge.Clocks;

namespace SmartCity.Edge;

/// <summary>Where a server listens.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">1 … 65,535.</param>
/// <param name="Tls">With TLS (<c>mqtts</c>); a plain one is for loopback and trials.</param>
internal sealed record ServerEndpoint(string Host, int Port, bool Tls)
{
    /// <summary>Name that the server's certificate must be good for, when it is reached by another one; null for <see cref="Host"/>.</summary>
    public string? TlsName { get; init; }

    /// <summary>Reads <c>mqtt://host[:1883]</c> or <c>mqtts://host[:8883]</c>.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static ServerEndpoint Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("mqtt" or "mqtts") || uri.Host.Length == 0)
        {
            throw new FormatException($"'{text}' is no server: write mqtt://host:port or mqtts://host:port");
        }

        var tls = uri.Scheme == "mqtts";
        return new ServerEndpoint(uri.Host, uri.Port > 0 ? uri.Port : tls ? 8883 : 1883, tls);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(Tls ? "mqtts" : "mqtt")}://{Host}:{Port}";
}

/// <summary>Everything a gateway is told when it starts; every bound and time is here, with its reason.</summary>
internal sealed record GatewayOptions
{
    /// <summary>Its name, 1–63 of a-z 0-9 - _.</summary>
    public required string Gateway { get; init; }

    /// <summary>Directory of its log and cursors.</summary>
    public required string Directory { get; init; }

    /// <summary>Servers in order of preference, at least one.</summary>
    public required IReadOnlyList<ServerEndpoint> Servers { get; init; }

    /// <summary>Its own certificate with key; null on a plain connection.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Where the certificate lies, for its renewal; null = it is not renewed.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Where its key lies.</summary>
    public string? KeyFile { get; init; }

    /// <summary>HTTPS addresses of the servers, for the renewal of the certificate; empty = port 8443 of those reached over TLS.</summary>
    public IReadOnlyList<Uri> Https { get; init; } = [];

    /// <summary>The city's authority, the only one trusted; null = what the system trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Devices it serves, for its state topic.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>When the wall clock may be believed. A configuration file says <c>auto</c> unless it says otherwise; a program that
    /// runs gateways itself (simulators) is trusted with its clock.</summary>
    public ClockMode Clock { get; init; } = ClockMode.Trusted;

    /// <summary>Size of a file of readings that can never be stamped; there are at most two of them, the older one gives way.</summary>
    public long UnstampedBytes { get; init; } = 4 << 20;

    /// <summary>Ask for desired documents and commands; an anonymous client of a server under <c>--open</c> may not (CONTRACTS).</summary>
    public bool Listens { get; init; } = true;

    /// <summary>A publish holds at most this many bytes of lines: well below any server's packet limit (256 KiB), large enough that
    /// draining a day's backlog is not made of round trips.</summary>
    public int BatchBytes { get; init; } = 32 * 1024;

    /// <summary>A telemetry reading waits at most this long for others to travel with; an alarm never waits.</summary>
    public TimeSpan BatchAge { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Unacknowledged publishes a lane may have; on the telemetry lane fewer, as long as they only fill queues.</summary>
    public int Window { get; init; } = 16;

    /// <summary>An alarm that a server has not acknowledged in this time is sent to the next one (DESIGN: the alert is in the book
    /// when PUBACK comes, so silence means that nobody may have been told).</summary>
    public TimeSpan AlarmPatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A server that cannot be reached for this long loses its turn on the telemetry lane. PUBACKs may take longer there:
    /// a server that holds back is not a dead one.</summary>
    public TimeSpan ConnectPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>First pause before a preferred server is tried again while another one serves; doubled each time, until the
    /// preferred one acknowledges something.</summary>
    public TimeSpan ProbeMinimum { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Last bound of that pause.</summary>
    public TimeSpan ProbeMaximum { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest silence towards a server; a dead link is noticed after about this and ten seconds.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>First bound of the (random) pause before connecting again.</summary>
    public TimeSpan ReconnectMinimum { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Last bound of that pause: short, because a street that reports late is worse than a busy server, and the pauses are random.</summary>
    public TimeSpan ReconnectMaximum { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a moved cursor is written. After a crash this much is sent again, which changes nothing at the server.</summary>
    public TimeSpan CursorInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Disk for plain telemetry that is not yet acknowledged: about two weeks of forty devices' readings. Beyond it the oldest go.</summary>
    public long BudgetBytes { get; init; } = 1L << 30;

    /// <summary>Disk for alarms that are not yet acknowledged: a million of them. Beyond it new ones wait in memory; none that is logged goes.</summary>
    public long AlarmBudgetBytes { get; init; } = 128 << 20;

    /// <summary>Alarms that may wait in memory when their log takes nothing.</summary>
    public int WaitingAlarms { get; init; } = 1_000;

    /// <summary>Size of a file of the alarm lane, taken from the disk at once.</summary>
    public long AlarmSegmentBytes { get; init; } = 1 << 20;

    /// <summary>Disk kept free for the alarm lane alone.</summary>
    public long ReserveBytes { get; init; } = 8 << 20;

    /// <summary>Free disk below which the oldest telemetry goes, and then new telemetry is not taken, so that the system under us lives.</summary>
    public long MinimumFreeBytes { get; init; } = 64 << 20;

    /// <summary>Memory between measuring and disk, a lane; a power of two.</summary>
    public int MemoryBytes { get; init; } = 256 * 1024;

    /// <summary>Size of a log file; a power of two.</summary>
    public long SegmentBytes { get; init; } = 4 << 20;

    /// <summary>How long a stopping gateway waits for the last acknowledgements; what is then left is sent after the next start.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(2);
}
