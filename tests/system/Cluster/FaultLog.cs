using System.Globalization;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>A fault, from when to when (ns since 1970).</summary>
internal sealed record Fault(string Kind, string What, long From)
{
    /// <summary>When it was over: the machine is back, the cable is in, the server is ready. 0 while it is not.</summary>
    public long To { get; set; }
}

/// <summary>What was done to the city, and when.</summary>
internal sealed class FaultLog
{
    /// <summary>What was no fault.</summary>
    public const string Planned = "planned stop";

    /// <summary>The book away for longer than a restart takes: nobody can judge an alarm for good meanwhile.</summary>
    public const string BookAway = "PostgreSQL away";

    private readonly Lock _gate = new();
    private readonly List<string> _complaints = [];
    private readonly List<Fault> _faults = [];
    private readonly long _start = Stamps.Now();

    public IReadOnlyList<Fault> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _faults];
            }
        }
    }

    /// <summary>Faults, without what was planned.</summary>
    public int Count => All.Count(f => f.Kind != Planned);

    /// <summary>What went wrong while they were made.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_gate)
            {
                return [.. _complaints];
            }
        }
    }

    /// <summary>Notes what went wrong.</summary>
    public void Complain(string what)
    {
        lock (_gate)
        {
            _complaints.Add(what);
        }
    }

    /// <summary>How much of a span of time the book was away for long.</summary>
    public long Away(long from, long to) => All.Where(f => f.Kind == BookAway)
        .Sum(f => Math.Max(0, Math.Min(to, f.To == 0 ? to : f.To) - Math.Max(from, f.From)));

    /// <summary>Begins one.</summary>
    public Fault Begin(string kind, string what)
    {
        var fault = new Fault(kind, what, Stamps.Now());
        lock (_gate)
        {
            _faults.Add(fault);
        }

        return fault;
    }

    /// <summary>It is over.</summary>
    public static void End(Fault fault) => fault.To = Stamps.Now();

    /// <summary>So many of each kind.</summary>
    public string Counts() => string.Join(", ", All.GroupBy(f => f.Kind).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => FormattableString.Invariant($"{g.Count()} {g.Key}")));

    /// <summary>A moment as seconds since the beginning.</summary>
    public string At(long moment) => string.Create(CultureInfo.InvariantCulture, $"{(moment - _start) / 1e9:0.0} s");

    /// <summary>What was going on in a span of time.</summary>
    public string Between(long from, long to) => string.Join("; ", All.Where(f => f.From <= to && (f.To == 0 || f.To >= from))
        .Select(f => $"{f.What} {At(f.From)} to {(f.To == 0 ? "the end" : At(f.To))}"));

    /// <summary>All of them, one a line.</summary>
    public string Text() => string.Join('\n', All.Select(f => $"{At(f.From),10}  {(f.To == 0 ? "?" : At(f.To)),10}  {f.What}"));
}
