using System.Runtime.CompilerServices;
using System.Text;
using SmartCity.Edge.Commands;

namespace SmartCity.Edge.Tests;

/// <summary>A process that does nothing but carry out commands: this program, started with a directory in its environment. It reads commands from its
/// input, a line each, notes each act that it begins in a file of its own, and writes the answers to its output.</summary>
internal static class CommandChild
{
    /// <summary>The directory's variable.</summary>
    public const string Variable = "SMARTCITY_TEST_COMMANDS";

    /// <summary>The command whose act does not end before the process does.</summary>
    public const string Endless = "c-1";

    /// <summary>File of the acts that were begun, an id a line.</summary>
    public const string ActsFile = "acts";

    [ModuleInitializer]
    public static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } directory)
        {
            return;
        }

        using var journal = new CommandJournal(directory, Console.Error.WriteLine);
        using var acts = new FileStream(Path.Combine(directory, ActsFile), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var desk = new CommandDesk(
            (command, _) =>
            {
                acts.Write(Encoding.UTF8.GetBytes(command.Id + "\n"));
                if (command.Id == Endless)
                {
                    Thread.Sleep(Timeout.Infinite);
                }

                Thread.SpinWait(Random.Shared.Next(200_000)); // an act takes a while
                return new((true, "acted"));
            },
            journal, () => true, TimeProvider.System);
        while (Console.ReadLine() is { } line)
        {
            var answer = desk.TakeAsync(Encoding.UTF8.GetBytes(line), CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
            Console.WriteLine($"{answer.Id} {answer.Status} {answer.Detail}");
        }

        Environment.Exit(0);
    }
}
