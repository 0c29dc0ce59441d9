using System.Globalization;
using SmartCity.Simulators.Run;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SmartCity.Simulators.Up;

/// <summary>The live view of <c>./run</c>: a table that is drawn over itself in a terminal, a line every five seconds elsewhere.</summary>
/// <param name="run">The gateways.</param>
/// <param name="servers">The servers.</param>
/// <param name="links">For each of them a link that signs somebody in, once.</param>
/// <param name="postgres">Their book; null: one server has it in a file.</param>
/// <param name="time">The clock.</param>
internal sealed class TownView(CityRun run, IReadOnlyList<TownServer> servers, IReadOnlyList<string?> links, ScratchPostgres? postgres, TimeProvider time)
{
    private readonly Dictionary<TownServer, double> _heard = [];
    private double _readings;
    private long _at;
    private double _rate;

    /// <summary>Shows until cancelled or the server ends.</summary>
    public async Task ShowAsync(bool plain, CancellationToken cancel)
    {
        if (plain)
        {
            await PlainAsync(cancel);
            return;
        }

        await AnsiConsole.Live(new Text("")).AutoClear(false).StartAsync(async live =>
        {
            while (await TurnAsync(TimeSpan.FromSeconds(1), cancel))
            {
                live.UpdateTarget(Draw());
            }
        });
    }

    private async Task PlainAsync(CancellationToken cancel)
    {
        while (await TurnAsync(TimeSpan.FromSeconds(5), cancel))
        {
            var status = run.Status();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{_rate,8:N0} readings/s  {Devices(),6:N0} devices  {status.Connected}/{status.Gateways} gateways  {(WithoutBook ? "the book is away: see the consoles" : $"{Alerts.Count} open alerts shown")}  log lag {Lag():N0} KiB  rejected {Sum("smartcity_readings_rejected_total"):N0}"));
            foreach (var alert in WithoutBook ? [] : Alerts.Take(3))
            {
                Console.WriteLine($"         {alert.Severity,-9} {alert.Kind,-16} {alert.Where}");
            }
        }
    }

    private async Task<bool> TurnAsync(TimeSpan pause, CancellationToken cancel)
    {
        var ended = servers.Count == 1 ? servers[0].Ended : Task.Delay(Timeout.Infinite, cancel); // of two, the one that ends is started again
        if (await Task.WhenAny(Task.Delay(pause, time, cancel), ended) == ended || cancel.IsCancellationRequested)
        {
            return false;
        }

        await Task.WhenAll(servers.Select(s => s.Figures.RefreshAsync(cancel)));

        // A server that was started again counts from 0.
        var more = 0.0;
        foreach (var server in servers)
        {
            var (was, now) = (_heard.GetValueOrDefault(server), server.Figures["smartcity_readings_total"]);
            more += now < was ? now : now - was;
            _heard[server] = now;
        }

        var at = time.GetTimestamp();
        _rate = _at == 0 ? 0 : more / time.GetElapsedTime(_at, at).TotalSeconds;
        (_readings, _at) = (_readings + more, at);
        return true;
    }

    private bool WithoutBook => servers.Any(s => s.Figures.IsUp) && servers.All(s => !s.Figures.IsUp || s.Figures.IsWithoutBook);

    private IReadOnlyList<OpenAlert> Alerts => (servers.FirstOrDefault(s => s.Figures is { IsUp: true, IsWithoutBook: false }) ?? servers[0]).Figures.Alerts;

    private double Sum(string name) => servers.Where(s => s.Figures.IsUp).Sum(s => s.Figures[name]);

    // A device may have been heard by both.
    private double Devices() => Math.Min(Sum("smartcity_devices_heard"), servers.Count == 1 ? double.MaxValue : run.Plan.Devices.Count);

    private double Lag() => Sum("smartcity_reader_lag_bytes") / 1024;

    private IRenderable Draw()
    {
        var status = run.Status();
        var grid = new Grid().AddColumn().AddColumn();
        void Row(string name, string value) => grid.AddRow(new Markup($"[grey]{name}[/]"), new Markup(value));
        foreach (var (server, link) in servers.Zip(links))
        {
            Row($"Console {server.Name}".TrimEnd(), $"[link={server.Addresses["http"]}]{server.Addresses["http"]}[/]");
            Row("Sign in once", Markup.Escape(link ?? ""));
            Row("MQTT", $"{server.Addresses["mqtt"]} (anybody here)   {server.Addresses["mqtts"]} (gateways)");
            Row($"Server {server.Name}".TrimEnd(), (!server.Figures.IsUp ? "[red]does not answer[/]" : server.Figures.IsWithoutBook ? "[red]up, without the book[/]" : "[green]up[/]") + (servers.Count == 1 ? "" : Whose(server)));
        }

        if (postgres is not null)
        {
            Row("Book", Invariant($"{(WithoutBook ? "[red]does not answer[/]" : "[green]PostgreSQL[/]")}   process {postgres.Id}{(postgres.State.Length > 0 ? "   " + Markup.Escape(postgres.State) : "")}"));
        }

        Row("Readings", Invariant($"[bold]{_rate:N0}[/] /s   {_readings:N0} since start   rejected {Sum("smartcity_readings_rejected_total"):N0}"));
        Row("Devices", Invariant($"{Devices():N0} of {run.Plan.Devices.Count:N0}   gateways {status.Connected} of {status.Gateways}"));
        Row("Log", Invariant($"lag {Lag():N0} KiB   not acknowledged {Sum("smartcity_log_unacknowledged_bytes") / 1024:N0} KiB   at the gateways {status.BacklogBytes / 1024:N0} KiB"));
        Row("History", Invariant($"{Sum("smartcity_history_points_total"):N0} points"));
        Row("Scenarios", status.Scenarios.Count == 0 ? "[grey]none at work[/]" : Markup.Escape(string.Join(", ", status.Scenarios)));
        if (status.Planted.Count > 0)
        {
            Row("Planted", Markup.Escape(string.Join('\n', status.Planted)));
        }

        var alerts = new Table().Border(TableBorder.Rounded).AddColumns("Severity", "Alert", "Where", "Since", "State");
        foreach (var alert in Alerts)
        {
            var colour = alert.Severity switch { "critical" => "red bold", "major" => "orange1", "minor" => "yellow", _ => "grey" };
            var age = time.GetUtcNow() - alert.At;
            alerts.AddRow(
                new Markup($"[{colour}]{alert.Severity}[/]"), new Text(alert.Kind), new Text(alert.Where),
                new Text(Invariant($"{Math.Max(0, age.TotalSeconds):N0} s")), new Text(alert.State));
        }

        return new Rows(
            new Rule($"[bold]SmartCity.IoT[/]  {(run.Plan.Name == "ha-long" ? "Hạ Long" : "Thanh Hóa")}").LeftJustified(), grid,
            WithoutBook ? new Markup("[red]The book is away: alerts are on the consoles, not recorded[/]") : Alerts.Count == 0 ? new Markup("[green]No open alerts[/]") : alerts,
            new Markup("[grey]Ctrl-C stops everything[/]"));
    }

    private static string Whose(TownServer server) => Invariant(
        $"   process {server.Id?.ToString(CultureInfo.InvariantCulture) ?? "–"}   {(server.Figures.IsUp ? server.Figures["smartcity_mqtt_connections_open"] : 0):N0} connections{(server.State.Length > 0 ? "   " + Markup.Escape(server.State) : "")}");

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
