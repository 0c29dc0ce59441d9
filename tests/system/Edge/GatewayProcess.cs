using System.Diagnostics;
using System.Text.Json;

namespace SmartCity.SystemTests.Edge;

/// <summary>A <see cref="GatewayChild"/>.</summary>
internal sealed class GatewayProcess : IDisposable
{
    private readonly Process _process;

    private GatewayProcess(Process process) => _process = process;

    public static async Task<GatewayProcess> StartAsync(GatewayPlan plan)
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [GatewayChild.Variable] = JsonSerializer.Serialize(plan), ["DOTNET_TieredPGO"] = "0" },
        })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(limit.Token));
        return new GatewayProcess(process);
    }

    /// <summary><c>kill -9</c>; gone when this returns.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
