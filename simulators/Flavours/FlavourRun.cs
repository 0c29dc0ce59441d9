using System.Net.Sockets;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Sweep;

namespace SmartCity.Simulators.Flavours;

/// <summary>All cases of a round, one after the other, each with servers and a book of its own, all with the same loads.</summary>
/// <param name="options">How.</param>
/// <param name="report">Told each result as it comes.</param>
/// <param name="say">Told what is under way.</param>
internal sealed class FlavourRun(FlavourOptions options, Action<FlavourResult> report, Action<string> say)
{
    private const int Points = 4_000;

    /// <summary>Seconds. After two the one flavour is compiled and the other is not, and what is compared is the compiler.</summary>
    private const double LeastWarming = 6;

    /// <summary>The loads of a round, by name, in their order.</summary>
    public static IReadOnlyList<FlavourLoad> Loads(int devices) =>
    [
        new("lamps, 50 readings a publish", KindNames.Streetlight, 50, SweepCity.Clients(SweepCity.Gateways, devices)),
        new("stations, 50 readings a publish", KindNames.Environment, 50, SweepCity.StationClients(SweepCity.Gateways, devices)),
        new("stations, 1 reading a publish", KindNames.Environment, 1, SweepCity.StationClients(SweepCity.Gateways, devices)),
    ];

    /// <summary>Measures one case.</summary>
    /// <returns>False when something failed; it was said, and what was measured before is reported.</returns>
    public async Task<bool> CaseAsync(FlavourCase of, int round, CancellationToken stop)
    {
        FlavourTown? town = null;
        try
        {
            say(FormattableString.Invariant($"{of.Word}, round {round}: starting"));
            town = await FlavourTown.StartAsync(of, Path.Combine(options.Data, FormattableString.Invariant($"{of.Name}-{of.Servers}-{round}")), options.Devices, Points, stop);
            await MeasureAsync(new FlavourMeter(of, round, town), of, stop);
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or HttpRequestException or SocketException || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            say($"{of.Word}: {e.Message}");
            foreach (var words in town?.Servers.Select(s => s.Words) ?? [])
            {
                say(words);
            }

            return false;
        }
        finally
        {
            await (town?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private async Task MeasureAsync(FlavourMeter meter, FlavourCase of, CancellationToken stop)
    {
        var loads = Loads(options.Devices);
        foreach (var load in loads)
        {
            await meter.WarmAsync(load, Math.Max(options.Seconds * 0.75, LeastWarming), stop);
        }

        await meter.WarmAlarmsAsync(LeastWarming, stop);
        foreach (var load in loads)
        {
            say($"{of.Word}: {load.Name}");
            report(await meter.PointAsync(load, options.Seconds, 0, alarms: false, load.Name, stop));
        }

        say($"{of.Word}: alarms");
        report(await meter.AlarmsAsync(options.Seconds, "alarms, nothing beside them", stop));
        report(await meter.PointAsync(loads[1], options.Seconds, options.Beside, alarms: true, FormattableString.Invariant($"alarms beside {options.Beside:N0} readings/s of stations"), stop));
    }
}
