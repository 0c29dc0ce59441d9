using System.Security.Cryptography.X509Certificates;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Cli;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Doctor;

/// <summary>What the doctor looks at, and what one check has learnt that the next needs.</summary>
internal sealed class Patient
{
    /// <summary>The configuration file's path.</summary>
    public required string ConfigFile { get; init; }

    /// <summary>Words of the person's language.</summary>
    public required Words Words { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Opens the hardware.</summary>
    public required Func<Board> OpenBoard { get; init; }

    /// <summary>What hardware there is.</summary>
    public required Inventory Inventory { get; init; }

    /// <summary>What the machine says of its clock.</summary>
    public required ClockEvidence Clock { get; init; }

    /// <summary>Number of this process's user; 0 is root.</summary>
    public uint User { get; init; } = FileOwner.Me;

    /// <summary>The configuration's plain keys; null when the file cannot be read at all. Learnt by <c>config</c>.</summary>
    public ConfigPeek? Peek { get; set; }

    /// <summary>The whole configuration; null when it is faulty. Learnt by <c>config</c>.</summary>
    public EdgeConfig? Config { get; set; }

    /// <summary>What the running service says; null when none runs. Learnt by <c>service</c>.</summary>
    public ControlStatus? Service { get; set; }

    /// <summary>The servers. Learnt by <c>network</c>, with whether TCP reached them.</summary>
    public List<(ServerEndpoint Server, bool Reached)> Servers { get; } = [];

    /// <summary>Our certificate with its key; null when it cannot be used. Learnt by <c>certificate</c>.</summary>
    public X509Certificate2? Own { get; set; }

    /// <summary>The authority. Learnt by <c>certificate</c>.</summary>
    public X509Certificate2Collection? Roots { get; set; }

    /// <summary>Servers whose TLS is well, or that speak plain MQTT. Learnt by <c>tls</c>.</summary>
    public List<ServerEndpoint> Trusted { get; } = [];

    /// <summary>A moment by the clocks of the place.</summary>
    public string Minute(DateTimeOffset moment) => Moments.Minute(TimeZoneInfo.ConvertTime(moment, LocalTime.Zone(Peek)));

    /// <summary>A pass.</summary>
    public Finding Pass(string key, params ReadOnlySpan<object?> values) => new(Verdict.Pass, Words.Say(key, values));

    /// <summary>Something could not be looked at.</summary>
    public Finding Skip(string key, params ReadOnlySpan<object?> values) => new(Verdict.Skip, Words.Say(key, values));

    /// <summary>A fail, with its remedy as <c>KEY.fix</c>, which has the same places.</summary>
    public Finding Fail(string key, params ReadOnlySpan<object?> values) => new(Verdict.Fail, Words.Say(key, values), Words.Say(key + ".fix", values));

    /// <summary>A warning, with its remedy as <c>KEY.fix</c>.</summary>
    public Finding Warn(string key, params ReadOnlySpan<object?> values) => new(Verdict.Warn, Words.Say(key, values), Words.Say(key + ".fix", values));
}
