using System.CommandLine;

namespace SmartCity.Benchmarks.Peers;

/// <summary>The command line of <c>benchmarks/peers/run</c>.</summary>
internal static class PeersCommand
{
    private static readonly Option<double> Seconds = new("--seconds") { Description = "how long new publishes are made", DefaultValueFactory = _ => 8 };
    private static readonly Option<double> Warm = new("--warm") { Description = "seconds of the same load before that, not counted", DefaultValueFactory = _ => 3 };
    private static readonly Option<int[]> Readings = new("--readings") { Description = "readings a publish or request, one run each", DefaultValueFactory = _ => [1, 50], AllowMultipleArgumentsPerToken = true };
    private static readonly Option<int> Connections = new("--connections") { Description = "connections of the generator, ten devices each", DefaultValueFactory = _ => 20 };
    private static readonly Option<int> Window = new("--window") { Description = "unacknowledged publishes a connection", DefaultValueFactory = _ => 64 };
    private static readonly Option<string[]> Only = new("--only") { Description = "names of peers: node-red, node-red-lines, worker, worker-lines, ours-influx, victoria-metrics, ours", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
    private static readonly Option<bool> Kill = new("--kill") { Description = "a moderate load, all processes of the pipeline killed in its middle and started again: what was acknowledged and is not there?" };
    private static readonly Option<double> Rate = new("--rate") { Description = "readings/s offered, instead of as many as 64 unacknowledged publishes a connection let through" };
    private static readonly Option<string> Data = new("--data") { Description = "where the stores keep their data: a real disk", DefaultValueFactory = _ => "artifacts/peers/data" };
    private static readonly Option<string> Results = new("--results") { Description = "file of JSON lines", DefaultValueFactory = _ => "artifacts/e2e/results.jsonl" };
    private static readonly Option<bool> Write = new("--write") { Description = "write the table into docs/performance.md and draw docs/images/peers.svg" };
    private static readonly Option<bool> PageOnly = new("--page-only") { Description = "measure nothing: write them from the results that are there" };

    /// <summary>The command.</summary>
    public static RootCommand Create()
    {
        var command = new RootCommand("What others can do on the same two cores, with the same readings: mosquitto with Node-RED or a C# worker before InfluxDB, VictoriaMetrics, and ours.")
        {
            Seconds, Warm, Readings, Connections, Window, Only, Kill, Rate, Data, Results, Write, PageOnly,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult args, CancellationToken stop)
    {
        var options = new PeerOptions
        {
            Seconds = args.GetValue(Seconds),
            Warm = args.GetValue(Warm),
            Readings = args.GetRequiredValue(Readings),
            Connections = args.GetValue(Connections),
            Window = args.GetValue(Window),
            Only = args.GetRequiredValue(Only),
            Kill = args.GetValue(Kill),
            Rate = args.GetValue(Rate),
            Data = Path.GetFullPath(args.GetRequiredValue(Data)),
            Results = Path.GetFullPath(args.GetRequiredValue(Results)),
            NodeRed = Path.GetFullPath("artifacts/peers/node-red"),
            Server = Path.GetFullPath("ingest/bin/Release/net10.0/smartcity-ingest.dll"),
        };
        var failed = args.GetValue(PageOnly) ? 0 : await MeasureAllAsync(options, stop);
        var results = ResultFile.Read(options.Results);
        Console.WriteLine();
        Console.WriteLine(PeerTable.Of(results));
        if (args.GetValue(Write) || args.GetValue(PageOnly))
        {
            PeerTable.WriteInto("docs/performance.md", results);
            await File.WriteAllTextAsync("docs/images/peers.svg", PeerSvg.Draw(results), stop);
        }

        return failed == 0 ? 0 : 1;
    }

    private static async Task<int> MeasureAllAsync(PeerOptions options, CancellationToken stop)
    {
        var failed = 0;
        foreach (var make in options.Peers())
        {
            var name = make().Name;
            if (options.Only.Count > 0 && !options.Only.Contains(name, StringComparer.Ordinal))
            {
                continue;
            }

            foreach (var readings in options.Readings)
            {
                try
                {
                    var result = await new PeerRun(options).MeasureAsync(make(), readings, stop);
                    ResultFile.Put(options.Results, result);
                    Console.WriteLine(PeerTable.Line(result));
                }
                catch (Exception e) when (e is InvalidOperationException or IOException or System.Text.Json.JsonException)
                {
                    failed++;
                    await Console.Error.WriteLineAsync($"{name}: {e.Message} (its logs are in {options.Data}/{name})");
                }
            }
        }

        return failed;
    }
}
