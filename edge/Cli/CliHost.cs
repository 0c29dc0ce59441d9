using System.Runtime.InteropServices;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Clocks;

namespace SmartCity.Edge.Cli;

/// <summary>What the command line stands in: streams, environment, clock, hardware. Tests give their own.</summary>
internal sealed record CliHost
{
    /// <summary>Where results go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where faults go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Where answers and codes come from.</summary>
    public required TextReader In { get; init; }

    /// <summary>Whether <see cref="Out"/> is a terminal that knows colours and cursor movements.</summary>
    public bool Terminal { get; init; }

    /// <summary>Whether a person can answer questions.</summary>
    public bool Interactive { get; init; }

    /// <summary>Columns; 80 where there is no terminal.</summary>
    public int Width { get; init; } = 80;

    /// <summary>Environment variables.</summary>
    public Func<string, string?> Variable { get; init; } = static _ => null;

    /// <summary>Names of all of them.</summary>
    public Func<IEnumerable<string>> VariableNames { get; init; } = static () => [];

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Opens the machine's hardware.</summary>
    public required Func<Board> OpenBoard { get; init; }

    /// <summary>What hardware there is.</summary>
    public required Inventory Inventory { get; init; }

    /// <summary>What the machine says of its clock.</summary>
    public required ClockEvidence Clock { get; init; }

    /// <summary>Sets the machine's clock.</summary>
    public required MachineClock MachineClock { get; init; }

    /// <summary>The real one.</summary>
    public static CliHost Real()
    {
        var plain = Console.IsOutputRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
            || Environment.GetEnvironmentVariable("TERM") is null or "dumb";
        return new CliHost
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            Terminal = !plain,
            Interactive = !Console.IsInputRedirected && !Console.IsOutputRedirected,
            Width = Console.IsOutputRedirected ? 80 : Math.Clamp(Columns(), 40, 120),
            Variable = Environment.GetEnvironmentVariable,
            VariableNames = static () => Environment.GetEnvironmentVariables().Keys.OfType<string>(),
            OpenBoard = static () => new LinuxBoard(),
            Inventory = new LinuxInventory(),
            Clock = new LinuxClockEvidence(),
            MachineClock = new LinuxMachineClock(),
        };
    }

    private static int Columns()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : 80;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException or ExternalException)
        {
            return 80;
        }
    }
}
