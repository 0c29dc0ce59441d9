namespace SmartCity.Edge.Cli;

/// <summary>A command cannot do what it was asked: what is wrong, and what to do next.</summary>
/// <param name="exit"><see cref="ExitCodes.Fault"/> or <see cref="ExitCodes.Usage"/>.</param>
/// <param name="what">What is wrong, a sentence for a technician.</param>
/// <param name="next">What to do about it; null when the sentence says so itself.</param>
internal sealed class CliException(int exit, string what, string? next = null) : Exception(what)
{
    /// <summary>Exit code.</summary>
    public int Exit { get; } = exit;

    /// <summary>What to do.</summary>
    public string? Next { get; } = next;
}
