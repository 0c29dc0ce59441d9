using System.CommandLine;
using System.Security.Cryptography;
using SmartCity.Edge;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;
using SmartCity.Telemetry;

namespace SmartCity.Simulators.Commands;

/// <summary><c>city run</c>: every gateway and device of a city, reporting to a server.</summary>
internal static class RunCommand
{
    private static readonly Option<ServerEndpoint> Server = ServerOption.Create();
    private static readonly Option<ServerEndpoint?> Second = new("--second-server") { Description = "server to turn to when the first fails", CustomParser = ServerOption.Parse };
    private static readonly Option<string> Data = new("--data") { Description = "directory of the gateways' logs", DefaultValueFactory = _ => Path.Combine("data", "city") };
    private static readonly Option<string?> Certificates = new("--certs") { Description = "directory with ca.crt, {gateway}.crt and {gateway}.key" };
    private static readonly Option<bool> Open = new("--open") { Description = "without certificates, for a server under --open (what is done without --certs)" };
    private static readonly Option<double> Rate = new("--rate") { Description = "readings/s of the whole city; 0 = as often as the kinds say", DefaultValueFactory = _ => 300 };
    private static readonly Option<double?> Duration = new("--duration") { Description = "seconds to measure; without it until stopped" };
    private static readonly Option<double> Drain = new("--drain") { Description = "seconds to wait for the last acknowledgements", DefaultValueFactory = _ => 10 };
    private static readonly Option<string[]> Scenarios = new("--scenario")
    {
        Description = "fire, flood, lamps, outage, storm; several with commas",
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<TimeSpan> At = Durations.Option("--scenario-at", "when scenarios begin", TimeSpan.FromSeconds(20));
    private static readonly Option<TimeSpan> Flood = Durations.Option("--flood-duration", "how long the flood's week takes", TimeSpan.FromSeconds(150));
    private static readonly Option<bool> Historical = new("--historical") { Description = "the flood carries the stamps of August 2025" };
    private static readonly Option<bool> JsonStatus = new("--json-status") { Description = "a line of JSON a second on standard output, the last one with phase done" };
    private static readonly Option<bool> Orders = new("--orders")
    {
        Description = $"read orders from standard input: 'plant FAULT DEVICE' and 'mend DEVICE'; faults: {string.Join(", ", CityFaults.Names)}",
    };

    private static readonly Option<string?> Ledger = new("--ledger") { Description = "file that lists every acknowledged reading" };

    /// <summary>The command, with the options that say which city.</summary>
    public static Command Create(IEnumerable<Option> city, Func<ParseResult, CityOptions> cityOf)
    {
        var command = new Command("run", "Let a city live: its gateways connect, its devices report, until Ctrl-C.")
        {
            Server, Second, Data, Certificates, Open, Rate, Duration, Drain, Scenarios, At, Flood, Historical, JsonStatus, Ledger, Orders,
        };
        foreach (var option in city)
        {
            command.Add(option);
        }

        command.SetAction((args, stop) => RunAsync(args, cityOf(args), stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult args, CityOptions city, CancellationToken stop)
    {
        var options = new RunOptions
        {
            City = city,
            Servers = args.GetValue(Second) is { } second ? [args.GetRequiredValue(Server), second] : [args.GetRequiredValue(Server)],
            Data = args.GetRequiredValue(Data),
            Certificates = args.GetValue(Open) ? null : args.GetValue(Certificates),
            Rate = args.GetRequiredValue(Rate),
            Duration = args.GetValue(Duration) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Drain = TimeSpan.FromSeconds(args.GetRequiredValue(Drain)),
            Scenarios = args.GetRequiredValue(Scenarios),
            ScenarioAt = args.GetValue(At),
            FloodDuration = args.GetValue(Flood),
            Historical = args.GetValue(Historical),
            Ledger = args.GetValue(Ledger),
            Links = args.GetValue(Orders),
        };
        try
        {
            await using var run = CityRun.Start(options, TimeProvider.System, text => Console.Error.WriteLine(text));
            using var input = new StreamReader(Console.OpenStandardInput());
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var obeying = args.GetValue(Orders) ? FaultOrders.FollowAsync(input, run, Console.Error.WriteLine, end.Token) : Task.CompletedTask;
            var complete = await ReportAsync(run, args.GetValue(JsonStatus), stop);
            await end.CancelAsync();
            await obeying;
            return complete ? ExitCodes.Done : ExitCodes.Fault;
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Usage;
        }
        catch (Exception e) when (e is LogInUseException or LogDamagedException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Fault;
        }
    }

    private static async Task<bool> ReportAsync(CityRun run, bool json, CancellationToken stop)
    {
        var living = run.RunAsync(stop);
        var interval = TimeSpan.FromSeconds(json ? 1 : 5);
        while (await Task.WhenAny(living, Task.Delay(interval, CancellationToken.None)) != living)
        {
            Print(run.Status(), json);
        }

        var complete = await living;
        Print(run.Status(), json);
        return complete;
    }

    private static void Print(RunStatus status, bool json) => Console.WriteLine(json ? status.ToJson() : status.ToText());
}
