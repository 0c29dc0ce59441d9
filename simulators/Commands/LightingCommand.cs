using System.CommandLine;
using System.Security.Cryptography;
using SmartCity.Edge;
using SmartCity.Simulators.Lights;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;

namespace SmartCity.Simulators.Commands;

/// <summary><c>lighting</c>: orders for all lamps of a city on real gateway programs, and how long they take to be confirmed by measured power.</summary>
internal static class LightingCommand
{
    private static readonly Option<ServerEndpoint> Server = ServerOption.Create();
    private static readonly Option<string> Http = new("--http") { Description = "the server's HTTP address", Required = true };
    private static readonly Option<string> Certificates = new("--certs") { Description = "directory with ca.crt, {gateway}.crt and {gateway}.key", Required = true };
    private static readonly Option<string> Data = new("--data") { Description = "directory of the gateways' logs", DefaultValueFactory = _ => Path.Combine("data", "lighting") };
    private static readonly Option<string> City = new("--city") { Description = "thanh-hoa or ha-long", DefaultValueFactory = _ => "ha-long" };
    private static readonly Option<int> Devices = new("--devices") { Description = "devices in all (thanh-hoa)", DefaultValueFactory = _ => 1_000 };
    private static readonly Option<int> Rounds = new("--rounds") { Description = "how often 40 %, 80 % and their releases are repeated", DefaultValueFactory = _ => 3 };
    private static readonly Option<int> Away = new("--away") { Description = "gateways that lose their link", DefaultValueFactory = _ => 2 };
    private static readonly Option<string?> Picture = new("--svg") { Description = "file for the curves" };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("lighting", "Order light for a whole city and time how its lamps follow; the code of a sign-in link comes on standard input.")
        {
            Server, Http, Certificates, Data, City, Devices, Rounds, Away, Picture,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult args, CancellationToken stop)
    {
        if (!Uri.TryCreate(args.GetRequiredValue(Http), UriKind.Absolute, out var http) || args.GetValue(Rounds) is not (>= 1 and <= 100) || args.GetValue(Away) is not (>= 1 and <= 50))
        {
            await Console.Error.WriteLineAsync("--http is an address such as http://127.0.0.1:8080, --rounds 1…100, --away 1…50");
            return ExitCodes.Usage;
        }

        var options = new RunOptions
        {
            City = new CityOptions { City = args.GetRequiredValue(City), Devices = args.GetValue(Devices) },
            Servers = [args.GetRequiredValue(Server)],
            Data = args.GetRequiredValue(Data),
            Certificates = args.GetRequiredValue(Certificates),
            Rate = 0,
            Links = true,
            LineTime = true,
        };
        try
        {
            using var person = await CityOperator.SignInAsync(http, CityOperator.CodeOf(await Console.In.ReadToEndAsync(stop)), stop);
            await using var city = CityRun.Start(options, TimeProvider.System, text => Console.Error.WriteLine(text));
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var living = city.RunAsync(end.Token);
            var report = await new LightingCampaign(new LightingRun(city, person), city, Console.Error.WriteLine) { Rounds = args.GetValue(Rounds), Away = args.GetValue(Away) }
                .PlayAsync(stop);
            await end.CancelAsync();
            await living;
            Console.WriteLine(LightingTable.Write(report));
            if (args.GetValue(Picture) is { } picture)
            {
                await File.WriteAllTextAsync(picture, CurveSvg.Draw([.. report.Orders.Take(4)], 14), stop);
            }

            return report is { Returned: not null, Expired: 0 } ? ExitCodes.Done : ExitCodes.Fault;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException or UnauthorizedAccessException or CryptographicException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Fault;
        }
        catch (ArgumentException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Usage;
        }
    }
}
