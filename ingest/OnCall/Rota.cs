namespace SmartCity.Ingest.OnCall;

/// <summary>Somebody who can be called.</summary>
/// <param name="Name">Unique in the rota.</param>
/// <param name="Phone">As a gateway dials it.</param>
/// <param name="Channel">sms, call or zalo.</param>
internal sealed record RotaMember(string Name, string Phone, string Channel);

/// <summary>Somebody takes over for a time.</summary>
/// <param name="From">Beginning.</param>
/// <param name="To">End, not included.</param>
/// <param name="Member">Name of the one who is on duty instead.</param>
internal sealed record RotaOverride(DateTimeOffset From, DateTimeOffset To, string Member);

/// <summary>A stretch of duty.</summary>
/// <param name="From">Beginning.</param>
/// <param name="To">End, not included.</param>
/// <param name="Member">Who.</param>
/// <param name="Override">Instead of whose turn it would be.</param>
internal sealed record RotaTurn(DateTimeOffset From, DateTimeOffset To, string Member, bool Override);

/// <summary>
/// Who is on call: the members take turns of equal length from a moment on, and overrides go before turns (of several the last in the
/// list). Turns are counted in hours that pass, not in hours of a clock that a city may set. Pure: the moment is always passed in.
/// </summary>
internal sealed record Rota
{
    // More edges than any rota of a season has; beyond, "next" is not known.
    private const int MaximumSteps = 2_000;

    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>At least one, in the order of their turns.</summary>
    public required IReadOnlyList<RotaMember> Members { get; init; }

    /// <summary>When a turn of the first member begins.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Length of a turn, 1–744 hours.</summary>
    public required int TurnHours { get; init; }

    public IReadOnlyList<RotaOverride> Overrides { get; init; } = [];

    public string ChangedBy { get; init; } = "";

    public DateTimeOffset ChangedAt { get; init; }

    public long Revision { get; init; } = 1;

    private TimeSpan Turn => TimeSpan.FromHours(TurnHours);

    /// <summary>Who is on duty at a moment.</summary>
    public RotaMember At(DateTimeOffset moment) =>
        OverrideAt(moment) is { } instead ? Member(instead.Member) : Members[(int)(((TurnNumber(moment) % Members.Count) + Members.Count) % Members.Count)];

    /// <summary>When somebody else takes over, and who; null when nobody ever does.</summary>
    public (DateTimeOffset At, RotaMember Member)? Next(DateTimeOffset moment)
    {
        var now = At(moment).Name;
        for (var step = 0; step < MaximumSteps; step++)
        {
            if (Members.Count == 1 && !Overrides.Any(o => o.To > moment))
            {
                return null;
            }

            moment = Edge(moment);
            if (At(moment) is var then && then.Name != now)
            {
                return (moment, then);
            }
        }

        return null;
    }

    /// <summary>Stretches of duty from one moment to another, in order and without a gap; at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<RotaTurn> Between(DateTimeOffset from, DateTimeOffset to, int limit)
    {
        var turns = new List<RotaTurn>();
        while (from < to && turns.Count < limit)
        {
            var end = Edge(from);
            var turn = new RotaTurn(from, end < to ? end : to, At(from).Name, OverrideAt(from) is not null);
            if (turns.Count > 0 && turns[^1] is var last && last.Member == turn.Member && last.Override == turn.Override && turn.Override)
            {
                turns[^1] = last with { To = turn.To };
            }
            else
            {
                turns.Add(turn);
            }

            from = end;
        }

        return turns;
    }

    /// <summary>Whom an escalation of that level calls: first who is on duty, then who is next too, then everybody.</summary>
    public IReadOnlyList<RotaMember> Addressees(DateTimeOffset moment, long level)
    {
        var duty = At(moment);
        return level switch
        {
            <= 1 => [duty],
            2 => Next(moment) is var (_, next) ? [duty, next] : [duty],
            _ => [duty, .. Members.Where(m => m.Name != duty.Name)],
        };
    }

    private long TurnNumber(DateTimeOffset moment)
    {
        var (number, rest) = Math.DivRem((moment - Start).Ticks, Turn.Ticks);
        return rest < 0 ? number - 1 : number;
    }

    private RotaOverride? OverrideAt(DateTimeOffset moment) => Overrides.LastOrDefault(o => o.From <= moment && moment < o.To);

    private RotaMember Member(string name) => Members.First(m => m.Name == name);

    // The next moment at which something may change.
    private DateTimeOffset Edge(DateTimeOffset moment)
    {
        var edge = Start + ((TurnNumber(moment) + 1) * Turn);
        foreach (var one in Overrides)
        {
            edge = one.From > moment && one.From < edge ? one.From : edge;
            edge = one.To > moment && one.To < edge ? one.To : edge;
        }

        return edge;
    }
}
