using SmartCity.City;

namespace SmartCity.Ingest.Reports;

/// <summary>One alert, as a report counts it. Times in ns since 1970.</summary>
internal sealed record TallyRow(
    string Kind, string? Zone, Severity Severity, bool Open, bool Test, bool Historical, bool Escalated, string? Cause, long RaisedAt, long? AcknowledgedAt);

/// <summary>Counts alerts as they come. Holds one number an acknowledged alert (for median and p90), and a row a kind, zone and cause.</summary>
internal sealed class AlertTally
{
    /// <summary>Alerts a report counts: some 20 a minute for a month. Beyond that it says that it is not complete.</summary>
    public const int Maximum = 1_000_000;

    private const string FalseAlarm = "false-alarm";

    private readonly Dictionary<string, Group> _kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Group> _zones = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _causes = new(StringComparer.Ordinal);
    private readonly Group _all = new();
    private long _tests;
    private long _historical;
    private long _escalated;
    private int _seen;

    /// <summary>Counts one. False: there are too many, and this one was not counted.</summary>
    public bool Add(TallyRow row)
    {
        if (_seen == Maximum)
        {
            return false;
        }

        _seen++;
        if (row.Test)
        {
            _tests++;
            return true;
        }

        if (row.Historical)
        {
            _historical++;
            return true;
        }

        _all.Add(row);
        Of(_kinds, row.Kind).Add(row);
        Of(_zones, row.Zone ?? "").Add(row);
        _escalated += row.Escalated ? 1 : 0;
        if (row.Cause is not null)
        {
            _causes[row.Cause] = _causes.GetValueOrDefault(row.Cause) + 1;
        }

        return true;
    }

    /// <summary>The figures.</summary>
    /// <param name="zoneName">Name of a zone, or null.</param>
    /// <param name="complete">Whether every alert was counted.</param>
    public AlertFigures Figures(Func<string, string?> zoneName, bool complete) => new(
        _all.Total, _all.Open, _tests, _historical, _escalated, _all.FalseAlarms, _all.Response(),
        [.. _kinds.OrderByDescending(k => k.Value.Total).ThenBy(k => k.Key, StringComparer.Ordinal)
            .Select(k => new KindFigures(k.Key, k.Value.Total, k.Value.Critical, k.Value.Major, k.Value.Open, k.Value.FalseAlarms, k.Value.Response()))],
        [.. _zones.OrderByDescending(z => z.Value.Total).ThenBy(z => z.Key, StringComparer.Ordinal)
            .Select(z => new ZoneFigures(z.Key.Length == 0 ? null : z.Key, z.Key.Length == 0 ? null : zoneName(z.Key), z.Value.Total, z.Value.Critical, z.Value.Major, z.Value.FalseAlarms))],
        [.. _causes.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Select(c => new CauseFigures(c.Key, c.Value))],
        complete);

    private static Group Of(Dictionary<string, Group> groups, string key) =>
        groups.TryGetValue(key, out var group) ? group : groups[key] = new Group();

    private sealed class Group
    {
        private readonly List<float> _seconds = [];

        public long Total { get; private set; }

        public long Critical { get; private set; }

        public long Major { get; private set; }

        public long Open { get; private set; }

        public long FalseAlarms { get; private set; }

        public void Add(TallyRow row)
        {
            Total++;
            Critical += row.Severity == Severity.Critical ? 1 : 0;
            Major += row.Severity == Severity.Major ? 1 : 0;
            Open += row.Open ? 1 : 0;
            FalseAlarms += row.Cause?.StartsWith(FalseAlarm, StringComparison.Ordinal) == true ? 1 : 0;
            if (row.AcknowledgedAt is { } at)
            {
                _seconds.Add((float)(Math.Max(0, at - row.RaisedAt) / 1e9));
            }
        }

        // Nearest rank: the figure is one that really happened.
        public ResponseFigures Response()
        {
            _seconds.Sort();
            return _seconds.Count == 0
                ? new ResponseFigures(0, null, null, null)
                : new ResponseFigures(_seconds.Count, At(0.5), At(0.9), _seconds[^1]);
        }

        private double At(double share) => Math.Round(_seconds[(int)Math.Ceiling(share * _seconds.Count) - 1], 3);
    }
}
