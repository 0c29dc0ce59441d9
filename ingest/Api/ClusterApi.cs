using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;

namespace SmartCity.Ingest.Api;

/// <summary>The servers of the city.</summary>
internal static class ClusterApi
{
    /// <param name="Name">Of the server that answers; empty when it is alone.</param>
    /// <param name="Leader">Whether it leads.</param>
    /// <param name="Servers">All of them, by name; none when it is alone.</param>
    internal sealed record ClusterView(string Name, bool Leader, IReadOnlyList<ServerView> Servers);

    /// <param name="Name">Its name.</param>
    /// <param name="Url">Where the others reach it.</param>
    /// <param name="Version">Of its program.</param>
    /// <param name="State">running, draining, left (stopped by somebody), silent (not heard, nobody has taken over yet) or fenced.</param>
    /// <param name="Leader">It does what exactly one server does.</param>
    /// <param name="Incarnation">How often it has started.</param>
    /// <param name="StartedAt">When it started.</param>
    /// <param name="BeatAgeSeconds">How long ago it was heard, by the book's clock; null when it has left.</param>
    /// <param name="Telemetry">Gateways whose telemetry connection it holds.</param>
    /// <param name="Alarm">Gateways whose alarm connection it holds.</param>
    internal sealed record ServerView(
        string Name, string? Url, string Version, string State, bool Leader, long Incarnation, DateTimeOffset StartedAt, double? BeatAgeSeconds, long Telemetry, long Alarm);

    /// <param name="Server">Which; null: the one that is asked.</param>
    /// <param name="End">True: it takes gateways again.</param>
    internal sealed record DrainBody(string? Server = null, bool End = false);

    public static async Task GetAsync(Call call)
    {
        var node = call.Services.Node;
        var servers = node.IsAlone ? [] : await ClusterBook.ListAsync(call.Services.Book.Store, call.Cancel);
        await call.ReplyAsync(new ClusterView(node.Name, node.IsLeader, [.. servers.Select(View)]));
    }

    public static async Task DrainAsync(Call call)
    {
        var node = call.Services.Node;
        if (node.IsAlone)
        {
            throw new ProblemException(409, "Not drained", "This server is alone: there is nobody to give anything to.");
        }

        var body = call.Http.Request.ContentLength is null or 0 && call.Http.Request.ContentType is null ? new DrainBody() : await call.BodyAsync<DrainBody>();
        try
        {
            await ClusterBook.OrderDrainAsync(call.Services.Book.Store, body.Server ?? node.Name, !body.End, call.Caller.Name, call.Services.Time, call.Cancel);
        }
        catch (BookException e) when (e is not BookEngineException)
        {
            throw new ProblemException(409, "Not drained", e.Message);
        }

        node.Hurry();
        await GetAsync(call);
    }

    internal static ServerView View(ServerStanding standing)
    {
        var server = standing.Server;
        var left = server.BeatAt == DateTimeOffset.UnixEpoch;
        var state = left ? "left" : server.Fenced ? "fenced" : server.BeatAge > new ClusterOptions().Patience ? "silent" : server.Draining ? "draining" : "running";
        return new(
            server.Name, server.Url, server.Program, state, server.Leader, server.Incarnation, server.StartedAt, left ? null : Math.Round(server.BeatAge.TotalSeconds, 1), standing.Telemetry, standing.Alarm);
    }
}
