using System.Globalization;
using SmartCity.Edge;
using SmartCity.Simulators.Sweep;
using SmartCity.Simulators.Up;

namespace SmartCity.Simulators.Flavours;

/// <summary>The servers of one case with a book of their own: processes of their own, data on disk, history of each server's own.</summary>
internal sealed class FlavourTown : IAsyncDisposable
{
    /// <summary>Orleans' providers have pools of their own: two servers need more than PostgreSQL's hundred. The same for every case.</summary>
    private const string Connections = "max_connections=300";

    private const string BookVariable = "SMARTCITY_BOOK_POSTGRES";

    private readonly List<SweepServer> _servers = [];
    private ScratchPostgres? _postgres;

    private FlavourTown()
    {
    }

    /// <summary>They all run.</summary>
    public IReadOnlyList<SweepServer> Servers => _servers;

    /// <summary>PostgreSQL's processor time so far.</summary>
    public TimeSpan BookProcessor => _postgres is null ? TimeSpan.Zero : ProcessTimes.OfTree(_postgres.Id);

    /// <summary>Where a gateway turns to: one half to each server, as <c>servers</c> in their settings would have it.</summary>
    public ServerEndpoint ServerOf(string gateway) => _servers[int.Parse(gateway.AsSpan(gateway.LastIndexOf('-') + 1), CultureInfo.InvariantCulture) % _servers.Count].Mqtt(tls: false);

    /// <summary>Starts everything that a case needs.</summary>
    /// <param name="of">The case.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="devices">Lamps, and as many stations.</param>
    /// <param name="points">Call points.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="InvalidOperationException">Something did not start, in words.</exception>
    public static async Task<FlavourTown> StartAsync(FlavourCase of, string folder, int devices, int points, CancellationToken stop)
    {
        var town = new FlavourTown();
        try
        {
            Directory.CreateDirectory(folder);
            town._postgres = of.OwnFile ? null : await ScratchPostgres.StartAsync(Path.Combine(folder, "postgres"), ServerChild.Port(0), stop, Connections);
            Environment.SetEnvironmentVariable(BookVariable, town._postgres?.Address); // a secret: not among the arguments
            foreach (var file in SweepCity.Write(folder, devices, points, int.MaxValue, devices))
            {
                await SweepServer.CommandAsync(of.Program, stop, "import", file, "--data", Path.Combine(folder, "a"));
            }

            for (var n = 0; n < of.Servers; n++)
            {
                var data = Path.Combine(folder, n == 0 ? "a" : "b");
                if (n > 0)
                {
                    TownKeys.Copy(Path.Combine(folder, "a"), data);
                }

                town._servers.Add(await SweepServer.StartAsync(of.Program, data, stop, [.. Settings(of, n)]));
            }

            return town;
        }
        catch
        {
            await town.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await (_postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
        Environment.SetEnvironmentVariable(BookVariable, null);
    }

    private static IEnumerable<string> Settings(FlavourCase of, int number)
    {
        if (of.OwnFile)
        {
            return [];
        }

        var https = Port();
        List<string> settings = ["cluster.name=" + (number == 0 ? "a" : "b"), "cluster.url=https://127.0.0.1:" + https];
        if (of.Scripts is { } scripts)
        {
            settings.AddRange(["orleans.silo=127.0.0.1:" + Port(), "orleans.scripts=" + scripts]);
        }

        return ["--https", https, .. settings.SelectMany(s => (string[])["--set", s])];
    }

    private static string Port() => ServerChild.Port(0).ToString(CultureInfo.InvariantCulture);
}
