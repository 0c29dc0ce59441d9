using System.CommandLine;
using SmartCity.Edge;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Commands;

/// <summary><c>contact</c>: how long it takes from a fire contact that closes in a cabinet to the event in an officer's stream.</summary>
internal static class ContactCommand
{
    private static readonly Option<ServerEndpoint> Server = ServerOption.Create();
    private static readonly Option<string> Http = new("--http") { Description = "the server's HTTP address, under --open", Required = true };
    private static readonly Option<int> Contacts = new("--contacts") { Description = "contacts to close, 1…5,000, each of a call point of its own", DefaultValueFactory = _ => 500 };
    private static readonly Option<double> Every = new("--every") { Description = "seconds between two of them", DefaultValueFactory = _ => 0.1 };
    private static readonly Option<string> Prefix = new("--prefix") { Description = "begin of the names of gateways and devices; another one for each run against a server", DefaultValueFactory = _ => "contact" };
    private static readonly Option<bool> Say = new("--say") { Description = "a line of JSON for each contact and each event as it happens: device, what, at (ms since 1970)" };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("contact", "Close fire contacts in the cabinets of real gateway programs and time the events that follow.")
        {
            Server, Http, Contacts, Every, Prefix, Say,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult args, CancellationToken stop)
    {
        var contacts = args.GetValue(Contacts);
        if (contacts is < 1 or > 5_000 || args.GetValue(Every) is not (>= 0.001 and <= 60) || !Uri.TryCreate(args.GetRequiredValue(Http), UriKind.Absolute, out var http))
        {
            await Console.Error.WriteLineAsync("--contacts is 1…5000, --every 0.001…60, --http an address such as http://127.0.0.1:8080");
            return ExitCodes.Usage;
        }

        var home = Directory.CreateTempSubdirectory("smartcity-contact-");
        try
        {
            await using var run = await ContactRun.StartAsync(
                args.GetRequiredValue(Server), http, contacts, args.GetRequiredValue(Prefix), home.FullName, args.GetValue(Say) ? Console.WriteLine : null, stop);
            var report = await run.MeasureAsync(TimeSpan.FromSeconds(args.GetValue(Every)), stop);
            Console.WriteLine(report);
            return report.Missing == 0 ? ExitCodes.Done : ExitCodes.Fault;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Fault;
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}
