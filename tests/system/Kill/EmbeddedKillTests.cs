using System.Diagnostics;
using System.Text.Json;
using SmartCity.SystemTests.Stores;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Kill;

/// <summary><c>kill -9</c> at random moments while the server keeps history itself: what it holds in memory is in its log, so every acknowledged reading is there, once.</summary>
[Collection(Alone.Name)]
public sealed class EmbeddedKillTests(ITestOutputHelper output)
{
    private const int Gateways = 4;
    private const int DevicesEach = 10;

    private static readonly int _kills = Repository.Long ? 40 : 6;

    [Fact]
    public async Task Killing_the_server_loses_nothing_of_the_history_it_keeps_itself()
    {
        // A small budget: a sixteenth of it, 1 MiB of log, is written at a time, so that kills fall before, into and behind a transaction.
        await using var town = await Town.StartAsync(
            StoreLoad.Registry(Gateways, DevicesEach), tls: false, null, "--set", "log.budget-mib=16", "--set", "log.segment-mib=8", "--set", "log.memory-mib=4");
        await using var load = await StoreLoad.ConnectAsync(town, Gateways, DevicesEach);
        using var stop = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();
        var running = load.RunAsync(long.MaxValue, TimeSpan.FromMilliseconds(4), stop.Token);
        var random = new Random(20261122);
        for (var kill = 0; kill < _kills; kill++)
        {
            await Task.Delay(random.Next(2_000), CancellationToken.None);   // the random moment
            town.Server.KillHard();
            if (kill % 3 == 2)
            {
                await town.Server.RestartAndKillAsync(TimeSpan.FromMilliseconds(random.Next(1_500)));
            }

            await town.Server.RestartAsync();
        }

        await Task.Delay(1_000, CancellationToken.None);
        await stop.CancelAsync();
        await running;
        await load.FlushAsync();
        await town.Server.CaughtUpAsync();
        var unwritten = await town.Server.FigureAsync("smartcity_history_unwritten_bytes", "lane=\"telemetry\"");
        await HoldsAsync(town, load);

        // Once more out of the file alone: a server that is asked to end writes what it held.
        Assert.Equal(0, await town.Server.StopAsync());
        await town.Server.RestartAsync();
        await town.Server.CaughtUpAsync();
        await HoldsAsync(town, load);
        output.WriteLine($"{_kills} kills in {watch.Elapsed.TotalSeconds:0} s, {load.Acknowledged:N0} readings acknowledged and answered, count and checksums of {load.Accounts.Count()} devices exact; {unwritten / 1024:0} KiB of log were in memory only");
    }

    private static async Task HoldsAsync(Town town, StoreLoad load)
    {
        var wrong = new List<string>();
        foreach (var (device, account) in load.Accounts)
        {
            var (count, total) = await StoredAsync(town.Server, device, "vehicles_total");
            var (others, vehicles) = await StoredAsync(town.Server, device, "vehicles_per_minute");
            if ((count, total, others, vehicles) != (account.Count, account.Total, account.Count, account.Vehicles))
            {
                wrong.Add($"{device}: published {account}, answered {count} {total}, {others} {vehicles}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static async Task<(long Count, long Sum)> StoredAsync(ServerProcess server, string device, string metric)
    {
        var (count, sum) = (0L, 0L);
        var to = Uri.EscapeDataString(DateTimeOffset.UtcNow.AddHours(1).ToString("O", System.Globalization.CultureInfo.InvariantCulture));
        var cursor = "";
        while (true)
        {
            using var page = JsonDocument.Parse(await server.Client.GetStringAsync($"/api/v1/devices/{device}/history?metric={metric}&to={to}&limit=10000{cursor}"));
            foreach (var item in page.RootElement.GetProperty("items").EnumerateArray())
            {
                count++;
                sum += (long)item.GetProperty("value").GetDouble();
            }

            if (!page.RootElement.TryGetProperty("next", out var next) || next.ValueKind != JsonValueKind.String)
            {
                return (count, sum);
            }

            cursor = "&cursor=" + next.GetString();
        }
    }
}
