namespace SmartCity.Simulators.Flavours;

/// <summary>What is measured beside others: a server's program, so many of it, and where its book is.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Program">The server's dll.</param>
/// <param name="Servers">1 or 2.</param>
/// <param name="OwnFile">The book is a file of its own, as by default; else PostgreSQL.</param>
/// <param name="Scripts">Folder of Orleans' SQL scripts; null where the program needs none.</param>
internal sealed record FlavourCase(string Name, string Program, int Servers, bool OwnFile, string? Scripts)
{
    /// <summary>The ordinary program.</summary>
    public const string Embedded = "embedded";

    /// <summary>The program with its grains in an Orleans cluster.</summary>
    public const string Orleans = "orleans";

    /// <summary>The ordinary program as it is by default, with the book in a file.</summary>
    public const string File = "file";

    /// <summary>As <c>--only</c> takes it.</summary>
    public string Word => FormattableString.Invariant($"{Name}:{Servers}");

    /// <summary>The words that <c>--only</c> takes.</summary>
    /// <param name="orleans">Whether there is the other flavour.</param>
    public static IReadOnlyList<string> Words(bool orleans) =>
        [.. All("", orleans ? "" : null, "", new HashSet<string>()).SelectMany(c => (string[])[c.Name, c.Word]).Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// Every case, in the order in which a round measures them: peers follow each other, so that what the machine does meanwhile meets both.
    /// </summary>
    /// <param name="embedded">The ordinary server's dll.</param>
    /// <param name="orleans">The other flavour's; null: it was not built.</param>
    /// <param name="scripts">Folder of Orleans' SQL scripts.</param>
    /// <param name="only">Names or words of cases; empty: all.</param>
    public static IReadOnlyList<FlavourCase> All(string embedded, string? orleans, string scripts, IReadOnlySet<string> only)
    {
        List<FlavourCase> cases = [new(File, embedded, 1, OwnFile: true, null)];
        foreach (var servers in (int[])[1, 2])
        {
            cases.Add(new(Embedded, embedded, servers, OwnFile: false, null));
            if (orleans is not null)
            {
                cases.Add(new(Orleans, orleans, servers, OwnFile: false, scripts));
            }
        }

        return [.. cases.Where(c => only.Count == 0 || only.Contains(c.Name) || only.Contains(c.Word))];
    }
}

/// <summary>How it is measured.</summary>
/// <param name="Data">A folder on a real disk, in which each case gets an empty one.</param>
/// <param name="Seconds">How long new publishes are made at each point.</param>
/// <param name="Beside">Readings/s beside alarms, and at which latencies are compared.</param>
/// <param name="Devices">Lamps, and as many stations.</param>
internal sealed record FlavourOptions(string Data, double Seconds, double Beside, int Devices);
