using System.Text.Json;
using SmartCity.Edge.Lamps;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Commands;

/// <summary>
/// Decides when the gateway reports and what (CONTRACTS, <c>reported</c>): the desired version in force, a refused one with its reason, and of each lamp target,
/// feedback, actual and reason; of power how old it is, and since when power says
/// something of the level. At a change worth telling, at most once a second; a smaller one within ten seconds; else each minute. A report of very many lamps
/// travels in parts, so that none is larger than a packet may be.
/// </summary>
internal sealed class ReportDesk(DesiredDesk desired, TimeProvider time)
{
    /// <summary>Lamps in one part: at most 1,500 bytes each however their words are escaped, so that a part stays under 256 KiB.</summary>
    public const int LampsInPart = 150;

    /// <summary>A level that moved by this is told at once, in percent.</summary>
    private const double NotablePercent = 5;

    /// <summary>Power that moved by this is told at once, in watts.</summary>
    private const double NotableWatts = 5;

    private const int LongestWords = 200;

    /// <summary>Without a change.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>After a change that is not notable.</summary>
    public static readonly TimeSpan SmallChange = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, LampStatus> _told = new(StringComparer.Ordinal);
    private long _toldAt;
    private volatile bool _anew = true;
    private long _desiredTold = -1;

    /// <summary>Every lamp as it stands; null when the gateway has none.</summary>
    public Func<IReadOnlyList<LampStatus>>? Lamps { get; set; }

    /// <summary>The next report is due at once: there is a new connection. Any thread.</summary>
    public void Begin() => _anew = true;

    /// <summary>The report that is due now, in parts; empty when none is. Whoever calls it sends it.</summary>
    public IReadOnlyList<byte[]> Due()
    {
        var lamps = Lamps?.Invoke() ?? [];
        var since = _anew ? TimeSpan.MaxValue : time.GetElapsedTime(_toldAt);
        var due = since >= Interval
            || _desiredTold != desired.Revision
            || lamps.Any(l => !_told.TryGetValue(l.Lamp, out var told) || IsNotable(told, l))
            || (since >= SmallChange && lamps.Any(l => _told[l.Lamp] is var told && (told.Target != l.Target || told.Feedback != l.Feedback)));
        if (!due)
        {
            return [];
        }

        _anew = false;
        _toldAt = time.GetTimestamp();
        _desiredTold = desired.Revision;
        foreach (var lamp in lamps)
        {
            _told[lamp.Lamp] = lamp;
        }

        var parts = Math.Max(1, (lamps.Count + LampsInPart - 1) / LampsInPart);
        return [.. Enumerable.Range(0, parts).Select(p => Write([.. lamps.Skip(p * LampsInPart).Take(LampsInPart)], p + 1, parts))];
    }

    private static bool IsNotable(in LampStatus told, in LampStatus now) =>
        told.Reason != now.Reason
        || Moved(told.Target, now.Target, NotablePercent)
        || Moved(told.Feedback, now.Feedback, NotablePercent)
        || Moved(told.Actual, now.Actual, NotableWatts)
        || (now.IsMeasured && told.ActualAt < now.SettledAt);

    private static bool Moved(double? from, double? to, double by) => from.HasValue != to.HasValue || Math.Abs((from - to) ?? 0) >= by;

    private byte[] Write(IReadOnlyList<LampStatus> lamps, int part, int parts)
    {
        // One moment for all ages of a report: what was before what must not hang on when it was written.
        var now = time.GetTimestamp();
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version", desired.Version);
            if (desired.Refused is { } refused)
            {
                json.WriteStartObject("refused");
                if (refused.Version is { } version)
                {
                    json.WriteNumber("version", version);
                }

                json.WriteString("why", refused.Why);
                json.WriteEndObject();
            }

            if (parts > 1)
            {
                json.WriteNumber("part", part);
                json.WriteNumber("parts", parts);
            }

            json.WriteStartObject("lamps");
            foreach (var lamp in lamps)
            {
                json.WriteStartObject(lamp.Lamp);
                Number(json, "target", lamp.Target);
                Number(json, "feedback", lamp.Feedback);
                Number(json, "actual", lamp.Actual);
                if (lamp.Actual is not null)
                {
                    // What was measured this very moment is a millisecond old: a step that has not settled is 0 s old, and nothing may be as young.
                    Age(json, "actualAgeSeconds", Math.Min(lamp.ActualAt, now - Stamps.Of(time, TimeSpan.FromMilliseconds(1))), now);
                }

                if (lamp.SettledAt is { } settled)
                {
                    Age(json, "stepAgeSeconds", settled, now);
                }

                Number(json, "clo", lamp.Clo);
                json.WriteString("reason", lamp.ReasonName);
                var words = lamp.Words;
                json.WriteString("detail", words.Length > LongestWords ? words[..LongestWords] : words);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private void Age(Utf8JsonWriter json, string name, long stamp, long now) =>
        json.WriteNumber(name, Math.Round(Math.Max(0, time.GetElapsedTime(stamp, now).TotalSeconds), 3));

    // What is not known is left out: 0 W is a measurement.
    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, Math.Round(number, 2));
        }
    }
}
