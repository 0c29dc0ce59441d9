using System.CommandLine;
using System.Globalization;
using SmartCity.Simulators.Sweep;

namespace SmartCity.Simulators.Commands;

/// <summary><c>sweep</c>: every measurement of the way from a publish to its readers, its results, tables and pictures.</summary>
internal static class SweepCommand
{
    private static readonly Option<string> Server = new("--server") { Description = "the server's program", DefaultValueFactory = _ => "ingest/bin/Release/net10.0/smartcity-ingest.dll" };
    private static readonly Option<string> Data = new("--data") { Description = "an empty folder on a real disk", DefaultValueFactory = _ => "artifacts/e2e/data" };
    private static readonly Option<string> Out = new("--out") { Description = "folder of results.jsonl and samples.jsonl", DefaultValueFactory = _ => "artifacts/e2e" };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "seconds of new publishes at each point", DefaultValueFactory = _ => 8 };
    private static readonly Option<TimeSpan> Sustain = Durations.Option("--sustain", "also one long run", TimeSpan.Zero);
    private static readonly Option<bool> Quick = new("--quick") { Description = "fewer points" };
    private static readonly Option<string> Only = new("--only") { Description = "groups by comma: " + string.Join(", ", SweepRun.Groups), DefaultValueFactory = _ => "" };
    private static readonly Option<string> Commit = new("--commit") { Description = "what is measured, for the page", DefaultValueFactory = _ => "unknown" };
    private static readonly Option<bool> Print = new("--print") { Description = "measure nothing: the tables of what is in --out" };
    private static readonly Option<string?> Write = new("--write") { Description = "page with the places e2e-goals and e2e-tables; pictures go into images beside it" };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("sweep", "Measure the server end to end: rates, costs, latencies, memory.")
        {
            Server, Data, Out, Seconds, Sustain, Quick, Only, Commit, Print, Write,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult args, CancellationToken stop)
    {
        var only = args.GetRequiredValue(Only).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
        if (only.FirstOrDefault(g => !SweepRun.Groups.Contains(g, StringComparer.Ordinal)) is { } unknown)
        {
            await Console.Error.WriteLineAsync($"--only {unknown}: there are {string.Join(", ", SweepRun.Groups)}");
            return ExitCodes.Usage;
        }

        var files = new SweepFiles(args.GetRequiredValue(Out));
        var fault = 0;
        if (!args.GetValue(Print))
        {
            fault = await MeasureAsync(args, only, files, stop);
        }

        var results = files.Results;
        var text = SweepText.Head(files.Head, results) + "\n" + SweepText.Tables(results);
        Console.WriteLine(text);
        Console.WriteLine(SweepText.Goals(results));
        if (args.GetValue(Write) is { } page)
        {
            files.Write(page);
        }

        return fault;
    }

    private static async Task<int> MeasureAsync(ParseResult args, HashSet<string> only, SweepFiles files, CancellationToken stop)
    {
        var data = args.GetRequiredValue(Data);
        if (Directory.Exists(data) && Directory.EnumerateFileSystemEntries(data).Any())
        {
            await Console.Error.WriteLineAsync($"{data} is not empty: name an empty folder with --data");
            return ExitCodes.Usage;
        }

        var options = new SweepOptions(
            args.GetRequiredValue(Server), data, args.GetRequiredValue(Seconds), args.GetRequiredValue(Sustain), args.GetValue(Quick), only);
        var words = string.Concat(
            options.Quick ? " --quick" : "", options.Sustain > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $" --sustain {options.Sustain.TotalMinutes:0.#}m") : "",
            only.Count > 0 ? " --only " + string.Join(',', only) : "");
        files.Begin(args.GetRequiredValue(Commit), words);
        var run = new SweepRun(options, files.Add, static what => Console.Error.WriteLine($"{DateTimeOffset.UtcNow:HH:mm:ss} {what}"));
        try
        {
            return await run.RunAsync(stop) ? ExitCodes.Done : ExitCodes.Fault;
        }
        finally
        {
            files.End(run.Samples);
            Directory.Delete(data, recursive: true);
        }
    }
}
