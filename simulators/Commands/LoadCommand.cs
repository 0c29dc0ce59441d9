using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SmartCity.Edge;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Commands;

/// <summary><c>load</c>: an open-loop load on a server, and exact figures of what it acknowledged.</summary>
internal static class LoadCommand
{
    private static readonly Option<ServerEndpoint> Server = ServerOption.Create();
    private static readonly Option<int> Connections = Whole("--connections", 20, 1, 20_000, "MQTT connections");
    private static readonly Option<double> Rate = new("--rate") { Description = "publishes/s over all connections; 0 = as many as the window lets through" };
    private static readonly Option<int> Window = Whole("--window", 64, 1, 4_096, "unacknowledged publishes a connection");
    private static readonly Option<int> Readings = Whole("--readings", 50, 1, 1_000, "readings a publish");
    private static readonly Option<int> Devices = Whole("--devices-per-connection", 10, 1, 1_000, "devices a connection speaks for (server under --open)");
    private static readonly Option<int> Qos = Whole("--qos", 1, 0, 1, "quality of service");
    private static readonly Option<bool> JsonPayload = new("--json-payload") { Description = "the same readings as a JSON array a publish, for programs that do not read line protocol" };
    private static readonly Option<bool> V5 = new("--v5") { Description = "MQTT 5.0 instead of 3.1.1" };
    private static readonly Option<double> Duration = new("--duration") { Description = "seconds of new publishes", DefaultValueFactory = _ => 10 };
    private static readonly Option<double> Drain = new("--drain") { Description = "seconds to wait for the last acknowledgements", DefaultValueFactory = _ => 30 };
    private static readonly Option<double> Step = new("--step-us") { Description = "µs between two readings of a device (1000 for stores that keep milliseconds)", DefaultValueFactory = _ => 100 };
    private static readonly Option<string> Kind = new("--kind") { Description = "kind of device", DefaultValueFactory = _ => Plan.KindNames.Streetlight };
    private static readonly Option<string?> Registry = new("--registry") { Description = "a generated city whose gateways and devices are used; without it the server must be --open" };
    private static readonly Option<string?> Certificates = new("--certs") { Description = "directory with ca.crt, {gateway}.crt and {gateway}.key" };
    private static readonly Option<string?> Ledger = new("--ledger") { Description = "file for what was acknowledged, by device" };
    private static readonly Option<string> Prefix = new("--prefix") { Description = "begin of client identifiers", DefaultValueFactory = _ => "load" };
    private static readonly Option<bool> ConnectFirst = new("--connect-first") { Description = "begin when every connection is there" };
    private static readonly Option<bool> Json = new("--json") { Description = "report as one line of JSON" };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("load", "Publish readings as fast as asked and report what was acknowledged, how fast.")
        {
            Server, Connections, Rate, Window, Readings, Devices, Qos, V5, Duration, Drain, Step, Kind, Registry, Certificates, Ledger, Prefix, ConnectFirst, JsonPayload, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult args, CancellationToken stop)
    {
        var options = new LoadOptions
        {
            Server = args.GetRequiredValue(Server),
            Connections = args.GetRequiredValue(Connections),
            PublishesPerSecond = args.GetValue(Rate),
            Window = args.GetRequiredValue(Window),
            ReadingsPerPublish = args.GetRequiredValue(Readings),
            DevicesPerConnection = args.GetRequiredValue(Devices),
            QualityOfService = args.GetRequiredValue(Qos),
            Json = args.GetValue(JsonPayload),
            Version5 = args.GetValue(V5),
            Duration = TimeSpan.FromSeconds(args.GetRequiredValue(Duration)),
            Drain = TimeSpan.FromSeconds(args.GetRequiredValue(Drain)),
            Step = TimeSpan.FromMicroseconds(args.GetRequiredValue(Step)),
            Kind = args.GetRequiredValue(Kind),
            Registry = args.GetValue(Registry),
            Certificates = args.GetValue(Certificates),
            Ledger = args.GetValue(Ledger),
            ConnectFirst = args.GetValue(ConnectFirst),
            Prefix = args.GetRequiredValue(Prefix),
        };
        LoadReport report;
        try
        {
            report = await LoadRun.ExecuteAsync(options, TimeProvider.System, stop);
        }
        catch (Exception e) when (e is ArgumentException or IOException or JsonException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Usage;
        }

        Console.WriteLine(args.GetValue(Json) ? JsonSerializer.Serialize(report, LoadJson.Default.LoadReport) : report.ToText());
        return report is { Publishes: > 0, Refused: 0 } ? ExitCodes.Done : ExitCodes.Fault;
    }

    private static Option<int> Whole(string name, int standard, int least, int most, string about)
    {
        var option = new Option<int>(name) { Description = $"{about}, {least}…{most}", DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            var value = result.GetValueOrDefault<int>();
            if (value < least || value > most)
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} {value}: must be {least} to {most}"));
            }
        });
        return option;
    }
}
