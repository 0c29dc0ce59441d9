using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Serve;
using SmartCity.Telemetry;
using HostOptions = SmartCity.Grains.HostOptions;

namespace SmartCity.Ingest.Readers;

/// <summary>Where the grains live: in this process, or in a flavour's cluster.</summary>
internal interface IGrainHosting : IAsyncDisposable
{
    /// <summary>A host for a lane. It is loaded and driven by the lane's reader.</summary>
    IGrainHost Make(Lane lane);
}

/// <summary>What a host of grains is made of.</summary>
internal sealed record GrainSetting
{
    public required ServeOptions Serve { get; init; }

    public required CityBook Book { get; init; }

    public required CityCa Ca { get; init; }

    public required KindCatalog Kinds { get; init; }

    public required HostOptions Options { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILoggerFactory Logs { get; init; }

    /// <summary>Who holds which gateway; null: this server is alone.</summary>
    public required IGrainSessions? Sessions { get; init; }

    /// <summary>To be told, in words, when this process may judge no more: it ends.</summary>
    public required Action<string> Superseded { get; init; }
}

/// <summary>The flavour of this program.</summary>
internal static class GrainHosting
{
    /// <summary>What this program calls itself among the servers of its book.</summary>
    public static string Flavour { get; set; } = "embedded";

    /// <summary>Opens the place where grains live. A flavour puts its own here before the command line runs.</summary>
    public static Func<GrainSetting, CancellationToken, Task<IGrainHosting>> OpenAsync { get; set; } = static (setting, _) => Task.FromResult<IGrainHosting>(new EmbeddedHosting(setting));

    private sealed class EmbeddedHosting(GrainSetting setting) : IGrainHosting
    {
        public IGrainHost Make(Lane lane) => new EmbeddedHost(lane, setting.Kinds, setting.Book.Registry, setting.Book, setting.Time, setting.Options, setting.Sessions);

        public ValueTask DisposeAsync() => default;
    }
}
