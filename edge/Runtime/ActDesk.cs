using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Runtime;

/// <summary>One act that somebody asks of the gateway.</summary>
/// <param name="Act">Its name.</param>
/// <param name="Device">What it is about; null for all.</param>
/// <param name="Percent">A level, 0 … 100, where the act takes one.</param>
/// <param name="Seconds">How long, where the act takes a time.</param>
internal sealed record ActRequest(string Act, string? Device, double? Percent, double? Seconds);

/// <summary>Does what technicians and the city ask of a running gateway. Every act is bounded in time.</summary>
internal sealed class ActDesk(EdgeRuntime runtime, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Every act there is.</summary>
    public static readonly IReadOnlyList<string> Names = ["identify", "reload", "self-test", "silence-siren", "test-fire", "test-lamp", "test-siren"];

    private static readonly TimeSpan BlinkTime = TimeSpan.FromSeconds(10);

    /// <summary>Half a period at 2 Hz.</summary>
    private static readonly TimeSpan BlinkHalf = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan TestPulse = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LampTime = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task _blinking = Task.CompletedTask;
    private OutputDriver? _identify;

    /// <summary>Does one.</summary>
    public async ValueTask<(bool Done, string Detail)> DoAsync(ActRequest request, CancellationToken cancel) => request.Act switch
    {
        "identify" => await IdentifyAsync(cancel),
        "self-test" => await SelfTestAsync(request.Device, cancel),
        "reload" => await runtime.ReloadAsync(cancel),
        "silence-siren" => runtime.Fire.Silence(request.Device),
        "test-siren" => await runtime.Fire.TestSirenAsync(request.Device, Seconds(request, TestPulse), cancel),
        "test-fire" => await runtime.Fire.TestFireAsync(request.Device, cancel),
        "test-lamp" => await TestLampAsync(request, cancel),
        _ => (false, $"there is no act '{request.Act}'; {NearestWord.Advice(request.Act, [.. Names])}"),
    };

    /// <summary>The configuration is another one: the identify output is made anew when it is next wanted.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            if (_blinking.IsCompleted)
            {
                _ = _identify?.DisposeAsync().AsTask();
                _identify = null;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _blinking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_identify is not null)
        {
            await _identify.DisposeAsync();
        }

        _stop.Dispose();
    }

    private static TimeSpan Seconds(ActRequest request, TimeSpan otherwise) =>
        request.Seconds is > 0 and < 3_600 and var seconds ? TimeSpan.FromSeconds(seconds) : otherwise;

    private async Task<(bool Done, string Detail)> IdentifyAsync(CancellationToken cancel)
    {
        OutputDriver output;
        TaskCompletionSource ends;
        lock (_gate)
        {
            if (!_blinking.IsCompleted)
            {
                return (true, "it is blinking already");
            }

            if (runtime.Config.Identify is not { } part)
            {
                return (false, "this gateway has no lamp to blink with; give it one under 'identify' in its configuration");
            }

            output = _identify ??= (OutputDriver)runtime.MakeDriver(part, null);
            ends = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _blinking = ends.Task;
        }

        try
        {
            await output.StartAsync(cancel);
            await output.SetAsync(100, cancel);
        }
        catch (Exception e)
        {
            ends.SetResult();
            return (false, $"{output.Where}: {e.Message}");
        }

        _ = BlinkAsync(output, ends);
        return (true, $"blinking for {BlinkTime.TotalSeconds:0} s");
    }

    private async Task BlinkAsync(OutputDriver output, TaskCompletionSource ends)
    {
        try
        {
            for (var i = 1; i < BlinkTime / BlinkHalf; i++)
            {
                await Task.Delay(BlinkHalf, time, _stop.Token);
                await output.SetAsync(i % 2 == 0 ? 100 : 0, _stop.Token);
            }

            await Task.Delay(BlinkHalf, time, _stop.Token);
        }
        catch (Exception)
        {
            // Stopped, or the output failed in the middle: either way it is over, and the next attempt starts it anew.
        }

        try
        {
            await output.SetAsync(0, CancellationToken.None);
        }
        catch (Exception)
        {
            // It is dark or gone; nobody waits for it any more.
        }

        ends.SetResult();
    }

    private async Task<(bool Done, string Detail)> SelfTestAsync(string? device, CancellationToken cancel)
    {
        var units = runtime.Devices.Where(u => u.HasParts && (device is null || string.Equals(u.Id, device, StringComparison.Ordinal))).ToList();
        if (units.Count == 0)
        {
            return (false, device is null ? "no device of this gateway has a sensor" : $"there is no device '{device}' with a sensor here");
        }

        var tests = await Task.WhenAll(units.Select(u => TestAsync(u, cancel)));
        var failed = new List<string>();
        var parts = 0;
        foreach (var (unit, results) in tests)
        {
            if (results is null)
            {
                failed.Add($"{unit.Id}: not finished in time");
                continue;
            }

            parts += results.Count;
            failed.AddRange(results.Where(r => r.Fault is not (DeviceFault.None or DeviceFault.WarmingUp)).Select(r => $"{unit.Id}: {r.Words ?? r.Where}"));
        }

        return failed.Count == 0
            ? (true, $"{parts} parts of {units.Count} devices started and measured")
            : (false, $"{failed.Count} failed of {parts} parts: {string.Join("; ", failed)}");
    }

    private static async Task<(DeviceUnit Unit, IReadOnlyList<PartResult>? Results)> TestAsync(DeviceUnit unit, CancellationToken cancel)
    {
        try
        {
            return (unit, await unit.SelfTestAsync(cancel));
        }
        catch (OperationCanceledException)
        {
            return (unit, null);
        }
    }

    private async Task<(bool Done, string Detail)> TestLampAsync(ActRequest request, CancellationToken cancel)
    {
        if (runtime.Lamps is not { } lamps || request.Device is not { } lamp || !lamps.Has(lamp))
        {
            return (false, $"'{request.Device}' is no lamp of this gateway");
        }

        var test = await lamps.TestAsync(lamp, request.Percent ?? 100, Seconds(request, LampTime), cancel);
        return (test.Done, test.Detail);
    }
}
