using System.CommandLine;
using System.Globalization;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Cluster;

namespace SmartCity.Ingest.Commands;

/// <summary><c>server</c>: the servers of one book.</summary>
internal static class ServerCommands
{
    private const string Who = "command-line";
    private static readonly TimeSpan DrainTakes = TimeSpan.FromSeconds(60);

    public static Command Make()
    {
        var list = new Command("list", "Servers of this book: who is heard, who leads, how many gateways each holds");
        list.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, ListAsync, cancel));
        var named = new Argument<string?>("name") { Description = "Which server; without a name the one of these settings", Arity = ArgumentArity.ZeroOrOne };
        var end = new Option<bool>("--end") { Description = "It takes gateways again" };
        var drain = new Command("drain", "Make a running server give its gateways to the others, and wait until it may be stopped") { named, end };
        drain.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, (data, stop) => DrainAsync(parsed.GetValue(named), parsed.GetValue(end), data, stop), cancel));
        var gone = new Argument<string>("name") { Description = "A server that never comes back" };
        var forget = new Command("forget", "Strike a server out that is gone for ever; what its log held and nobody read is lost with it") { gone };
        forget.SetAction((parsed, cancel) => OpenData.RunAsync(
            parsed,
            async (data, stop) =>
            {
                await ClusterBook.ForgetAsync(data.Book.Store, parsed.GetRequiredValue(gone), Who, TimeProvider.System, stop);
                return 0;
            },
            cancel));
        return new Command("server", "Servers of one book in PostgreSQL: list, drain, forget") { list, drain, forget };
    }

    private static async Task<int> ListAsync(OpenData data, CancellationToken cancel)
    {
        var servers = await ClusterBook.ListAsync(data.Book.Store, cancel);
        if (servers.Count == 0)
        {
            Console.WriteLine("This book has no servers beside each other: it is one server's own.");
        }

        foreach (var one in servers.Select(ClusterApi.View))
        {
            var age = one.BeatAgeSeconds is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"heard {seconds:0.0} s ago") : "";
            Console.WriteLine($"{one.Name,-20} {one.State,-8} {(one.Leader ? "leads" : ""),-6} telemetry {one.Telemetry,6}  alarm {one.Alarm,6}  {one.Version}  {age}  {one.Url}".TrimEnd());
        }

        return 0;
    }

    private static async Task<int> DrainAsync(string? given, bool end, OpenData data, CancellationToken cancel)
    {
        var name = given ?? data.Book.Store.Server;
        if (name.Length == 0)
        {
            throw new CommandFault("Name a server; `server list` shows them.");
        }

        await ClusterBook.OrderDrainAsync(data.Book.Store, name, !end, Who, TimeProvider.System, cancel);
        if (end)
        {
            Console.WriteLine($"{name} takes gateways again");
            return 0;
        }

        for (var waited = TimeSpan.Zero; waited < DrainTakes; waited += TimeSpan.FromMilliseconds(250))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancel);
            var servers = await ClusterBook.ListAsync(data.Book.Store, cancel);
            if (servers.Find(s => s.Server.Name == name) is not { } mine || !mine.Server.Draining)
            {
                throw new CommandFault($"{name} was not drained: its log says why.");
            }

            if (mine is { Telemetry: 0, Alarm: 0, Server.Leader: false })
            {
                Console.WriteLine($"{name} holds nothing any more and may be stopped");
                return 0;
            }
        }

        throw new CommandFault($"{name} has not given everything away within {DrainTakes.TotalSeconds:F0} s: its log says why.");
    }
}
