namespace SmartCity.Benchmarks.Peers;

/// <summary>What to measure, and how.</summary>
internal sealed record PeerOptions
{
    /// <summary>How long new publishes are made.</summary>
    public double Seconds { get; init; } = 8;

    /// <summary>How long before that, not counted.</summary>
    public double Warm { get; init; } = 3;

    /// <summary>Connections of the generator, ten devices each.</summary>
    public int Connections { get; init; } = 20;

    /// <summary>Unacknowledged publishes a connection.</summary>
    public int Window { get; init; } = 64;

    /// <summary>Readings a publish or request, one run each.</summary>
    public IReadOnlyList<int> Readings { get; init; } = [1, 50];

    /// <summary>Which peers, by name; empty for all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Kill all processes of the pipeline in the middle of a moderate load instead of pressing it.</summary>
    public bool Kill { get; init; }

    /// <summary>Readings/s over all connections, instead of as many as the windows let through; 0 = that. With <see cref="Kill"/> 5,000,
    /// which is less than the slowest of them can take.</summary>
    public double Rate { get; init; }

    /// <summary>The end of results' names: pressed ones have none.</summary>
    public string Suffix => Kill ? "-kill" : Rate > 0 ? "-paced" : "";

    /// <summary>Where the stores keep their data: a real disk.</summary>
    public required string Data { get; init; }

    /// <summary>The file of JSON lines; a line of the same peer, load and kind is replaced.</summary>
    public required string Results { get; init; }

    /// <summary>Where npm has put Node-RED.</summary>
    public required string NodeRed { get; init; }

    /// <summary>This project's server program.</summary>
    public required string Server { get; init; }

    /// <summary>All pipelines, in the order of the table.</summary>
    public IEnumerable<Func<Peer>> Peers()
    {
        Func<Peer>[] all =
        [
            () => new NodeRedPeer(NodeRed, json: true),
            () => new NodeRedPeer(NodeRed, json: false),
            () => new WorkerPeer(json: true),
            () => new WorkerPeer(json: false),
            () => new OursPeer(Server, influx: true),
            () => new VictoriaPeer(),
            () => new OursPeer(Server, influx: false),
        ];
        return all;
    }
}
