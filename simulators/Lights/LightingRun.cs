using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Simulators.Run;
using SmartCity.Simulators.Wiring;

namespace SmartCity.Simulators.Lights;

/// <summary>
/// Orders for all lamps of a running city, and how they come to follow: as the server says it (confirmed by measured power) and as the simulated street has it.
/// The time runs from before the request is sent, by the clock of this process; the server's view is asked each <see cref="Look"/>.
/// </summary>
internal sealed class LightingRun
{
    /// <summary>How often the server is asked.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Light this near to what is asked is what is asked, in percent.</summary>
    private const double Near = 1.5;

    private readonly CityRun _city;
    private readonly CityOperator _person;
    private readonly TimeProvider _time;
    private readonly List<(SimGateway Gateway, SimLamp Lamp)> _lamps;

    /// <summary>A city at work, and a person who may order light.</summary>
    public LightingRun(CityRun city, CityOperator person)
    {
        (_city, _person, _time) = (city, person, city.Time);
        _lamps = [.. city.Gateways.SelectMany(g => g.Devices.Where(d => d.Lamp is not null).Select(d => (g, d.Lamp!)))];
    }

    /// <summary>Lamps whose gateway has its link.</summary>
    public int Reachable => There(static _ => true);

    /// <summary>Lamps in all.</summary>
    public int Lamps => _lamps.Count;

    /// <summary>Waits until every gateway is connected and has measured.</summary>
    /// <exception cref="TimeoutException">It has not within the time.</exception>
    public async Task ReadyAsync(TimeSpan patience, CancellationToken stop) => await UntilAsync(
        () => Task.FromResult(_city.Gateways.All(g => g.Gateway.IsConnected && g.Runtime.Devices.All(d => d.MeasuredAt is not null))),
        "every gateway is connected and has measured", patience, stop);

    /// <summary>Orders a level for the whole city and watches until all lamps on connected gateways follow, or for <paramref name="patience"/>.</summary>
    /// <param name="words">For people.</param>
    /// <param name="level">0 … 100 %.</param>
    /// <param name="life">When it expires; null = when it is released.</param>
    /// <param name="priority">0 … 1000.</param>
    /// <param name="patience">How long to watch; zero = not at all.</param>
    /// <param name="stop">Stops.</param>
    /// <returns>The order's id, and what was seen.</returns>
    public async Task<(string Id, OrderCurve Curve)> OrderAsync(string words, double level, TimeSpan? life, int priority, TimeSpan patience, CancellationToken stop)
    {
        var body = new JsonObject { ["level"] = level, ["priority"] = priority, ["reason"] = words };
        if (life is { } lives)
        {
            body["expires"] = (_time.GetUtcNow() + lives).ToString("O", CultureInfo.InvariantCulture);
        }

        var cpu = await CpuAsync(stop);
        var start = _time.GetTimestamp();
        var view = await _person.DoAsync(HttpMethod.Post, "/api/v1/lighting/city/override", body, stop);
        var id = view.GetProperty("id").GetString()!;
        return (id, await FollowAsync(words, id, level, start, cpu, patience, stop));
    }

    /// <summary>Releases an order and watches until the lamps are back at one that is below it.</summary>
    /// <param name="words">For people.</param>
    /// <param name="id">The order.</param>
    /// <param name="below">The order that holds then.</param>
    /// <param name="level">Its level.</param>
    /// <param name="patience">How long to watch.</param>
    /// <param name="stop">Stops.</param>
    public async Task<OrderCurve> ReleaseAsync(string words, string id, string below, double level, TimeSpan patience, CancellationToken stop)
    {
        var cpu = await CpuAsync(stop);
        var start = _time.GetTimestamp();
        await ReleaseAsync(id, stop);
        return await FollowAsync(words, below, level, start, cpu, patience, stop);
    }

    /// <summary>Releases an order; nobody waits.</summary>
    public Task ReleaseAsync(string id, CancellationToken stop) => _person.DoAsync(HttpMethod.Delete, $"/api/v1/lighting/overrides/{id}", null, stop);

    /// <summary>Lamps that the server says follow an order.</summary>
    public async Task<int> ConfirmedAsync(string id, CancellationToken stop) =>
        (await _person.GetAsync($"/api/v1/lighting/overrides/{id}", stop)).GetProperty("progress").GetProperty("confirmed").GetInt32();

    private async Task<OrderCurve> FollowAsync(
        string words, string id, double level, long start, (double Server, double City) cpu, TimeSpan patience, CancellationToken stop)
    {
        var points = new List<OrderPoint>();
        var reachable = Reachable;
        while (_time.GetElapsedTime(start) < patience)
        {
            var confirmed = await ConfirmedAsync(id, stop);
            points.Add(new OrderPoint(_time.GetElapsedTime(start).TotalSeconds, confirmed, There(level)));
            if (confirmed >= reachable)
            {
                break;
            }

            await Task.Delay(Look, _time, stop);
        }

        var after = await CpuAsync(stop);
        return new OrderCurve(words, reachable, points)
        {
            ServerCpu = after.Server - cpu.Server,
            CityCpu = after.City - cpu.City,
            Missing = points.Count == 0 || points[^1].Confirmed >= reachable ? [] : await MissingAsync(id, stop),
        };
    }

    /// <summary>Lamps on connected gateways that really give this light.</summary>
    public int There(double level) => There(l => IsAt(l, level));

    /// <summary>Lamps of some gateways that really give this light.</summary>
    public int There(double level, IReadOnlyList<SimGateway> gateways) => _lamps.Count(l => gateways.Contains(l.Gateway) && IsAt(l.Lamp, level));

    /// <summary>Lamps that the server says do what is asked of them, whatever that is.</summary>
    public async Task<int> ConfirmedAsync(CancellationToken stop) =>
        (await _person.GetAsync("/api/v1/lighting/lamps?limit=1", stop)).GetProperty("counts").GetProperty("confirmed").GetInt32();

    /// <summary>CPU time that the server and this process have used, in seconds.</summary>
    public async Task<(double Server, double City)> CpuAsync(CancellationToken stop)
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return (await _person.FigureAsync("smartcity_process_cpu_seconds_total", stop), self.TotalProcessorTime.TotalSeconds);
    }

    /// <summary>Waits for something.</summary>
    /// <exception cref="TimeoutException">It has not come within the time.</exception>
    public async Task<TimeSpan> UntilAsync(Func<Task<bool>> come, string what, TimeSpan patience, CancellationToken stop)
    {
        var start = _time.GetTimestamp();
        while (!await come())
        {
            if (_time.GetElapsedTime(start) > patience)
            {
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"not within {patience.TotalSeconds:0} s: {what}"));
            }

            await Task.Delay(Look, _time, stop);
        }

        return _time.GetElapsedTime(start);
    }

    private async Task<IReadOnlyList<(string Lamp, string Why)>> MissingAsync(string id, CancellationToken stop)
    {
        var away = _city.Gateways.Where(IsAway).Select(g => g.Gateway.Name).ToHashSet(StringComparer.Ordinal);
        var lamps = await _person.ListAsync($"/api/v1/lighting/overrides/{id}/lamps?limit=500", stop);
        return
        [
            .. lamps.Where(l => Text(l, "follow") != "confirmed" && !away.Contains(Text(l, "gateway")))
                .Select(l => (Text(l, "id"), $"{Text(l, "follow")} {Text(l, "why")}".Trim())),
        ];
    }

    private static string Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private int There(Func<SimLamp, bool> it)
    {
        var away = _city.Gateways.Where(IsAway).ToHashSet();
        return _lamps.Count(l => !away.Contains(l.Gateway) && it(l.Lamp));
    }

    private bool IsAway(SimGateway gateway) => _city.Faults.IsPlanted(gateway.Gateway.Name, CityFaults.Away);

    private static bool IsAt(SimLamp lamp, double level) => Math.Abs(lamp.Now().Percent - level) < Near;
}
