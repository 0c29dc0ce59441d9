using System.Globalization;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Ledger;

/// <summary>Answers about energy, hours and age, from the ledger and the registry of now.</summary>
internal sealed class EnergyQuery(BookStore store, Func<LampDirectory> directory, IReadOnlyList<MeterKind> kinds, TimeProvider time)
{
    /// <summary>Burning hours that a lamp lives where nobody says: what makers warrant of LED luminaires is 50,000 to 100,000 (L80), so this warns early.</summary>
    public const double UsualLife = 50_000;

    private const double LeastDays = 14;
    private readonly EnergyTables _tables = new(store);

    /// <summary>Figures of a target's lamps.</summary>
    /// <param name="target">Which lamps.</param>
    /// <param name="from">The first night.</param>
    /// <param name="to">The last night.</param>
    /// <param name="by">How they are put together.</param>
    /// <param name="cancel">Stops it.</param>
    /// <returns>Null when the target has no lamp.</returns>
    public async Task<EnergyReply?> AskAsync(LightTarget target, DateOnly from, DateOnly to, EnergyBy by, CancellationToken cancel)
    {
        var current = directory();
        var places = LampPlaces.Of(current, target);
        if (places.Count == 0)
        {
            return null;
        }

        var known = await _tables.MetersAsync(cancel);
        var meters = places.SelectMany(p => p.Devices).Where(known.ContainsKey).Select(d => known[d]).ToList();
        var (first, end) = (from.DayNumber, to.DayNumber + 1);
        var whole = from.Day == 1 && to.AddDays(1).Day == 1;
        var (firstMonth, endMonth) = (LedgerBook.MonthOf(first), LedgerBook.MonthOf(to.DayNumber) + 1);
        var items = by switch
        {
            EnergyBy.Day => (await _tables.ByNightAsync(meters, first, end, cancel)).Select(n => (Item: new EnergyItem { Day = Day(n.Key) }, n.Sums, n.Meters)),
            EnergyBy.Month when whole => (await _tables.MonthsAsync(meters, firstMonth, endMonth, byMeter: false, cancel)).Select(n => (Item: new EnergyItem { Month = Month(n.Key) }, n.Sums, n.Meters)),
            EnergyBy.Month => (await _tables.ByNightAsync(meters, first, end, cancel)).GroupBy(n => LedgerBook.MonthOf(n.Key)).OrderBy(g => g.Key)
                .Select(g => (Item: new EnergyItem { Month = Month(g.Key) }, Sums: Sum(g.Select(n => n.Sums)), Meters: g.Max(n => n.Meters))),
            _ => ByPlace(
                current.Registry, places, known, whole ? await _tables.MonthsAsync(meters, firstMonth, endMonth, byMeter: true, cancel) : await _tables.ByMeterAsync(meters, first, end, cancel),
                streets: by == EnergyBy.Street),
        };
        var list = items.ToList();
        var position = await _tables.SpanAsync(cancel);
        return new EnergyReply(
            target.ToString(), from, to, by,
            position?.Since is > long.MinValue and var since ? Instant.ToMoment(since) : null,
            position?.ReadTo is > 0 and var readTo ? Instant.ToMoment(readTo) : null,
            new EnergyItem().With(Sum(list.Select(i => i.Sums)), places.Count), [.. list.Select(i => i.Item.With(i.Sums, i.Meters))]);
    }

    /// <summary>The age of a target's lamps in service, the oldest first by the part of their life.</summary>
    public async Task<List<LampAge>> AgesAsync(LightTarget target, CancellationToken cancel)
    {
        var current = directory();
        var places = LampPlaces.Of(current, target).Where(p => p.Row.State == Service.Active).ToList();
        var states = await _tables.StatesAsync(cancel);
        var now = time.GetUtcNow();
        var month = LedgerBook.MonthOf(DateOnly.FromDateTime(now.UtcDateTime).DayNumber);
        var lit = (await _tables.MonthsAsync([.. places.Where(p => states.ContainsKey(p.Row.Id)).Select(p => states[p.Row.Id].Id)], month - 11, month + 1, byMeter: true, cancel)).ToDictionary(m => (long)m.Key, m => m.Sums.Seconds);
        return
        [
            .. places.Select(p => Age(current, p, states.GetValueOrDefault(p.Row.Id), lit, now))
                .OrderByDescending(a => a.LifeUsed ?? -1).ThenBy(a => a.Lamp, StringComparer.Ordinal),
        ];
    }

    private LampAge Age(LampDirectory current, LampHistory place, Meter? meter, Dictionary<long, long> lit, DateTimeOffset now)
    {
        var lamp = current.Find(place.Row.Id);
        var life = (lamp is null ? null : current.LifeHours(lamp)) ?? UsualLife;
        var counted = meter?.Hours.At > 0;
        var hours = meter is null ? (double?)null : counted ? meter.Hours.Value / 3600.0 : meter.State.Seconds / 3600.0;
        var said = current.Lighting.Settings.GetValueOrDefault(new LightTarget(LightScope.Lamp, place.Row.Id))?.Installed;
        var installed = said ?? (meter is { State.InstalledAt: > 0 } ? Instant.ToMoment(meter.State.InstalledAt) : null);

        // The twelve months are not all there while the lamp has not been heard for so long.
        var begin = new[] { new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(-11), Instant.ToMoment(meter?.State.Since ?? 0), installed ?? DateTimeOffset.MinValue }.Max();
        var days = (now - begin).TotalDays;
        var year = meter is not null && days >= LeastDays && lit.TryGetValue(meter.Id, out var seconds) ? seconds / 3600.0 / days * 365.25 : (double?)null;
        var left = (life - hours) / year * 365.25;
        var kind = kinds.First(k => k.Kind.Name == place.Row.Kind);
        var full = meter?.FullPower(new MeterPlace(kind, MeterKind.RatedWatts(place.Row.Thresholds), new City.LampPlace(TimeZoneInfo.Utc)));
        var street = place.Street is null ? null : current.Registry.Streets.GetValueOrDefault(place.Street);
        return new LampAge(
            place.Row.Id, place.Row.Name, place.Street, street?.Name, place.Ward, hours is { } h ? Math.Round(h, 1) : null, counted,
            meter?.Switches.At > 0 ? meter.Switches.Value : null, meter?.Energy.At > 0 ? meter.Energy.Value / 1e6 : null, installed,
            Math.Round(full?.Watts ?? MeterKind.RatedWatts(place.Row.Thresholds) ?? kind.UsualWatts, 1),
            MeterKind.RatedWatts(place.Row.Thresholds) is not null ? "rated" : full is { Assumed: false } ? "measured" : "usual",
            life, hours is { } used ? Math.Round(used / life * 100, 1) : null, year is { } y ? Math.Round(y) : null,
            left is > 0 and < 36_525 ? now.AddDays(left.Value).ToString("yyyy-MM", CultureInfo.InvariantCulture) : null, [.. place.Devices.Skip(1)]);
    }

    private static IEnumerable<(EnergyItem Item, NightSums Sums, int Meters)> ByPlace(
        RegistrySnapshot registry, List<LampHistory> places, Dictionary<string, long> known, List<(int Key, NightSums Sums, int Meters)> rows, bool streets)
    {
        var ofMeter = rows.GroupBy(r => (long)r.Key).ToDictionary(g => g.Key, g => Sum(g.Select(r => r.Sums)));
        var lamps = places.Select(p =>
        {
            var found = p.Devices.Where(d => known.TryGetValue(d, out var meter) && ofMeter.ContainsKey(meter)).Select(d => ofMeter[known[d]]).ToList();
            var sums = Sum(found);
            sums.Marks |= found.Count > 1 ? NightMarks.Replaced : NightMarks.None;
            return (Place: p, Sums: sums, Any: found.Count > 0);
        }).Where(p => p.Any);
        if (!streets)
        {
            return lamps.Select(l => (new EnergyItem { Lamp = l.Place.Row.Id, Name = l.Place.Row.Name, Street = l.Place.Street, Ward = l.Place.Ward }, l.Sums, 1));
        }

        return lamps.GroupBy(l => l.Place.Street ?? "", StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (new EnergyItem { Street = g.Key, Name = registry.Streets.GetValueOrDefault(g.Key)?.Name, Ward = g.First().Place.Ward }, Sum(g.Select(l => l.Sums)), g.Count()));
    }

    private static NightSums Sum(IEnumerable<NightSums> all)
    {
        var sum = new NightSums();
        foreach (var each in all)
        {
            sum.Add(each);
        }

        return sum;
    }

    private static string Day(int night) => DateOnly.FromDayNumber(night).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Month(int month) => FormattableString.Invariant($"{month / 12:0000}-{(month % 12) + 1:00}");
}
