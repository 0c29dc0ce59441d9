using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.Edge;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>What a gateway of the campaign is told.</summary>
/// <param name="Gateway">Its name.</param>
/// <param name="Folder">Where certificates are; its data go into a folder of its name below.</param>
/// <param name="Hosts">Servers in order of preference.</param>
/// <param name="Ports">Their ports.</param>
/// <param name="Counters">Traffic counters <c>{gateway}-t0</c> ….</param>
/// <param name="CallPoints">Call points <c>{gateway}-c0</c> …, each in a zone of its name.</param>
/// <param name="EveryMs">Between two readings of all counters.</param>
/// <param name="AlarmEveryMs">Between two changes of call points, on average.</param>
/// <param name="Seed">Of what it does.</param>
internal sealed record StreetPlan(
    string Gateway, string Folder, string[] Hosts, int[] Ports, int Counters, int CallPoints, int EveryMs, int AlarmEveryMs, int Seed)
{
    public string Directory => Path.Combine(Folder, "street", Gateway);

    /// <summary>A line for each change of a call point, before it is measured: stamp, device, pressed or released.</summary>
    public string Said => Path.Combine(Directory, "said.txt");

    /// <summary>A line for each command carried out: its id.</summary>
    public string Done => Path.Combine(Directory, "done.txt");
}

/// <summary>What it has put into its log, when it has been told to stop and everything is acknowledged.</summary>
internal sealed record StreetReport(bool Drained, long Rows, Dictionary<string, long[]> Counters, long Failovers, long Refused, long Connections, long Dropped);

/// <summary>The real gateway program's inside in a process of its own: log, uplink with two servers and TLS, commands with their journal. Runs until told to stop.</summary>
internal static class StreetChild
{
    public const string Variable = "SMARTCITY_TEST_STREET_CHILD";

    public static async Task RunAsync(string text)
    {
        var plan = JsonSerializer.Deserialize<StreetPlan>(text)!;
        Directory.CreateDirectory(plan.Directory);
        var options = new GatewayOptions
        {
            Gateway = plan.Gateway,
            Directory = plan.Directory,
            Servers = [.. plan.Hosts.Zip(plan.Ports, (host, port) => new ServerEndpoint(host, port, Tls: true))],
            Certificate = X509Certificate2.CreateFromPemFile(Path.Combine(plan.Folder, plan.Gateway + ".crt"), Path.Combine(plan.Folder, plan.Gateway + ".key")),
            Authorities = [X509CertificateLoader.LoadCertificateFromFile(Path.Combine(plan.Folder, "ca.crt"))],
            Devices = [.. Enumerable.Range(0, plan.CallPoints).Select(n => Id(plan.Gateway, 'c', n))],
            BatchAge = TimeSpan.FromMilliseconds(100),
            ReserveBytes = 0,
            MinimumFreeBytes = 0,
            ProbeMaximum = TimeSpan.FromSeconds(10), // back to the preferred one soon, so that sessions move
        };
        await using var gateway = Gateway.Start(options, new GatewayHooks { Notice = Console.Error.WriteLine, Act = ActAsync }, TimeProvider.System);
        Console.WriteLine("ready");
        using var stop = new CancellationTokenSource();
        var measuring = Task.Run(() => MeasureAsync(gateway, plan, stop.Token));
        var alarming = Task.Run(() => AlarmAsync(gateway, plan, stop.Token));
        while (await Console.In.ReadLineAsync() is { } order && order != "stop")
        {
        }

        await stop.CancelAsync();
        var counters = await measuring;
        await alarming;
        await gateway.FlushAsync(CancellationToken.None);
        var drained = await gateway.DrainAsync(TimeSpan.FromSeconds(120));
        var s = gateway.Statistics;
        Console.WriteLine(JsonSerializer.Serialize(new StreetReport(drained, counters.Values.Sum(c => c[0]), counters, s.Failovers, s.Refused, s.Connections, s.Dropped)));

        ValueTask<(bool, string)> ActAsync(SmartCity.Edge.Commands.GatewayCommand command, CancellationToken cancel)
        {
            File.AppendAllText(plan.Done, command.Id + "\n");
            return ValueTask.FromResult((true, "shown"));
        }
    }

    public static string Id(string gateway, char what, int number) => string.Create(CultureInfo.InvariantCulture, $"{gateway}-{what}{number}");

    private static async Task<Dictionary<string, long[]>> MeasureAsync(Gateway gateway, StreetPlan plan, CancellationToken stop)
    {
        var random = new Random(plan.Seed);
        var sums = new Dictionary<string, long[]>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(plan.EveryMs));
        var last = DateTimeOffset.MinValue;
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                var now = DateTimeOffset.UtcNow;
                last = now > last ? now : last.AddTicks(1);
                for (var n = 0; n < plan.Counters; n++)
                {
                    var device = Id(plan.Gateway, 't', n);
                    var (total, vehicles) = (random.Next(1_000_000_000), random.Next(1000));
                    if (gateway.Measure(
                        LoadGateway.Kind, device,
                        [new MetricValue("vehicles_total", total), new MetricValue("vehicles_per_minute", vehicles), new MetricValue("speed_km_h", 30), new MetricValue("occupancy_percent", 10)],
                        last) == MeasureResult.Logged)
                    {
                        var sum = sums.TryGetValue(device, out var known) ? known : sums[device] = new long[3];
                        sum[0]++;
                        sum[1] += total;
                        sum[2] += vehicles;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // told to stop
        }

        return sums;
    }

    // Each call point is pressed and put back, again and again, one at a time; the last thing said of each is that it is put back.
    private static async Task AlarmAsync(Gateway gateway, StreetPlan plan, CancellationToken stop)
    {
        var random = new Random(plan.Seed + 1);
        await using var said = new StreamWriter(plan.Said, append: true) { AutoFlush = true };
        for (var number = 0; ; number++)
        {
            // With four call points the same one is not pressed again before its zone is quiet, a second after it was put back.
            await Task.Delay(random.Next(400, 2 * plan.AlarmEveryMs), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            var device = Id(plan.Gateway, 'c', number % plan.CallPoints);
            Say(device, pressed: true);
            await Task.Delay(random.Next(100, 2_000), CancellationToken.None);
            Say(device, pressed: false);
        }

        void Say(string device, bool pressed)
        {
            var at = DateTimeOffset.UtcNow;
            said.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(at - DateTimeOffset.UnixEpoch).Ticks * 100} {device} {(pressed ? "pressed" : "released")}"));
            gateway.Measure("manual_call_point", device, [new MetricValue("pressed", pressed ? 1 : 0), new MetricValue("loop_state", 0)], at);
        }
    }
}
