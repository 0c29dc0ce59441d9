using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>When an alert that nobody acknowledges is passed on.</summary>
/// <param name="AfterSeconds">The first time, this long after it began to wait: 10 s to a day.</param>
/// <param name="EverySeconds">And again, this long after the last time: 10 s to a day.</param>
/// <param name="Rota">Whose turns say who is told; null for nobody but those who listen.</param>
internal sealed record EscalationRule(int AfterSeconds, int EverySeconds, string? Rota = null);

/// <summary>
/// The rules of a city, by kind of alert, or by <c>*critical</c>, <c>*major</c>, <c>*minor</c>, <c>*info</c> for kinds that are not named.
/// A kind whose rule is null never escalates; nor does one that no rule speaks of.
/// </summary>
internal sealed record EscalationRules(long Revision, IReadOnlyDictionary<string, EscalationRule?> Rules)
{
    /// <summary>Levels after which it goes on more slowly: whoever has not answered ten times needs another way.</summary>
    public const long Loud = 10;

    /// <summary>Then this far apart.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromMinutes(10);

    /// <summary>What a city begins with: 60 s for a fire (fire.md), longer for what can wait a little.</summary>
    public static EscalationRules Default { get; } = new(0, new Dictionary<string, EscalationRule?>(StringComparer.Ordinal)
    {
        ["fire"] = new(60, 60),
        ["fire-prealarm"] = new(60, 60),
        ["flood"] = new(120, 300),
        ["*critical"] = new(120, 300),
        ["*major"] = new(900, 1800),
    });

    /// <summary>The rule of an alert, or null.</summary>
    public EscalationRule? Of(string kind, Severity severity) =>
        Rules.TryGetValue(kind, out var rule) ? rule : Rules.GetValueOrDefault("*" + severity.Word());

    /// <summary>When an alert is due for its next level, ns; null for never. A server that was down passes on one level, not all it has missed.</summary>
    public long? DueAt(string kind, Severity severity, long waitingSince, long level, long? escalatedAt)
    {
        if (Of(kind, severity) is not { } rule)
        {
            return null;
        }

        var every = TimeSpan.FromSeconds(rule.EverySeconds);
        return escalatedAt is { } last && level > 0
            ? last + Instant.Of(level >= Loud && every < Slow ? Slow : every)
            : waitingSince + Instant.Of(TimeSpan.FromSeconds(rule.AfterSeconds));
    }
}
