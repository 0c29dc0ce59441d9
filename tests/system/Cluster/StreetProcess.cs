using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>A <see cref="StreetChild"/>.</summary>
internal sealed class StreetProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly OutputLines _notices = new();

    private StreetProcess(Process process, StreetPlan plan) => (_process, Plan) = (process, plan);

    public StreetPlan Plan { get; }

    /// <summary>What it told its operator.</summary>
    public string Notices => _notices.Text;

    /// <summary>Registry of such a gateway: every call point has a zone of its own.</summary>
    public static RegistryEdits Register(string gateway, int counters, int callPoints)
    {
        var points = Enumerable.Range(0, callPoints).Select(n => StreetChild.Id(gateway, 'c', n)).ToList();
        return new RegistryEdits
        {
            Gateways = [new GatewayEdit { Id = gateway }],
            Zones = [.. points.Select(p => new ZoneEdit { Id = p, Settings = new Dictionary<string, double> { ["acknowledgeWithinSeconds"] = 300, ["coincidenceSeconds"] = 1 } })],
            Devices =
            [
                .. points.Select(p => new DeviceEdit { Id = p, Kind = "manual_call_point", Gateway = gateway, Zone = p }),
                .. Enumerable.Range(0, counters).Select(n => new DeviceEdit { Id = StreetChild.Id(gateway, 't', n), Kind = LoadGateway.Kind, Gateway = gateway }),
            ],
        };
    }

    public static async Task<StreetProcess> StartAsync(StreetPlan plan)
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            Environment = { [StreetChild.Variable] = JsonSerializer.Serialize(plan), ["DOTNET_TieredPGO"] = "0" },
        })!;
        var street = new StreetProcess(process, plan);
        process.ErrorDataReceived += (_, e) => street._notices.Add(
            e.Data is null ? null : string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {e.Data}"));
        process.BeginErrorReadLine();
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
            Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(limit.Token));
            return street;
        }
        catch
        {
            await street.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells it to stop measuring, and gives what it had in its log once all of that is acknowledged.</summary>
    public async Task<StreetReport> StopAsync()
    {
        await _process.StandardInput.WriteLineAsync("stop");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(180));
        var line = await _process.StandardOutput.ReadLineAsync(limit.Token);
        Assert.True(line is not null, Notices);
        return JsonSerializer.Deserialize<StreetReport>(line!)!;
    }

    /// <summary>What has to happen by what it said: each press is an alarm, each release its end.</summary>
    public IEnumerable<(string Zone, bool Pressed, long At)> Said() => File.ReadLines(Plan.Said).Select(l => l.Split(' '))
        .Select(p => (p[1], p[2] == "pressed", long.Parse(p[0], CultureInfo.InvariantCulture)));

    /// <summary>Ids of the commands that it carried out, in order, as often as it did.</summary>
    public IReadOnlyList<string> Done() => File.Exists(Plan.Done) ? File.ReadAllLines(Plan.Done) : [];

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(TimeSpan.FromSeconds(30));
        }

        _process.Dispose();
        return ValueTask.CompletedTask;
    }
}
