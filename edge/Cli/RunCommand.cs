using System.CommandLine;
using SmartCity.Edge.Config;
using SmartCity.Edge.Sources;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge run</c>.</summary>
internal static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var config = new Option<string>("--config") { Description = "the gateway's YAML file", Required = true };
        var command = new Command("run", "Run this gateway until it is stopped (Ctrl-C, SIGTERM).") { config };
        command.SetAction((args, stop) => RunAsync(args.GetRequiredValue(config), stop));
        return command;
    }

    private static async Task<int> RunAsync(string path, CancellationToken stop)
    {
        try
        {
            var config = GatewayConfig.Load(path);
            var sources = config.Devices.Where(d => d.Replay is not null).Select(ReplaySource.Open).ToList();
            await using var gateway = Gateway.Start(config.Options, new GatewayHooks { Notice = Say }, TimeProvider.System);
            Console.WriteLine($"ready {config.Options.Gateway} {string.Join(' ', config.Options.Servers)}");
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var work = sources.Select(s => s.RunAsync(gateway, TimeProvider.System, Say, end.Token)).ToList();
            await Task.WhenAny(gateway.Completion, Task.Delay(Timeout.InfiniteTimeSpan, stop));
            await end.CancelAsync();
            await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (gateway.Completion.IsFaulted)
            {
                await gateway.Completion;
            }

            return ExitCodes.Done;
        }
        catch (Exception e) when (e is ConfigException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Usage;
        }
        catch (Exception e) when (e is LogInUseException or LogDamagedException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Fault;
        }
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
