using System.CommandLine;
using SmartCity.Simulators.Flavours;

namespace SmartCity.Simulators.Commands;

/// <summary><c>flavours</c>: one server and two, of the embedded host and of the Orleans flavour, each with a PostgreSQL of its own, under the same loads.</summary>
internal static class FlavoursCommand
{
    private static readonly Option<string> Server = new("--server") { Description = "the ordinary server's program", DefaultValueFactory = _ => "ingest/bin/Release/net10.0/smartcity-ingest.dll" };
    private static readonly Option<string?> Orleans = new("--orleans") { Description = "the Orleans flavour's program; without it only the ordinary one is measured" };
    private static readonly Option<string> Scripts = new("--orleans-scripts") { Description = "folder of Orleans' SQL scripts, as orleans.scripts has it", DefaultValueFactory = _ => "." };
    private static readonly Option<string> Data = new("--data") { Description = "an empty folder on a real disk", DefaultValueFactory = _ => "artifacts/flavours/data" };
    private static readonly Option<string> Out = new("--out") { Description = "folder of results.jsonl", DefaultValueFactory = _ => "artifacts/flavours" };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "seconds of new publishes at each point", DefaultValueFactory = _ => 8 };
    private static readonly Option<double> Beside = new("--beside") { Description = "readings/s beside alarms", DefaultValueFactory = _ => 20_000 };
    private static readonly Option<int> Devices = new("--devices") { Description = "lamps, and as many stations", DefaultValueFactory = _ => 1_000 };
    private static readonly Option<int> Rounds = new("--rounds") { Description = "times that all cases are measured, one after the other", DefaultValueFactory = _ => 1 };
    private static readonly Option<string> Only = new("--only") { Description = "cases by comma: file, embedded, orleans, or with a number of servers, as orleans:2", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> Add = new("--add") { Description = "rounds come to those that are in --out" };
    private static readonly Option<string> Commit = new("--commit") { Description = "what is measured, for the page", DefaultValueFactory = _ => "unknown" };
    private static readonly Option<bool> Print = new("--print") { Description = "measure nothing: the tables of what is in --out" };
    private static readonly Option<string?> Write = new("--write") { Description = "page with the place flavours; the picture goes into images beside it" };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("flavours", "Measure one server and two, of each flavour, with a book in PostgreSQL: rates, costs, latencies of alarms.")
        {
            Server, Orleans, Scripts, Data, Out, Seconds, Beside, Devices, Rounds, Only, Add, Commit, Print, Write,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult args, CancellationToken stop)
    {
        var only = args.GetRequiredValue(Only).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
        var orleans = args.GetValue(Orleans);
        var known = FlavourCase.Words(orleans is not null);
        if (only.FirstOrDefault(c => !known.Contains(c, StringComparer.Ordinal)) is { } unknown)
        {
            await Console.Error.WriteLineAsync($"--only {unknown}: there are {string.Join(", ", known)}{(orleans is null ? "; with --orleans also those of the other flavour" : "")}");
            return ExitCodes.Usage;
        }

        var cases = FlavourCase.All(args.GetRequiredValue(Server), orleans, Path.GetFullPath(args.GetRequiredValue(Scripts)), only);
        var files = new FlavourFiles(args.GetRequiredValue(Out));
        var whole = args.GetValue(Print) || await MeasureAsync(args, cases, files, stop);
        Console.WriteLine(files.Text());
        if (args.GetValue(Write) is { } page)
        {
            files.Write(page);
        }

        return whole ? ExitCodes.Done : ExitCodes.Fault;
    }

    private static async Task<bool> MeasureAsync(ParseResult args, IReadOnlyList<FlavourCase> cases, FlavourFiles files, CancellationToken stop)
    {
        var data = Path.GetFullPath(args.GetRequiredValue(Data));
        if (Directory.Exists(data) && Directory.EnumerateFileSystemEntries(data).Any())
        {
            await Console.Error.WriteLineAsync($"{data} is not empty: name an empty folder with --data");
            return false;
        }

        var commit = args.GetRequiredValue(Commit);
        files.Begin(commit, args.GetValue(Add));
        var options = new FlavourOptions(data, args.GetRequiredValue(Seconds), args.GetRequiredValue(Beside), args.GetRequiredValue(Devices));
        var run = new FlavourRun(options, r => files.Add(r with { Commit = commit }), static what => Console.Error.WriteLine($"{DateTimeOffset.UtcNow:HH:mm:ss} {what}"));
        var whole = true;
        try
        {
            for (var round = 0; round < args.GetRequiredValue(Rounds); round++)
            {
                foreach (var of in cases)
                {
                    stop.ThrowIfCancellationRequested();
                    whole &= await run.CaseAsync(of, files.RoundOf(of), stop);
                }
            }
        }
        finally
        {
            if (Directory.Exists(data))
            {
                Directory.Delete(data, recursive: true);
            }
        }

        return whole;
    }
}
