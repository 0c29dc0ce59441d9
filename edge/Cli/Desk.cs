using System.CommandLine;
using System.Net.Sockets;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Doctor;
using SmartCity.Edge.Enrolment;

namespace SmartCity.Edge.Cli;

/// <summary>What every command works at: host, screen, words; and how their faults become words and exit codes.</summary>
internal sealed class Desk(CliHost host, Screen screen)
{
    /// <summary>Streams, environment, clock, hardware.</summary>
    public CliHost Host => host;

    /// <summary>The person's screen.</summary>
    public Screen Screen => screen;

    /// <summary>The person's language.</summary>
    public Words Words => screen.Words;

    /// <summary>The configuration file of this call.</summary>
    public string ConfigFile(ParseResult parsed) => parsed.GetValue<string?>(ConfigPath.Option) ?? ConfigPath.Default(host.Variable);

    /// <summary>The option that names the configuration file.</summary>
    public static Option<string?> ConfigOption() => new(ConfigPath.Option) { HelpName = "FILE" };

    /// <summary>Makes a command whose faults are told with what to do next.</summary>
    public Command Command(string name, Func<ParseResult, CancellationToken, Task<int>> work)
    {
        var command = new Command(name, screen.Words[$"help.{name}"]);
        command.SetAction((parsed, stop) => ToldAsync(() => work(parsed, stop)));
        return command;
    }

    /// <summary>Runs work and turns what a person can mend into words; anything else is a defect and shows its trace.</summary>
    public async Task<int> ToldAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (CliException e)
        {
            screen.Fault(e.Message, e.Next);
            return e.Exit;
        }
        catch (ConfigException e)
        {
            screen.Fault(e.Message, Words["next.config"]);
            return ExitCodes.Usage;
        }
        catch (EnrolException e)
        {
            screen.Fault(EnrolWords.What(e, Words), EnrolWords.Next(e, Words));
            return ExitCodes.Fault;
        }
        catch (BusException e)
        {
            screen.Fault(e.Message, BusWords.Next(e.Fault, e.Message, Words));
            return ExitCodes.Fault;
        }
        catch (UnauthorizedAccessException e)
        {
            screen.Fault(PathOf(e) is { } path ? Words.Say("path.denied", path) : e.Message, Words["next.denied"]);
            return ExitCodes.Fault;
        }
        catch (SocketException e)
        {
            screen.Fault(e.Message, Words["doctor.service.silent.fix"]);
            return ExitCodes.Fault;
        }
        catch (IOException e)
        {
            var missing = e is FileNotFoundException or DirectoryNotFoundException ? PathOf(e) : null;
            screen.Fault(missing is null ? e.Message : Words.Say("path.missing", missing), Words["next.io"]);
            return ExitCodes.Fault;
        }
        catch (OperationCanceledException)
        {
            screen.Remark(Words["stopped"]);
            return ExitCodes.Fault;
        }
    }

    /// <summary>The path that the framework's sentence, always English, has between its quotes; null when there is none.</summary>
    private static string? PathOf(Exception fault) => fault.Message.Split('\'') is [_, { Length: > 0 } path, _] ? path : null;
}
