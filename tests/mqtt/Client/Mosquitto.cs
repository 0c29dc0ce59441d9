using System.Diagnostics;
using System.Globalization;
using SmartCity.TestSupport;

namespace SmartCity.Mqtt.Tests.Client;

/// <summary>A real mosquitto on a free loopback port, with a directory of its own; it can be stopped, killed and started again.</summary>
internal sealed class Mosquitto : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mosquitto-").FullName;
    private readonly string[] _settings;
    private Process? _process;
    private string? _files;

    private Mosquitto(string[] settings) => _settings = settings;

    public static bool IsInstalled => File.Exists("/usr/sbin/mosquitto");

    public int Port { get; } = Ports.Free();

    public static async Task<Mosquitto> StartAsync(params string[] settings)
    {
        Assert.SkipUnless(IsInstalled, "mosquitto is not installed");
        var broker = new Mosquitto(settings);
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Settings for TLS that asks for a client certificate.</summary>
    public static async Task<Mosquitto> StartTlsAsync(TestCertificates certificates)
    {
        Assert.SkipUnless(IsInstalled, "mosquitto is not installed");
        var files = Directory.CreateTempSubdirectory("mosquitto-tls-").FullName;
        await File.WriteAllTextAsync(Path.Combine(files, "ca.pem"), certificates.Authority.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(files, "server.pem"), certificates.Server.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(files, "server.key"), certificates.ServerKeyPem);
        var broker = await StartAsync($"cafile {files}/ca.pem", $"certfile {files}/server.pem", $"keyfile {files}/server.key", "require_certificate true");
        broker._files = files;
        return broker;
    }

    public async Task StartAgainAsync()
    {
        var config = Path.Combine(_directory, "mosquitto.conf");
        string[] lines =
        [
            "user root", "log_dest stderr", "log_type all", "persistence true", $"persistence_location {_directory}/", "autosave_interval 0",
            "max_queued_messages 100000", $"listener {Port.ToString(CultureInfo.InvariantCulture)} 127.0.0.1", .. _settings,
        ];
        if (!_settings.Any(line => line.StartsWith("allow_anonymous", StringComparison.Ordinal)))
        {
            lines = [.. lines, "allow_anonymous true"];
        }

        await File.WriteAllLinesAsync(config, lines);
        _process = Process.Start(new ProcessStartInfo("/usr/sbin/mosquitto", ["-c", config]) { RedirectStandardError = true, UseShellExecute = false })!;
        var running = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new List<string>();
        _process.ErrorDataReceived += (_, line) =>
        {
            said.Add(line.Data ?? "");
            if (line.Data is null || line.Data.Contains(" running", StringComparison.Ordinal))
            {
                running.TrySetResult(line.Data is not null);
            }
        };
        _process.BeginErrorReadLine();
        Assert.True(await running.Task.WaitAsync(TimeSpan.FromSeconds(10)), string.Join('\n', said));
    }

    /// <summary>SIGSTOP: it is there and answers nothing.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>SIGKILL: what it had in memory is gone.</summary>
    public Task KillAsync() => EndAsync("KILL");

    /// <summary>SIGTERM: it saves its sessions.</summary>
    public Task StopAsync() => EndAsync("TERM");

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        Directory.Delete(_directory, recursive: true);
        if (_files is not null)
        {
            Directory.Delete(_files, recursive: true);
        }
    }

    private async Task EndAsync(string signal)
    {
        await SignalAsync(signal);
        await _process!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
