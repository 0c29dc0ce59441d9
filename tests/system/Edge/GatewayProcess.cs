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
        var gateway = new GatewayProcess(process);
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
            Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(limit.Token));
            return gateway;
        }
        catch
        {
            gateway.Dispose(); // it must not outlive its test
            throw;
        }
    }

    /// <summary><c>kill -9</c>; gone when this returns.</summary>
    public void Kill()
    {
        _process.Kill();
        Assert.True(_process.WaitForExit(TimeSpan.FromSeconds(30)), "a killed gateway is still there");
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
