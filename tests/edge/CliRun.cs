using SmartCity.Edge.Buses;
using SmartCity.Edge.Cli;

namespace SmartCity.Edge.Tests;

/// <summary>Runs the command line in this process and keeps what it said.</summary>
/// <param name="Exit">Exit code.</param>
/// <param name="Out">Results.</param>
/// <param name="Error">Faults.</param>
internal sealed record CliRun(int Exit, string Out, string Error)
{
    /// <summary>Everything it said.</summary>
    public string All => Out + Error;

    /// <summary>Runs it as a program without a terminal would.</summary>
    public static Task<CliRun> RunAsync(params string[] args) => RunAsync(host => host, args);

    /// <summary>The same in another host.</summary>
    public static async Task<CliRun> RunAsync(Func<CliHost, CliHost> host, params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exit = await CommandLine.RunAsync(args, host(Host(output, error)));
        return new CliRun(exit, output.ToString(), error.ToString());
    }

    /// <summary>A machine with nothing, that knows the time.</summary>
    public static CliHost Host(TextWriter output, TextWriter error) => new()
    {
        Out = output,
        Error = error,
        In = TextReader.Null,
        OpenBoard = static () => throw new BusException(BusFault.Unsupported, "no board in this test"),
        Inventory = new FakeInventory(),
        Clock = new FakeEvidence { Synchronised = true },
        MachineClock = new FakeMachineClock(),
    };

    /// <summary>An environment of these variables only.</summary>
    public static Func<string, string?> Variables(params (string Name, string Value)[] all) =>
        name => all.FirstOrDefault(v => v.Name == name).Value;
}
