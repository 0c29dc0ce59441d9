using System.Diagnostics;
using System.Net;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>How hard a campaign is.</summary>
/// <param name="Length">For how long faults are begun.</param>
/// <param name="Pause">How long a stopped server stands still.</param>
/// <param name="StoreEvery">Between two restarts of PostgreSQL, and of InfluxDB, on average.</param>
/// <param name="Down">How long a killed server is away at the most before it is started again.</param>
/// <param name="Cut">How long a cable is out at the most.</param>
internal sealed record Hardness(TimeSpan Length, TimeSpan Pause, TimeSpan StoreEvery, TimeSpan Down, TimeSpan Cut)
{
    /// <summary>Eleven minutes.</summary>
    public static readonly Hardness Full = new(
        TimeSpan.FromSeconds(660), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(11));

    /// <summary>Each kind of fault once, which takes about twenty seconds.</summary>
    public static readonly Hardness Short = new(
        TimeSpan.Zero, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(4));
}

/// <summary>
/// Draws faults and does them. At most one of the servers is disturbed at a time, and the next fault of a server begins when the last one is over and it has
/// said that it is ready; the stores are restarted at moments of their own, whatever else goes on.
/// </summary>
internal sealed class FaultPlan(ClusterTown town, Hardness hardness, int seed, FaultLog log)
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(seed);

    /// <summary>Runs until the time is over, every kind of fault has had its turn, and everything stands again.</summary>
    public async Task RunAsync()
    {
        using var end = new CancellationTokenSource();
        await Task.WhenAll(
            Task.Run(() => ServersAsync(end)),
            Task.Run(() => PostgresAsync(new Random(seed + 1), end.Token)),
            Task.Run(() => InfluxAsync(new Random(seed + 2), end.Token)));
    }

    /// <summary>Waits until a server is ready to serve by its own word.</summary>
    public async Task SettledAsync(int server)
    {
        await town.Servers[server].ReadyAsync(Recovery);
        using var client = new HttpClient { BaseAddress = town.Http[server], Timeout = TimeSpan.FromSeconds(3) };
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + town.Key);
        var last = "";
        await Until.TrueAsync(
            async () =>
            {
                try
                {
                    using var answer = await client.GetAsync("/readyz");
                    last = await answer.Content.ReadAsStringAsync();
                    return answer.StatusCode == HttpStatusCode.OK;
                }
                catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
                {
                    last = e.Message;
                    return false;
                }
            },
            () => $"{town.Servers[server].Name} is well again: {last}\n{town.Servers[server].Tail(30)}",
            Recovery);
    }

    private async Task ServersAsync(CancellationTokenSource end)
    {
        // Every kind in turn, in an order drawn anew each round. In the short form the street's cable is pulled while a server stands still.
        var full = hardness.Length > TimeSpan.Zero;
        Func<int, Task>[] kinds = full ? [KillAsync, PauseAsync, StreetAsync, DataAsync, KillAsync, StopAsync] : [KillAsync, PauseAsync, DataAsync];
        var watch = Stopwatch.StartNew();
        try
        {
            do
            {
                foreach (var kind in kinds.OrderBy(_ => _random.Next()).ToList())
                {
                    await Task.Delay(_random.Next(300, full ? 2_500 : 1_000), CancellationToken.None);
                    await kind(_random.Next(2));
                    if (full && watch.Elapsed > hardness.Length)
                    {
                        break;
                    }
                }
            }
            while (watch.Elapsed < hardness.Length);
        }
        finally
        {
            await end.CancelAsync();
        }
    }

    private async Task KillAsync(int server)
    {
        var fault = log.Begin("kill -9", $"kill -9 of {town.Servers[server].Name}");
        town.Servers[server].Kill();
        await Task.Delay(hardness.Down * _random.NextDouble());
        await town.Servers[server].StartAsync();
        if (hardness.Length > TimeSpan.Zero && _random.Next(4) == 0)
        {
            // and once more, before it has settled
            FaultLog.End(fault);
            fault = log.Begin("kill -9", $"kill -9 of {town.Servers[server].Name}, just started");
            town.Servers[server].Kill();
            await town.Servers[server].StartAsync();
        }

        await SettledAsync(server);
        FaultLog.End(fault);
    }

    // No fault at all: what an administrator does every month. It counts as none, either.
    private async Task StopAsync(int server)
    {
        var stop = log.Begin(FaultLog.Planned, $"{town.Servers[server].Name} stopped and started by its administrator");
        var code = await town.Servers[server].StopAsync();
        if (code != 0)
        {
            log.Complain($"{town.Servers[server].Name} was asked to end and did so with {code}:\n{town.Servers[server].Tail(5)}");
        }

        await town.Servers[server].StartAsync();
        await SettledAsync(server);
        FaultLog.End(stop);
    }

    private async Task PauseAsync(int server)
    {
        var fault = log.Begin("SIGSTOP", $"SIGSTOP of {town.Servers[server].Name}");
        town.Servers[server].Pause();
        if (town.Cables is not null && (hardness.Length == TimeSpan.Zero || _random.Next(3) == 0))
        {
            var part = hardness.Pause * 0.4;
            await Task.Delay(part);
            var cable = hardness.Length == TimeSpan.Zero || _random.Next(2) == 0 ? Cable.Street : Cable.Data;
            var inner = log.Begin("partition", $"{cable} cable of {town.Servers[server].Name} pulled while it stands still");
            await town.Cables.PullAsync(server, cable);
            await Task.Delay(part);
            await town.Cables.PlugInAsync(server, cable);
            FaultLog.End(inner);
            await Task.Delay(hardness.Pause - part - part);
        }
        else
        {
            await Task.Delay(hardness.Pause);
        }

        town.Servers[server].Wake();
        await Task.Delay(500); // one that has been superseded ends by itself, and is started again
        await SettledAsync(server);
        FaultLog.End(fault);
    }

    private Task StreetAsync(int server) => CutAsync(server, Cable.Street, "gateways");

    private Task DataAsync(int server) => CutAsync(server, Cable.Data, "PostgreSQL and InfluxDB");

    private async Task CutAsync(int server, Cable cable, string from)
    {
        if (town.Cables is not { } cables)
        {
            return;
        }

        var fault = log.Begin("partition", $"{town.Servers[server].Name} parted from {from}");
        await cables.PullAsync(server, cable);
        await Task.Delay(hardness.Cut * (0.2 + (0.8 * _random.NextDouble())));
        await cables.PlugInAsync(server, cable);
        await SettledAsync(server);
        FaultLog.End(fault);
    }

    private async Task PostgresAsync(Random random, CancellationToken end)
    {
        for (var number = 1; await NextAsync(random, end); number++)
        {
            if (hardness.Length > TimeSpan.Zero && number % 8 == 5)
            {
                // For so long that servers go on without it and have to say afterwards what they judged meanwhile.
                var away = log.Begin(FaultLog.BookAway, "PostgreSQL away");
                await town.Postgres.KillAsync();
                await Task.Delay(random.Next(6_000, 14_000), CancellationToken.None);
                await town.Postgres.BeginAsync();
                FaultLog.End(away);
                continue;
            }

            var kill = random.Next(2) == 0;
            var fault = log.Begin("PostgreSQL restart", kill ? "PostgreSQL killed" : "PostgreSQL restarted");
            if (kill)
            {
                await town.Postgres.KillAsync();
                await Task.Delay(random.Next(1_500));
                await town.Postgres.BeginAsync();
            }
            else
            {
                await town.Postgres.RestartAsync();
            }

            FaultLog.End(fault);
        }
    }

    private async Task InfluxAsync(Random random, CancellationToken end)
    {
        while (await NextAsync(random, end))
        {
            // Never by kill -9: version 1.6.7 then loses what it had acknowledged (docs/decisions/chaos-campaign.md).
            var fault = log.Begin("InfluxDB restart", "InfluxDB restarted");
            await town.Influx.StopAsync();
            await Task.Delay(random.Next(3_000));
            await town.Influx.StartAsync();
            FaultLog.End(fault);
        }
    }

    private async Task<bool> NextAsync(Random random, CancellationToken end)
    {
        await Task.Delay(hardness.StoreEvery * (0.3 + (1.4 * random.NextDouble())), end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !end.IsCancellationRequested;
    }
}
