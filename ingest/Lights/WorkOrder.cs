namespace SmartCity.Ingest.Lights;

/// <summary>What a crew has to mend, street by street so that it drives once.</summary>
/// <param name="At">When it was made.</param>
/// <param name="Stops">Lines of it: lamps, cabinets, gateways.</param>
/// <param name="Lamps">Lamps that are concerned, those behind a dead cabinet among them, each counted once.</param>
/// <param name="Streets">By ward and name; lines of no street last.</param>
/// <param name="More">There are more alerts than are read at once: what is missing is the oldest.</param>
internal sealed record WorkOrder(DateTimeOffset At, int Stops, int Lamps, IReadOnlyList<WorkStreet> Streets, bool More);

/// <summary>One street of it.</summary>
/// <param name="Street">Its id; null: lines that belong to no street.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Ward">Its ward.</param>
/// <param name="Items">By name.</param>
internal sealed record WorkStreet(string? Street, string? Name, string? Ward, IReadOnlyList<WorkLine> Items);

/// <summary>One stop of a crew.</summary>
internal sealed record WorkLine
{
    /// <summary>The lamp, cabinet or gateway.</summary>
    public required string Id { get; init; }

    /// <summary><c>lamp</c>, <c>cabinet</c> or <c>gateway</c>.</summary>
    public required string Kind { get; init; }

    public string? Name { get; init; }

    public string? Gateway { get; init; }

    /// <summary>Degrees north, WGS 84.</summary>
    public double? Lat { get; init; }

    public double? Lon { get; init; }

    /// <summary>1 first … 3.</summary>
    public required int Priority { get; init; }

    /// <summary>The worst of it.</summary>
    public required LampTrouble Trouble { get; init; }

    /// <summary>In plain words, all of it.</summary>
    public required string What { get; init; }

    /// <summary>Since the oldest of it was measured.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The alerts behind it, the worst first.</summary>
    public IReadOnlyList<WorkFault> Faults { get; init; } = [];

    /// <summary>What speaks for it, as of now; null for a gateway that is away.</summary>
    public WorkEvidence? Evidence { get; init; }

    /// <summary>Of a cabinet or gateway: the lamps behind it.</summary>
    public IReadOnlyList<WorkLamp> Lamps { get; init; } = [];
}

/// <param name="Alert">Id of the alert.</param>
/// <param name="Rule">The rule that raised it.</param>
/// <param name="Trouble">What it means.</param>
/// <param name="Since">When it was first measured.</param>
/// <param name="Value">What was measured then.</param>
/// <param name="Threshold">What it was held against.</param>
/// <param name="State">raised, acknowledged or in-progress.</param>
/// <param name="Assignee">Who has it.</param>
/// <param name="Revision">For acting on it.</param>
internal sealed record WorkFault(
    string Alert, string Rule, LampTrouble Trouble, DateTimeOffset Since, double? Value, double? Threshold, City.AlertState State, string? Assignee, long Revision);

/// <param name="Asked">What the lamp was asked last, in percent; what is wanted of it while its gateway has said nothing.</param>
/// <param name="Feedback">What its output says, in percent.</param>
/// <param name="Watts">What its meter measured.</param>
/// <param name="Volts">Of a cabinet: its supply.</param>
/// <param name="At">When that was measured.</param>
internal sealed record WorkEvidence(double? Asked, double? Feedback, double? Watts, double? Volts, DateTimeOffset? At);

/// <param name="Id">The lamp.</param>
/// <param name="Name">What people call it.</param>
internal sealed record WorkLamp(string Id, string? Name);
