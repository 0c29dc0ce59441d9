using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Runtime.Hosting;

namespace SmartCity.Grains.Orleans;

/// <summary>This process as a member of the cluster.</summary>
internal sealed class CitySilo : IAsyncDisposable
{
    // A stopped server must not hold an alarm up for long: it is asked each second, and is out after three without an answer (an alarm is to be seen within ten).
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(3);

    private readonly IHost _host;

    private CitySilo(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<CitySilo> StartAsync(MemberOptions options, LaneSilos lanes, Action<ILoggingBuilder> logging, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "smartcity" });
        builder.Services.AddLogging(logging);
        builder.Services.AddSingleton(lanes);
        builder.Services.AddSingleton<IHostLifetime, NobodysLifetime>();
        builder.UseOrleans(silo => Configure(silo, options));
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancel);
            return new CitySilo(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Ends without a word to anybody, as a process that is killed.</summary>
    internal async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        try
        {
            await _host.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // as it should be
        }

        _host.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _host.StopAsync(limit.Token);
        _host.Dispose();
    }

    private static void Configure(ISiloBuilder silo, MemberOptions options)
    {
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("city", "city"));
        silo.Configure<SiloOptions>(one => one.SiloName = options.Name);
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.AdvertisedIPAddress = options.Address;
            endpoint.SiloPort = options.Port;
            endpoint.SiloListeningEndpoint = new IPEndPoint(options.Address, options.Port);
            endpoint.GatewayPort = 0; // nobody but servers talks to grains
        });
        silo.Configure<ClusterMembershipOptions>(members =>
        {
            members.ProbeTimeout = Probe;
            members.NumMissedProbesLimit = 3;
            members.NumVotesForDeathDeclaration = 1; // of two servers there is one to vote
            members.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            members.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(1); // who has said nothing for three of these is not waited for by one that joins
            members.NumMissedTableIAmAliveLimit = 3;
            members.DefunctSiloExpiration = TimeSpan.FromDays(1);
            members.DefunctSiloCleanupPeriod = TimeSpan.FromHours(1);
        });
        silo.Configure<SiloMessagingOptions>(messages => messages.ResponseTimeout = messages.SystemResponseTimeout = Answer);
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = TimeSpan.FromHours(1));
        silo.AddGrainDirectory(SessionDirectory.Name, (_, _) => new SessionDirectory());
        silo.Services.AddSingleton<IFatalErrorHandler>(new InWords(options.Fatal));
        options.Configure(silo);
    }

    /// <summary>Membership and reminders in the book's PostgreSQL, in a schema of their own.</summary>
    public static void UsePostgres(ISiloBuilder silo, string connection)
    {
        const string Npgsql = "Npgsql";
        silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = (Npgsql, connection));
        silo.UseAdoNetReminderService(o => (o.Invariant, o.ConnectionString) = (Npgsql, connection));
    }

    /// <summary>Both ends of each connection show a certificate of the city's CA that says <c>urn:smartcity:server:NAME</c>.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="own">This server's certificate of now.</param>
    /// <param name="isServer">Whether a certificate is a server's of the city.</param>
    public static void UseTls(ISiloBuilder silo, Func<X509Certificate2> own, Func<X509Certificate2, bool> isServer) => silo.UseTls(tls =>
    {
        tls.LocalServerCertificateSelector = (_, _) => own();
        tls.LocalClientCertificateSelector = (_, _, _, _, _) => own();
        tls.LocalCertificate = own();
        tls.RemoteCertificateMode = tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.RemoteCertificateValidation = (certificate, _, _) => certificate is not null && isServer(certificate);
        tls.CheckCertificateRevocation = false;
        tls.OnAuthenticateAsClient = (_, client) => client.TargetHost = "server.smartcity.internal";
    });

    /// <summary>What the cluster cannot go on with (the others took this server for dead) ends the server in words, not in a crash.</summary>
    private sealed class InWords(Action<string> fatal) : IFatalErrorHandler
    {
        public bool IsUnexpected(Exception exception) => exception is not OperationCanceledException;

        public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null) => fatal(context ?? exception?.Message ?? "it has failed");
    }

    /// <summary>The city's server ends when it is told to, not this host.</summary>
    private sealed class NobodysLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>How a silo is reached, and where it meets the others.</summary>
internal sealed record MemberOptions
{
    /// <summary>The server's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where other servers reach it.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Its port.</summary>
    public required int Port { get; init; }

    /// <summary>Told, in words, when this silo cannot go on.</summary>
    public Action<string> Fatal { get; init; } = static _ => { };

    /// <summary>Membership and reminders.</summary>
    public required Action<ISiloBuilder> Configure { get; init; }
}
