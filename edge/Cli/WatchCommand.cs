using System.CommandLine;
using System.Globalization;
using SmartCity.City;
using SmartCity.Edge.Drivers;
using Spectre.Console;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge watch</c>: what every device measures now.</summary>
internal static class WatchCommand
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeyEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var command = desk.Command("watch", (parsed, stop) => RunAsync(desk, parsed, stop));
        command.Add(new Option<bool>("--once"));
        command.Add(Desk.ConfigOption());
        return command;
    }

    /// <summary>Rows of a status: device, metric, value with unit, history, age; or the fault.</summary>
    public static IEnumerable<(string Device, string Metric, string Value, string Spark, string Age, Tone Tone)> Rows(
        ControlStatus status, Words words, Dictionary<(string, string), Sparkline> history)
    {
        foreach (var device in status.Devices)
        {
            var kind = KindCatalog.BuiltIn.Find(device.Kind);
            var name = device.Id;
            var age = device.AgeSeconds is { } seconds ? seconds < 1 ? "0 s" : Moments.Span(TimeSpan.FromSeconds(Math.Floor(seconds))) : "–";
            foreach (var (metric, value) in device.Values.Where(v => v.Key != "fault_code"))
            {
                if (!history.TryGetValue((device.Id, metric), out var spark))
                {
                    history.Add((device.Id, metric), spark = new Sparkline());
                }

                spark.Add(value);
                var known = kind?.Metrics.FirstOrDefault(m => m.Name == metric);
                yield return (name, known is null ? metric : words.Language == "vi" ? known.Title.Vi : known.Title.En, Value(value, known), spark.ToString(), age, Tone.Plain);
                (name, age) = ("", "");
            }

            if (device.Fault != 0)
            {
                var fault = Enum.IsDefined((DeviceFault)device.Fault) ? (DeviceFault)device.Fault : DeviceFault.Bus;
                yield return (name, words[$"fault.{fault}"], "", "", age, fault == DeviceFault.WarmingUp ? Tone.Warning : Tone.Bad);
            }
            else if (device.Values.Count == 0)
            {
                yield return (name, words["watch.nothing"], "", "", age, Tone.Quiet);
            }
        }
    }

    private static async Task<int> RunAsync(Desk desk, ParseResult parsed, CancellationToken stop)
    {
        await using var source = await LiveSource.OpenAsync(desk, desk.ConfigFile(parsed), stop);
        var history = new Dictionary<(string, string), Sparkline>();
        var status = await source.NextAsync(stop);
        if (parsed.GetValue<bool>("--once") || !desk.Screen.Terminal)
        {
            desk.Screen.Prose(Head(desk, source, status), Tone.Strong);
            desk.Screen.Table(Heads(desk.Words), Rows(status, desk.Words, history).Select(Plain));
            foreach (var device in status.Devices.Where(d => d.Fault != 0 && d.Words is { Length: > 0 }))
            {
                desk.Screen.Prose(device.Words!, Tone.Quiet, device.Id.Length + 2, $"{device.Id}: ");
            }

            return status.Devices.Any(d => d.Fault is not (0 or (int)DeviceFault.WarmingUp)) ? ExitCodes.Fault : ExitCodes.Done;
        }

        await desk.Screen.Console.Live(new Text("")).StartAsync(async live =>
        {
            while (true)
            {
                live.UpdateTarget(Draw(Head(desk, source, status), status, desk, history));
                live.Refresh();
                if (!await WaitAsync(desk, stop))
                {
                    return;
                }

                status = await source.NextAsync(stop);
            }
        });
        return ExitCodes.Done;
    }

    private static string Head(Desk desk, LiveSource source, ControlStatus status)
    {
        var words = desk.Words;
        var link = source.Service is null ? words["watch.direct"] : words.Say(status.Connected ? "watch.connected" : "watch.not-connected", Moments.Size(status.Backlog));
        return $"{status.Gateway} · {link}{(status.Clock == "unknown" ? words["watch.no-clock"] : "")}";
    }

    private static string[] Heads(Words words) => [words["watch.device"], words["watch.metric"], words["watch.value"], words["watch.age"]];

    private static IReadOnlyList<(string, Tone)> Plain((string Device, string Metric, string Value, string Spark, string Age, Tone Tone) row) =>
        [(row.Device, Tone.Strong), (row.Metric, row.Tone), (row.Value, row.Tone), (row.Age, Tone.Quiet)];

    private static Rows Draw(string head, ControlStatus status, Desk desk, Dictionary<(string, string), Sparkline> history)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        table.AddColumns([.. Heads(desk.Words)[..3], "", desk.Words["watch.age"]]);
        foreach (var row in Rows(status, desk.Words, history))
        {
            var style = row.Tone switch { Tone.Bad => new Style(Color.Red), Tone.Warning => new Style(Color.Yellow), Tone.Quiet => new Style(Color.Grey), _ => Style.Plain };
            table.AddRow(new Text(row.Device, new Style(decoration: Decoration.Bold)), new Text(row.Metric, style), new Text(row.Value, style),
                new Text(row.Spark, new Style(Color.Green)), new Text(row.Age, new Style(Color.Grey)));
        }

        // Every row is a line of the screen; what does not fit would scroll away with each refresh.
        table.Caption = new TableTitle(Markup.Escape(desk.Words["watch.quit"]));
        // The link may come and go while somebody watches: the head is drawn with the values.
        return new Rows(new Text(head, new Style(decoration: Decoration.Bold)), table);
    }

    private static string Value(double value, Metric? metric) => metric?.Type switch
    {
        MetricType.Boolean => value != 0 ? "1" : "0",
        MetricType.Integer => value.ToString("0", CultureInfo.InvariantCulture),
        _ => $"{value.ToString(Math.Abs(value) < 10 ? "0.##" : "0.#", CultureInfo.InvariantCulture)} {metric?.Unit}".TrimEnd(),
    };

    /// <summary>Waits for the next look; false when the person wants no more.</summary>
    private static async Task<bool> WaitAsync(Desk desk, CancellationToken stop)
    {
        for (var waited = TimeSpan.Zero; waited < Every; waited += KeyEvery)
        {
            if (stop.IsCancellationRequested || (desk.Screen.Interactive && Console.KeyAvailable && Console.ReadKey(intercept: true).KeyChar is 'q' or 'Q'))
            {
                return false;
            }

            await Task.Delay(KeyEvery, desk.Host.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return !stop.IsCancellationRequested;
    }
}
