using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SmartCity.Edge;
using SmartCity.Edge.Config;
using SmartCity.Edge.Runtime;
using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Wiring;

namespace SmartCity.Simulators.Load;

/// <summary>
/// Call points on the wires of real gateway programs, and a reader of the server's events. Each call point is a zone of its own, so that
/// each contact is a fire of its own. The time runs from the moment at which the wire changes its level to the moment at which the whole
/// event of that fire has been read from the stream, by one clock, in one process.
/// </summary>
internal sealed class ContactRun : IAsyncDisposable
{
    private const int PerGateway = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<EdgeRuntime> _gateways = [];
    private readonly List<(string Device, SimLine Line)> _points = [];
    private readonly ConcurrentDictionary<string, (long Closed, TaskCompletionSource<long> Heard)> _open = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<string>? _say;
    private readonly TimeProvider _time = TimeProvider.System;
    private Task _reading = Task.CompletedTask;

    private ContactRun(Action<string>? say) => _say = say;

    /// <summary>Starts the gateways and listens to the server.</summary>
    /// <exception cref="TimeoutException">They did not connect within a minute.</exception>
    public static async Task<ContactRun> StartAsync(
        ServerEndpoint server, Uri http, int contacts, string prefix, string home, Action<string>? say, CancellationToken stop)
    {
        var run = new ContactRun(say);
        try
        {
            for (var first = 0; first < contacts; first += PerGateway)
            {
                run.AddGateway(server, $"{prefix}-gw-{first / PerGateway}", prefix, first, Math.Min(PerGateway, contacts - first), home);
            }

            run._reading = Task.Run(() => run.ReadAsync(http), CancellationToken.None);
            await run._listening.Task.WaitAsync(Patience, stop);
            var until = run._time.GetTimestamp();
            while (!run._gateways.TrueForAll(g => g.Gateway.IsConnected && g.Devices.All(d => d.MeasuredAt is not null)))
            {
                if (run._time.GetElapsedTime(until) > Patience)
                {
                    throw new TimeoutException("the gateways have not connected within a minute");
                }

                await Task.Delay(100, stop);
            }

            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes one contact after the other, whether or not the last one was heard of.</summary>
    public async Task<ContactReport> MeasureAsync(TimeSpan every, CancellationToken stop)
    {
        var heard = new List<Task<long>>();
        using var timer = new PeriodicTimer(every, _time);
        foreach (var (device, line) in _points)
        {
            await timer.WaitForNextTickAsync(stop);
            var source = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            heard.Add(source.Task);
            Say(device, "closed");
            _open[device] = (_time.GetTimestamp(), source);
            line.Level = true;
        }

        await ((Task)Task.WhenAll(heard)).WaitAsync(Patience, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new ContactReport([.. heard.Where(h => h.IsCompletedSuccessfully).Select(h => _time.GetElapsedTime(0, h.Result).TotalMilliseconds).Order()], heard.Count(h => !h.IsCompletedSuccessfully));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        _stop.Dispose();
    }

    private void AddGateway(ServerEndpoint server, string id, string prefix, int first, int count, string home)
    {
        var wiring = new GatewayWiring(_time);
        var directory = Path.Combine(home, id);
        var text = new StringBuilder($"gateway: {id}\ndata: {directory}\nservers: [ {server} ]\nclock: trusted\ndevices:\n");
        for (var n = first; n < first + count; n++)
        {
            var (chip, number, line) = wiring.Line();
            var device = string.Create(CultureInfo.InvariantCulture, $"{prefix}-{n}");
            text.Append(CultureInfo.InvariantCulture, $"  - {{ id: {device}, kind: manual_call_point, sensors: [ {PartText.Of("contact", ("chip", chip), ("line", number), ("metric", "pressed"))} ] }}\n");
            _points.Add((device, line));
        }

        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "gateway.yaml");
        File.WriteAllText(path, text.ToString());
        var config = EdgeConfigFile.Load(path);

        // An anonymous client of a server under --open may not ask for desired documents and commands.
        config = config with { Options = config.Options with { Servers = [server], Listens = false, ReserveBytes = 0 } };
        _gateways.Add(EdgeRuntime.Start(config, new RuntimeHooks(), wiring.Board, _time));
    }

    private async Task ReadAsync(Uri http)
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(http, "/api/v1/events"));
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
            answer.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(_stop.Token));
            _listening.TrySetResult();
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                if (line.StartsWith("data: {", StringComparison.Ordinal))
                {
                    Hear(line.AsMemory(6), _time.GetTimestamp());
                }
            }
        }
        catch (Exception e)
        {
            _listening.TrySetException(e);
        }
    }

    private void Hear(ReadOnlyMemory<char> json, long at)
    {
        using var document = JsonDocument.Parse(json);
        var alert = document.RootElement;
        if (alert.TryGetProperty("kind", out var kind) && kind.ValueEquals("fire") && alert.TryGetProperty("device", out var device)
            && _open.TryRemove(device.GetString() ?? "", out var contact))
        {
            contact.Heard.TrySetResult(at - contact.Closed);
            Say(device.GetString()!, "heard");
        }
    }

    private void Say(string device, string what) => _say?.Invoke(string.Create(
        CultureInfo.InvariantCulture, $"{{\"device\":\"{device}\",\"what\":\"{what}\",\"at\":{(_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds:0.000}}}"));
}

/// <summary>How long contacts took to be events.</summary>
/// <param name="Milliseconds">Each, in order of length.</param>
/// <param name="Missing">Of which no event came.</param>
internal sealed record ContactReport(IReadOnlyList<double> Milliseconds, int Missing)
{
    /// <inheritdoc/>
    public override string ToString() => Milliseconds.Count == 0
        ? $"0 contacts heard of, {Missing} missing"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{Milliseconds.Count} contacts heard of, {Missing} missing: median {At(0.5):0.0} ms, p90 {At(0.9):0.0} ms, p99 {At(0.99):0.0} ms, longest {Milliseconds[^1]:0.0} ms");

    private double At(double share) => Milliseconds[Math.Min(Milliseconds.Count - 1, (int)Math.Ceiling(Milliseconds.Count * share) - 1)];
}
