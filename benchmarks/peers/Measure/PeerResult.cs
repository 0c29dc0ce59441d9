namespace SmartCity.Benchmarks.Peers;

/// <summary>One line of <c>artifacts/e2e/results.jsonl</c>: the members of every end-to-end result first, then what only peers have.</summary>
internal sealed record PeerResult
{
    /// <summary><see cref="Peer.Name"/>, with <c>-kill</c> after it when the pipeline was killed meanwhile.</summary>
    public required string Name { get; init; }

    /// <summary>Always <c>peer</c>.</summary>
    public string Group { get; init; } = "peer";

    /// <summary>Lines or objects a publish or request.</summary>
    public required int ReadingsPerPublish { get; init; }

    /// <summary>Connections of the generator.</summary>
    public required int Connections { get; init; }

    /// <summary>Always 1.</summary>
    public int Qos { get; init; } = 1;

    /// <summary>Never.</summary>
    public bool Tls { get; init; }

    /// <summary>Devices that spoke.</summary>
    public required int Devices { get; init; }

    /// <summary>Acknowledged readings a second.</summary>
    public required double ReadingsPerSecond { get; init; }

    /// <summary>Stored readings, divided by the time until the last was stored.</summary>
    public required double CaughtUpPerSecond { get; init; }

    /// <summary>CPU of all processes of the pipeline, its store included, a stored reading.</summary>
    public required double CpuMicrosPerReading { get; init; }

    /// <summary>Due → acknowledged, ms.</summary>
    public required double P50Ms { get; init; }

    /// <summary>99 %.</summary>
    public required double P99Ms { get; init; }

    /// <summary>99.9 %.</summary>
    public required double P999Ms { get; init; }

    /// <summary>Most that its processes held together, MB.</summary>
    public required double ResidentMb { get; init; }

    /// <summary>Readings acknowledged.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>Readings counted in the store.</summary>
    public required long Stored { get; init; }

    /// <summary>What the generator itself used a reading: it shares the cores.</summary>
    public required double GeneratorMicrosPerReading { get; init; }

    /// <summary>Title for tables.</summary>
    public required string Title { get; init; }

    /// <summary>What its acknowledgement means and what it does not offer.</summary>
    public required string Note { get; init; }

    /// <summary>Machine, commit and load average before.</summary>
    public required string Machine { get; init; }

    /// <summary>Acknowledged, and not in the store.</summary>
    public long Lost => Math.Max(0, Acknowledged - Stored);
}
