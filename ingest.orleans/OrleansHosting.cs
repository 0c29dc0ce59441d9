using System.Data.Common;
using SmartCity.Grains;
using SmartCity.Grains.Orleans;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Book.Engines;
using SmartCity.Ingest.Readers;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Orleans;

/// <summary>Grains in a cluster of the city's servers.</summary>
internal sealed class OrleansHosting : IGrainHosting
{
    private readonly GrainSetting _setting;
    private readonly LaneSilos _lanes = new();
    private readonly Dictionary<Lane, LaneSilo> _byLane;
    private CitySilo _silo = null!;

    private OrleansHosting(GrainSetting setting)
    {
        _setting = setting;
        _byLane = Enum.GetValues<Lane>().ToDictionary(l => l, l => new LaneSilo(l, setting.Kinds, setting.Book.Registry, setting.Book, setting.Time, setting.Options));
        foreach (var lane in _byLane.Values)
        {
            _lanes.Open(lane);
        }
    }

    /// <summary>Joins the cluster.</summary>
    /// <exception cref="BookException">It cannot, in words.</exception>
    public static async Task<IGrainHosting> OpenAsync(GrainSetting setting, CancellationToken cancel)
    {
        if (setting.Serve.BookPostgres is not { } book)
        {
            throw new BookException("The Orleans flavour keeps its cluster in the book's PostgreSQL: set book.postgres, or run the ordinary server.");
        }

        var hosting = new OrleansHosting(setting);
        try
        {
            var here = OrleansSettings.ReadSilo(setting.Serve);
            await OrleansTables.EnsureAsync(book, setting.Serve.OfFlavour.GetValueOrDefault(OrleansSettings.Scripts.Name, ""), cancel);
            var connection = OrleansTables.Connection(book);
            var member = new MemberOptions
            {
                Name = setting.Serve.Cluster.Name,
                Address = here.Address,
                Port = here.Port,
                Fatal = why => setting.Superseded("superseded: the other servers took this one's grains for dead: " + why.Split(". ")[0]),
                Configure = silo =>
                {
                    CitySilo.UsePostgres(silo, connection);
                    CitySilo.UseTls(silo, () => setting.Ca.PeerCertificate(setting.Serve.Cluster.Name), certificate => setting.Ca.ServerOf(certificate) is not null);
                },
            };
            hosting._silo = await CitySilo.StartAsync(member, hosting._lanes, logging => Log(logging, setting.Logs), cancel);
        }
        catch (Exception e) when (e is not BookException && Told(e) is { } told)
        {
            throw PostgresFaults.Meaning(told, "the book's PostgreSQL"); // away: the server waits for it, as for the book itself
        }
        catch (InvalidOperationException e)
        {
            throw new BookException(e.Message);
        }

        return hosting;
    }

    private static DbException? Told(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is DbException told)
            {
                return told;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public IGrainHost Make(Lane lane) => new OrleansHost(_byLane[lane], _silo.Grains, _setting.Sessions, _setting.Time);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    // Orleans says a line for each thing it does; an operator is told what went wrong.
    private static void Log(ILoggingBuilder logging, ILoggerFactory logs)
    {
        logging.AddProvider(new Through(logs));
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error); // that the server's garbage collection is not what Orleans would choose
    }

    private sealed class Through(ILoggerFactory logs) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => logs.CreateLogger(categoryName);

        public void Dispose()
        {
            // the server's own
        }
    }
}
