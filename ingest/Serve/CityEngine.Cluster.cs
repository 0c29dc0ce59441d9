using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.Readers;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Serve;

/// <content>What binds the server to the others of its book.</content>
internal sealed partial class CityEngine
{
    private static readonly TimeSpan CatchingUpTakes = TimeSpan.FromSeconds(5);
    private static readonly string Program = typeof(CityEngine).Assembly.GetName().Version?.ToString(3) ?? "";

    private readonly TaskCompletionSource<string> _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends, with words, when another server or incarnation has taken this one's place: the process must end.</summary>
    public Task<string> Superseded => _superseded.Task;

    private async Task<ClusterNode> JoinAsync(ServeOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken cancel)
    {
        if (options.Cluster.Name.Length == 0)
        {
            return ClusterNode.Alone();
        }

        var node = await ClusterNode.JoinAsync(
            Book.Store, options.Cluster, new ServerFacts(Ca.Fingerprint, Log.Id, Program, GrainHosting.Flavour), time, logs.CreateLogger<ClusterNode>(), cancel);
        node.Superseded += words => _superseded.TrySetResult(words);
        return node;
    }

    private ILineIntake Lines(ILineIntake intake, KindCatalog kinds) => Node.IsAlone ? intake : new HeldLines(intake, Node, Book.Registry, kinds);

    // A guesser who asks every server gets no more attempts than from one.
    private int Running() => Math.Max(1, Node.Servers.Count(s => !s.Fenced));

    // An alarm's gateway comes back only to a server that judges it.
    private bool CanJudge() => Node.IsHeard && !Node.IsDraining && Grains.First(g => g.Lane == Lane.Alarm).Trouble is null;

    private void Follow(MqttAdmission admission, GatewayDesk desk, TimeProvider time)
    {
        if (Node.IsAlone)
        {
            return;
        }

        Node.Lost += client => Close(client, ReasonCode.SessionTakenOver);
        Node.Superseded += _ => Endpoint.DisconnectAll(ReasonCode.ServerShuttingDown);
        Node.Leaving += cancel => LeaveAsync(admission, time, cancel);
        Book.ForeignChange += async news =>
        {
            if (news.Has(BookAreas.Sessions) || news.Has(BookAreas.Servers))
            {
                Node.Hurry();
            }

            if (news.Has(BookAreas.Commands))
            {
                await desk.CommandsChangedAsync(news.Keys(BookAreas.Commands));
            }
        };
    }

    // Before the readers begin: what is taken from now on is adopted, what was taken before they load.
    private async Task ShareGrainsAsync(CancellationToken cancel)
    {
        if (Node.IsAlone)
        {
            return;
        }

        await Keep(new GrainAdoptions(Node, Book, [.. Grains.Select(g => g.Host)])).StartAsync(cancel);
        foreach (var reader in Grains)
        {
            reader.Refused = gateway =>
            {
                Endpoint.Find(gateway + ".alarm")?.Abandon(ReasonCode.SessionTakenOver);
                Endpoint.Find("open:" + gateway + ".alarm")?.Abandon(ReasonCode.SessionTakenOver);
            };
        }
    }

    // A stranger's session under --open has a name of its own.
    private void Close(string client, ReasonCode reason)
    {
        Endpoint.Find(client)?.Disconnect(reason);
        Endpoint.Find("open:" + client)?.Disconnect(reason);
    }

    private async Task LeaveAsync(MqttAdmission admission, TimeProvider time, CancellationToken cancel)
    {
        foreach (var client in admission.Gateways())
        {
            Close(client, ReasonCode.UseAnotherServer);
        }

        // What they sent last is judged here, while their devices are still ours.
        var began = time.GetTimestamp();
        while (Grains.Any(g => !g.CaughtUp) && time.GetElapsedTime(began) < CatchingUpTakes)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancel);
        }

        // Holds that run go on at the next holder's only from what is saved.
        await Task.WhenAll(Grains.Select(g => g.SaveAsync(cancel)));
    }
}
