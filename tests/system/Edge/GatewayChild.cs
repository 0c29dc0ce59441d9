using System.Globalization;
using System.Text.Json;
using SmartCity.Edge;

namespace SmartCity.SystemTests.Edge;

/// <summary>What a gateway that will be killed is told.</summary>
/// <param name="Gateway">Its name.</param>
/// <param name="Directory">Its data.</param>
/// <param name="Ports">Servers on 127.0.0.1, in order of preference.</param>
/// <param name="Devices">Traffic counters <c>{gateway}-t0</c> …, on the telemetry lane.</param>
/// <param name="Gauges">Water levels <c>{gateway}-w0</c> …, on the alarm lane.</param>
/// <param name="EveryMs">Between two readings of all of them; 0 = it measures nothing.</param>
/// <param name="First">Number of the first reading.</param>
internal sealed record GatewayPlan(string Gateway, string Directory, int[] Ports, int Devices, int Gauges, int EveryMs, long First);

/// <summary>
/// What this program does instead of testing when <see cref="Variable"/> holds a plan: it is a gateway with all its parts, measures
/// fast, and waits to be killed. Each reading carries a number that only grows, so that store and log can be compared line by line.
/// </summary>
internal static class GatewayChild
{
    public const string Variable = "SMARTCITY_TEST_GATEWAY_CHILD";

    public static GatewayOptions OptionsFor(GatewayPlan plan) => new()
    {
        Gateway = plan.Gateway,
        Directory = plan.Directory,
        Servers = [.. plan.Ports.Select(p => new ServerEndpoint("127.0.0.1", p, Tls: false))],
        Listens = false,
        BatchAge = TimeSpan.FromMilliseconds(50),
        CursorInterval = TimeSpan.FromMilliseconds(200),
        ReserveBytes = 0,
        MinimumFreeBytes = 0,
    };

    public static async Task RunAsync(string text)
    {
        var plan = JsonSerializer.Deserialize<GatewayPlan>(text)!;
        await using var gateway = Gateway.Start(OptionsFor(plan), new GatewayHooks { Notice = Console.Error.WriteLine }, TimeProvider.System);
        Console.WriteLine("ready");
        if (plan.EveryMs == 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan);
        }

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(plan.EveryMs));
        var last = DateTimeOffset.MinValue;
        for (var number = plan.First; await timer.WaitForNextTickAsync(); number++)
        {
            // Whole microseconds, for a store of another make, and never the same one twice.
            var now = DateTimeOffset.UtcNow;
            now = now.AddTicks(-(now.Ticks % 10));
            last = now > last ? now : last.AddTicks(10);
            for (var device = 0; device < plan.Devices; device++)
            {
                gateway.Measure(
                    "traffic_counter", Id(plan.Gateway, 't', device),
                    [new MetricValue("vehicles_total", number), new MetricValue("vehicles_per_minute", (number + device) % 1000)], last);
            }

            for (var gauge = 0; gauge < plan.Gauges; gauge++)
            {
                gateway.Measure("water_level", Id(plan.Gateway, 'w', gauge), [new MetricValue("water_level_m", number % 1000 / 1000.0)], last);
            }
        }
    }

    public static string Id(string gateway, char what, int number) => string.Create(CultureInfo.InvariantCulture, $"{gateway}-{what}{number}");
}
