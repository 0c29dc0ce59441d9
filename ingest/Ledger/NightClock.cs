using System.Runtime.InteropServices;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Reports;

namespace SmartCity.Ingest.Ledger;

/// <summary>A night in nanoseconds since 1970: noon, midnight, noon.</summary>
/// <param name="Night">Number of the day on which it begins (<see cref="DateOnly.DayNumber"/>).</param>
/// <param name="Begin">Its first noon.</param>
/// <param name="Midnight">Where the next calendar day begins.</param>
/// <param name="End">The noon that belongs to the next night.</param>
internal sealed record NightWindow(int Night, long Begin, long Midnight, long End);

/// <summary>A part of a span of time that lies within one half of a night, with its share in what happened in the span.</summary>
internal readonly record struct NightPart(int Night, bool Morning, double Weight);

/// <summary>
/// Which night an instant belongs to, and how a span falls on nights. Local noon to local noon, 23 or 25 hours long where clocks change. Not thread-safe: it
/// remembers what it was asked last.
/// </summary>
internal sealed class NightClock(TimeZoneInfo zone)
{
    /// <summary>Nights that a span is spread over at most; of a longer one the last nights.</summary>
    public const int MostNights = 400;

    private const int Remembered = 2_000;

    private readonly Dictionary<int, NightWindow> _windows = [];
    private readonly List<NightPart> _parts = [];
    private NightWindow? _last;

    /// <summary>The night of an instant (Unix ns).</summary>
    public NightWindow At(long instant)
    {
        if (_last is { } last && instant >= last.Begin && instant < last.End)
        {
            return last;
        }

        return _last = Of(Night.DayOf(Instant.ToMoment(instant), zone).DayNumber);
    }

    /// <summary>A night by its number.</summary>
    public NightWindow Of(int night)
    {
        if (_windows.TryGetValue(night, out var known))
        {
            return known;
        }

        if (_windows.Count >= Remembered)
        {
            _windows.Clear();
        }

        var day = DateOnly.FromDayNumber(night);
        var place = Night.Of(day, new LampPlace(zone));
        return _windows[night] = new NightWindow(night, Instant.From(place.Begin), Instant.From(ReportPeriod.Midnight(day.AddDays(1), zone)), Instant.From(place.End));
    }

    /// <summary>
    /// The halves of nights that a span touches, in order, with weights that add up to 1: by time, or, for a lamp that nobody heard of meanwhile, by how long it was
    /// dark there. They are good until the next call, and allocate nothing.
    /// </summary>
    /// <param name="from">Unix ns.</param>
    /// <param name="to">Unix ns; not before <paramref name="from"/>.</param>
    /// <param name="dark">Where the lamp stands; null: by time.</param>
    public ReadOnlySpan<NightPart> Parts(long from, long to, LampPlace? dark)
    {
        _parts.Clear();
        var end = At(to);
        if (from >= (to < end.Midnight ? end.Begin : end.Midnight) || from >= to)
        {
            _parts.Add(new NightPart(end.Night, to >= end.Midnight, 1));
            return CollectionsMarshal.AsSpan(_parts);
        }

        var first = Math.Max(At(from).Night, end.Night - MostNights + 1);
        var whole = 0.0;
        for (var night = first; night <= end.Night; night++)
        {
            var window = Of(night);
            var sun = dark is null ? null : Night.Of(DateOnly.FromDayNumber(night), dark);
            whole += Add(night, morning: false, Math.Max(from, window.Begin), Math.Min(to, window.Midnight), sun);
            whole += Add(night, morning: true, Math.Max(from, window.Midnight), Math.Min(to, window.End), sun);
        }

        if (whole <= 0)
        {
            // Never dark in all that time: what burned, burned by day.
            return dark is null ? CollectionsMarshal.AsSpan(_parts) : Parts(from, to, null);
        }

        for (var i = 0; i < _parts.Count; i++)
        {
            _parts[i] = _parts[i] with { Weight = _parts[i].Weight / whole };
        }

        return CollectionsMarshal.AsSpan(_parts);
    }

    private double Add(int night, bool morning, long from, long to, Night? sun)
    {
        if (sun is not null)
        {
            (from, to) = (Math.Max(from, Instant.From(sun.Sunset)), Math.Min(to, Instant.From(sun.Sunrise)));
        }

        if (to <= from)
        {
            return 0;
        }

        _parts.Add(new NightPart(night, morning, to - from));
        return to - from;
    }
}
