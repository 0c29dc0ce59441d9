using System.CommandLine;
using System.Runtime.InteropServices;
using SmartCity.Edge.Config;
using SmartCity.Edge.Control;
using SmartCity.Edge.Runtime;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge run</c>: one line <c>ready NAME SERVERS</c> on standard output once it is at work; what happens, as sentences on standard error.</summary>
internal static class RunCommand
{
    /// <summary>Devices' calls into the kernel may wait for a wedged bus, a second each; the others must find a thread all the same.</summary>
    private const int Threads = 32;

    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var config = Desk.ConfigOption();
        var command = desk.Command("run", (parsed, stop) => RunAsync(desk, desk.ConfigFile(parsed), stop));
        command.Options.Add(config);
        return command;
    }

    private static async Task<int> RunAsync(Desk desk, string path, CancellationToken stop)
    {
        var host = desk.Host;
        await using var spokesman = new Spokesman(host.Error);
        Action<string> say = spokesman.Say;
        ConfigAccess.Check(path, desk.Words);
        var config = EdgeConfigFile.Load(path);
        foreach (var warning in config.Warnings.Concat(EnvironmentNames.Unknown(host.VariableNames())))
        {
            say(warning);
        }

        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Threads), ports);
        try
        {
            using var board = host.OpenBoard();
            using var notifier = new ServiceNotifier(host.Variable);
            await using var runtime = EdgeRuntime.Start(config, new RuntimeHooks { Notice = say }, board, host.Time);
            await using var control = ControlSocket.Listen(runtime, config.Options.Directory, host.Time, say);
            using var hangup = Reloads(runtime, notifier, say, stop);
            using (new ServiceWatch(runtime, notifier, host.Time, say))
            {
                await host.Out.WriteLineAsync($"ready {config.Options.Gateway} {string.Join(' ', config.Options.Servers)}");
                await host.Out.FlushAsync(CancellationToken.None);
                await Task.WhenAny(runtime.Completion, Task.Delay(Timeout.InfiniteTimeSpan, stop));
            }

            notifier.Stopping();
            if (runtime.Completion.IsFaulted)
            {
                await runtime.Completion;
            }

            return ExitCodes.Done;
        }
        catch (ArgumentException e)
        {
            throw new CliException(ExitCodes.Usage, e.Message, desk.Words["next.config"]);
        }
        catch (Exception e) when (e is LogInUseException or LogDamagedException)
        {
            throw new CliException(ExitCodes.Fault, e.Message);
        }
    }

    /// <summary>SIGHUP reads the configuration again, as <c>systemctl reload</c> asks for.</summary>
    private static PosixSignalRegistration? Reloads(EdgeRuntime runtime, ServiceNotifier notifier, Action<string> say, CancellationToken stop) =>
        OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _ = Task.Run(
                async () =>
                {
                    string word;
                    try
                    {
                        var (done, detail) = await runtime.ActAsync("reload", null, stop);
                        word = $"reload {(done ? "done" : "failed")}: {detail}";
                    }
                    catch (Exception e) when (e is not OperationCanceledException)
                    {
                        // Half of it may be done: the watchdog restarts a gateway whose devices do not move.
                        word = $"reload failed: {e}";
                    }

                    say(word);
                    notifier.Status(word.Split('\n')[0]);
                },
                stop);
        });
}
