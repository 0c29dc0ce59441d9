using SmartCity.Simulators.Run;

namespace SmartCity.Simulators.Lights;

/// <summary>What a campaign showed.</summary>
/// <param name="Orders">Each order and release that connected gateways followed.</param>
/// <param name="AwayLamps">Lamps on the gateways that were away.</param>
/// <param name="Returned">From the return of the links until all their lamps gave the light of the order that still held; null when they did not.</param>
/// <param name="ReturnedConfirmed">And until the server said so.</param>
/// <param name="Expired">Lamps of theirs that were ever seen at the level of the order that had expired meanwhile.</param>
internal sealed record LightingReport(IReadOnlyList<OrderCurve> Orders, int AwayLamps, TimeSpan? Returned, TimeSpan? ReturnedConfirmed, int Expired);

/// <summary>
/// The evening of a lighting operator: all streets to 40 %, to 80 %, the last one released, again and again, while some gateways have no link; an order that expires
/// before they are back; and their return.
/// </summary>
internal sealed class LightingCampaign(LightingRun run, CityRun city, Action<string> say)
{
    /// <summary>Level of the order that ends while gateways are away.</summary>
    private const double ExpiredLevel = 90;

    private readonly List<OrderCurve> _orders = [];

    /// <summary>How often 40 %, 80 % and release are repeated.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Gateways that lose their link.</summary>
    public int Away { get; init; } = 2;

    /// <summary>How long an order is watched at most.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Life of the order that expires.</summary>
    public TimeSpan Life { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Does it all.</summary>
    public async Task<LightingReport> PlayAsync(CancellationToken stop)
    {
        await run.ReadyAsync(TimeSpan.FromMinutes(5), stop);
        say($"{city.Gateways.Count} gateways connected, {run.Lamps} lamps measured");

        // Code is compiled and every way has been gone once after this; it counts for nothing.
        var (warm, curve) = await run.OrderAsync("warm-up: everything on", 100, null, 100, TimeSpan.FromMinutes(2), stop);
        Say(curve);
        var away = city.Gateways.Where((_, i) => i % (city.Gateways.Count / Away) == 1).Take(Away).ToList();
        away.ForEach(g => city.Faults.Plant(CityFaults.Away, g.Gateway.Name));
        await run.UntilAsync(() => Task.FromResult(away.TrueForAll(g => !g.Gateway.IsConnected)), "the gateways have lost their links", TimeSpan.FromMinutes(1), stop);
        var awayLamps = run.Lamps - run.Reachable;
        say($"{Away} gateways are away, with {awayLamps} lamps");
        for (var round = 1; round <= Rounds; round++)
        {
            var (low, lower) = await run.OrderAsync($"40 % ({round})", 40, null, 100, Patience, stop);
            Keep(lower);
            var (high, higher) = await run.OrderAsync($"80 % ({round})", 80, null, 100, Patience, stop);
            Keep(higher);
            Keep(await run.ReleaseAsync($"release to 40 % ({round})", high, low, 40, Patience, stop));
            Keep(await run.ReleaseAsync($"release to 100 % ({round})", low, warm, 100, Patience, stop));
        }

        var report = await ReturnAsync(away, awayLamps, stop);
        await run.ReleaseAsync(warm, stop);
        return report;
    }

    private async Task<LightingReport> ReturnAsync(List<SimGateway> away, int awayLamps, CancellationToken stop)
    {
        var (held, _) = await run.OrderAsync("60 %, until released", 60, null, 100, Patience, stop);
        var (_, ended) = await run.OrderAsync("90 %, ends soon", ExpiredLevel, Life, 200, Life - TimeSpan.FromSeconds(2), stop);
        Say(ended);
        await run.UntilAsync(() => Task.FromResult(run.There(60) >= run.Reachable), "the order has expired and the lamps are at 60 %", Life + Patience, stop);
        var expired = 0;
        var last = city.Time.GetTimestamp();
        TimeSpan? there = null;
        TimeSpan? confirmed = null;
        away.ForEach(g => city.Faults.Mend(g.Gateway.Name));
        while (city.Time.GetElapsedTime(last) < TimeSpan.FromMinutes(2) && (there is null || confirmed is null))
        {
            expired = Math.Max(expired, run.There(ExpiredLevel, away));
            there ??= run.There(60, away) == awayLamps ? city.Time.GetElapsedTime(last) : null;
            confirmed ??= await run.ConfirmedAsync(held, stop) == run.Lamps ? city.Time.GetElapsedTime(last) : null;
            await Task.Delay(LightingRun.Look, city.Time, stop);
        }

        await run.ReleaseAsync(held, stop);
        return new LightingReport(_orders, awayLamps, there, confirmed, expired);
    }

    private void Keep(OrderCurve curve)
    {
        _orders.Add(curve);
        Say(curve);
    }

    private void Say(OrderCurve curve) => say(LightingTable.Line(curve));
}
