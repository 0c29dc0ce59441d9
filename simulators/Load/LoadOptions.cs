using SmartCity.Edge;

namespace SmartCity.Simulators.Load;

/// <summary>What load to make.</summary>
internal sealed record LoadOptions
{
    /// <summary>Where the server listens: <c>mqtt://host:port</c> or <c>mqtts://host:port</c>.</summary>
    public required ServerEndpoint Server { get; init; }

    /// <summary>Where a client turns to, when clients turn to several servers, all of them with TLS or none; null: all to <see cref="Server"/>.</summary>
    public Func<string, ServerEndpoint>? ServerOf { get; init; }

    /// <summary>MQTT connections, 1 … 20,000.</summary>
    public int Connections { get; init; } = 20;

    /// <summary>Publishes a second over all connections (open loop: the schedule does not wait for the server); 0 = as many as the window lets through.</summary>
    public double PublishesPerSecond { get; init; }

    /// <summary>The schedule waits until every connection is there.</summary>
    public bool ConnectFirst { get; init; }

    /// <summary>Unacknowledged publishes a connection may have, 1 … 4,096; a server's smaller Receive Maximum wins.</summary>
    public int Window { get; init; } = 64;

    /// <summary>Readings (lines) in a publish, 1 … 1,000.</summary>
    public int ReadingsPerPublish { get; init; } = 50;

    /// <summary>Devices that a connection speaks for under <c>--open</c>, 1 … 1,000.</summary>
    public int DevicesPerConnection { get; init; } = 10;

    /// <summary>The same readings as a JSON array a publish, for the peers that read that (<c>benchmarks/peers</c>).</summary>
    public bool Json { get; init; }

    /// <summary>0 or 1. At 0 "acknowledged" means "handed to the socket".</summary>
    public int QualityOfService { get; init; } = 1;

    /// <summary>MQTT 5.0 instead of 3.1.1.</summary>
    public bool Version5 { get; init; }

    /// <summary>How long new publishes are made; what is then unacknowledged has <see cref="Drain"/> more.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait for the last acknowledgements.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two readings of one device. 100 µs keeps the stamps unique and, below 10,000 readings/s a device, behind the clock.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromMicroseconds(100);

    /// <summary>The measurement; its first four numeric metrics are sent.</summary>
    public string Kind { get; init; } = Plan.KindNames.Streetlight;

    /// <summary>Registry file of a generated city, whose gateways and devices are used; null = names of its own, for a server under <c>--open</c>.</summary>
    public string? Registry { get; init; }

    /// <summary>Directory with <c>ca.crt</c> and each gateway's <c>{gateway}.crt</c> and <c>{gateway}.key</c>, for <c>mqtts</c>.</summary>
    public string? Certificates { get; init; }

    /// <summary>Where the ledger of acknowledged readings is written at the end; null = nowhere.</summary>
    public string? Ledger { get; init; }

    /// <summary>Clients and the devices that each speaks for; null = names of its own, or a registry's.</summary>
    public IReadOnlyList<(string Client, IReadOnlyList<string> Devices)>? Clients { get; init; }

    /// <summary>Begin of the client identifiers under <c>--open</c>; another one keeps two runs apart.</summary>
    public string Prefix { get; init; } = "load";
}
