using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Ledger;

namespace SmartCity.Ingest.Tests.Ledger;

public sealed class MeterTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.FromHours(7));

    [Fact]
    public void A_night_runs_from_noon_to_noon_and_its_figures_are_the_counters()
    {
        var lamp = new MeterRig();
        lamp.Take(Noon.AddHours(5), energy: 10, hours: 100, switches: 7);
        lamp.Take(Noon.AddHours(11.9), energy: 10.5, hours: 106, switches: 8);
        lamp.Take(Noon.AddHours(12.1), energy: 10.52, hours: 106.2, switches: 8);
        lamp.Take(Noon.AddHours(18), energy: 11, hours: 112, switches: 8);
        lamp.Take(Noon.AddHours(28), energy: 11, hours: 112, switches: 8);
        lamp.Take(Noon.AddHours(29), energy: 11.25, hours: 113, switches: 9); // the next evening

        var first = lamp.Night(Noon);
        Assert.Equal((1.0, 12.0, 1L), (first.Energy / 1e6, first.Seconds / 3600.0, first.Switches));
        Assert.Equal(0.49, first.Morning / 1e6, 9); // half of what straddles midnight, and what came after
        var second = lamp.Night(Noon.AddDays(1));
        Assert.Equal((0.25, 1.0, 1L), (second.Energy / 1e6, second.Seconds / 3600.0, second.Switches));
        Assert.Equal(2, lamp.Meter.Pending.Count);
    }

    [Fact]
    public void A_counter_that_began_anew_and_passed_its_old_figure_the_same_night_loses_nothing()
    {
        var lamp = new MeterRig();
        foreach (var (minute, energy, hours) in new[] { (0, 0.30, 3.0), (10, 0.31, 3.1), (20, 0.005, 0.05), (30, 0.2, 1.0), (40, 0.32, 2.0), (50, 0.40, 2.2) })
        {
            lamp.Take(Noon.AddHours(8).AddMinutes(minute), energy, hours);
        }

        var night = lamp.Night(Noon);
        Assert.Equal(10_000 + 400_000, night.Energy);
        Assert.Equal((0.1 + 2.2) * 3600, night.Seconds, 6);
        Assert.True(night.Marks.HasFlag(NightMarks.Reset));
        Assert.Equal(2.2 * 3600, lamp.Meter.State.Seconds, 6); // the new lamp's age
    }

    [Theory]
    [InlineData(900)]
    [InlineData(8)]
    public void Another_meters_figure_is_not_energy(double other)
    {
        var lamp = new MeterRig();
        lamp.Take(Noon.AddHours(8), energy: 500);
        lamp.Take(Noon.AddHours(8.1), energy: 500.01);
        lamp.Take(Noon.AddHours(8.2), energy: other);
        lamp.Take(Noon.AddHours(8.3), energy: other + 0.02);

        var night = lamp.Night(Noon);
        Assert.Equal(30_000, night.Energy);
        Assert.Equal(NightMarks.Jump, night.Marks);
    }

    [Fact]
    public void One_wrong_figure_neither_adds_nor_takes_away_more_than_its_own_interval()
    {
        var lamp = new MeterRig();
        lamp.Take(Noon.AddHours(8), energy: 500);
        lamp.Take(Noon.AddHours(8.1), energy: 0);
        lamp.Take(Noon.AddHours(8.2), energy: 500.02);
        lamp.Take(Noon.AddHours(8.3), energy: 500.03);
        Assert.Equal(10_000, lamp.Night(Noon).Energy);
    }

    [Fact]
    public void What_is_said_again_or_late_changes_nothing()
    {
        var lamp = new MeterRig();
        for (var again = 0; again < 3; again++)
        {
            lamp.Take(Noon.AddHours(8), energy: 1, hours: 10, switches: 3, power: 100);
            lamp.Take(Noon.AddHours(8.1), energy: 1.01, hours: 10.1, switches: 4, power: 90);
        }

        lamp.Take(Noon.AddHours(8.05), energy: 1.005, hours: 10.05, switches: 3, power: 5);
        var night = lamp.Night(Noon);
        Assert.Equal((10_000L, 360L, 1L, NightMarks.None), (night.Energy, night.Seconds, night.Switches, night.Marks));
        Assert.Equal(20, lamp.Meter.Old); // four counters, five times
    }

    [Fact]
    public void A_silence_of_three_nights_is_shared_by_dark_hours_and_marked_and_its_sum_is_the_counters()
    {
        var lamp = new MeterRig();
        lamp.Take(Noon.AddHours(3), energy: 1, hours: 10, switches: 3);
        lamp.Take(Noon.AddHours(3 + 72), energy: 4.6, hours: 46, switches: 6);

        var nights = Enumerable.Range(0, 3).Select(n => lamp.Night(Noon.AddDays(n))).ToList();
        Assert.Equal(3_600_000, nights.Sum(n => n.Energy));
        Assert.Equal(3_600_000, nights.Sum(n => n.Estimated));
        Assert.Equal(36 * 3600, nights.Sum(n => n.Seconds));
        Assert.Equal([1L, 1L, 1L], nights.Select(n => n.Switches));
        Assert.All(nights, n => Assert.InRange(n.Energy, 1_190_000, 1_210_000)); // three whole nights of November
        Assert.All(nights, n => Assert.InRange(n.Morning, 500_000, 620_000));
        Assert.All(nights, n => Assert.Equal(NightMarks.Gap, n.Marks));
        Assert.Equal(3, lamp.Meter.Pending.Count); // by day nothing burned
    }

    [Fact]
    public void A_silence_within_one_night_is_that_nights_and_nothing_about_it_is_estimated()
    {
        var lamp = new MeterRig();
        lamp.Take(Noon.AddHours(3), energy: 1);
        lamp.Take(Noon.AddHours(22), energy: 2.2);
        var night = lamp.Night(Noon);
        Assert.Equal((1_200_000L, 0L, NightMarks.None), (night.Energy, night.Estimated, night.Marks));
    }

    [Fact]
    public void A_silence_longer_than_what_is_kept_of_it_is_still_counted_once()
    {
        var lamp = new MeterRig();
        lamp.Take(Noon.AddYears(-5), energy: 1);
        lamp.Take(Noon, energy: 2_000);
        Assert.Equal(1_999_000_000, lamp.Meter.Pending.Values.Sum(n => n.Energy));
        Assert.InRange(lamp.Meter.Pending.Count, 2, NightClock.MostNights);
    }

    [Fact]
    public void A_month_has_the_nights_that_begin_in_it()
    {
        var lamp = new MeterRig();
        var last = new DateTimeOffset(2026, 11, 30, 23, 50, 0, TimeSpan.FromHours(7));
        lamp.Take(last, energy: 1);
        lamp.Take(last.AddMinutes(15), energy: 1.03);
        lamp.Take(last.AddHours(6), energy: 2.03);
        Assert.Equal([(2026 * 12) + 10], lamp.Meter.Pending.Keys.Select(LedgerBook.MonthOf));
        Assert.Equal((1_030_000L, 1_010_000L), (lamp.Meter.Pending.Values.Single().Energy, lamp.Meter.Pending.Values.Single().Morning));
    }

    [Theory]
    [InlineData(2026, 10, 24, 25)] // clocks go back on the morning after
    [InlineData(2027, 3, 27, 23)] // and forward
    public void A_night_in_which_clocks_change_has_its_own_length(int year, int month, int day, int length)
    {
        var zone = CityTimeZone.Find("Europe/Berlin")!;
        var lamp = new MeterRig(zone, 52.5, 13.4);
        var noon = Night.Of(new DateOnly(year, month, day), new LampPlace(zone)).Begin;
        for (var minutes = -10; minutes <= (length * 60) + 10; minutes += 10)
        {
            lamp.Take(noon.AddMinutes(minutes), energy: 100 + (minutes / 600.0), hours: 100 + (minutes / 60.0));
        }

        var night = lamp.Night(noon);
        Assert.Equal(length * 100_000, night.Energy);
        Assert.Equal(length * 3600, night.Seconds);
        Assert.Equal((length - 12) * 100_000, night.Morning);
        Assert.Equal([16_667L, 16_667L], new[] { noon.AddDays(-1), noon.AddDays(1.1) }.Select(n => lamp.Night(n).Energy));
    }

    [Fact]
    public void A_lamp_without_counters_is_integrated_and_says_so()
    {
        var lamp = new MeterRig();
        for (var minute = 0; minute <= 120; minute++)
        {
            lamp.Take(Noon.AddHours(8).AddMinutes(minute), power: minute is >= 30 and < 90 ? 60 : 0.4);
        }

        var night = lamp.Night(Noon);
        Assert.InRange(night.Energy, 59_900, 61_500);
        Assert.Equal((3600L, 1L, NightMarks.Integrated), (night.Seconds, night.Switches, night.Marks));

        lamp.Take(Noon.AddHours(32).AddMinutes(30), power: 60); // nobody knows what was between
        Assert.InRange(lamp.Night(Noon).Energy, 59_900, 61_500);
        Assert.True(lamp.Night(Noon).Marks.HasFlag(NightMarks.Missing));
        Assert.True(lamp.Night(Noon.AddDays(1)).Marks.HasFlag(NightMarks.Missing));
    }

    [Fact]
    public void A_lamp_with_an_energy_counter_only_gets_its_hours_of_a_silence_from_the_energy()
    {
        var lamp = new MeterRig();
        lamp.Take(Noon.AddHours(8), energy: 5, power: 50);
        lamp.Take(Noon.AddHours(8.1), energy: 5.005, power: 50);
        lamp.Take(Noon.AddHours(14.1), energy: 5.205, power: 50);
        var night = lamp.Night(Noon);
        Assert.Equal(205_000, night.Energy);
        Assert.Equal(360 + (4 * 3600), night.Seconds);
    }

    [Fact]
    public void What_it_would_have_used_at_a_hundred_percent_is_its_hours_by_its_rated_power()
    {
        var lamp = new MeterRig();
        lamp.Take(Noon.AddHours(8), energy: 1, hours: 10);
        lamp.Take(Noon.AddHours(8.2), energy: 1.01, hours: 10.2);
        Assert.Equal((10_000L, 20_000L), (lamp.Night(Noon).Energy, lamp.Night(Noon).Full));
    }

    [Fact]
    public void Where_nobody_says_the_rated_power_it_is_what_was_measured_at_a_hundred_percent()
    {
        var lamp = new MeterRig(rated: null);
        lamp.Take(Noon.AddHours(6), energy: 1, hours: 10, power: 80, dim: 100);
        lamp.Take(Noon.AddHours(6.1), energy: 1.008, hours: 10.1, power: 80, dim: 100);
        Assert.Equal(10_000, lamp.Night(Noon).Full); // the kind's usual 100 W
        Assert.True(lamp.Night(Noon).Marks.HasFlag(NightMarks.AssumedPower));
        for (var minute = 1; minute <= Meter.EnoughSeen; minute++)
        {
            lamp.Take(Noon.AddHours(6.1).AddMinutes(minute), power: 80, dim: 100);
        }

        lamp.Take(Noon.AddHours(6.5), power: 3, dim: 100); // dead: says nothing about its full power
        lamp.Take(Noon.AddHours(6.6), power: 40, dim: 50);
        Assert.Equal((80, false), lamp.Meter.FullPower(lamp.Place));
        lamp.Meter.Pending.Clear();
        lamp.Take(Noon.AddHours(7.1), hours: 11.1);
        Assert.Equal(80_000, lamp.Night(Noon).Full);
        Assert.False(lamp.Night(Noon).Marks.HasFlag(NightMarks.AssumedPower));
    }

    [Fact]
    public void What_constant_light_output_saves_stands_apart()
    {
        var lamp = new MeterRig();
        lamp.Take(Noon.AddHours(8), energy: 1, hours: 10, power: 40, dim: 50, driver: 40);
        lamp.Take(Noon.AddHours(8.2), energy: 1.008, hours: 10.2, power: 40, dim: 50, driver: 40);
        var night = lamp.Night(Noon);
        Assert.Equal((8_000L, 20_000L, 2_000L), (night.Energy, night.Full, night.Constant)); // without it 10 Wh, at 100 % 20 Wh
    }

    [Fact]
    public void A_cabinet_is_energy_and_nothing_else()
    {
        var cabinet = new MeterRig(kind: "power_cabinet");
        cabinet.Take(Noon.AddHours(8), energy: 1_000, power: 60_000);
        cabinet.Take(Noon.AddHours(9), energy: 1_060, power: 60_000);
        Assert.Equal(new NightSums { Energy = 60_000_000 }, cabinet.Night(Noon));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void However_readings_come_the_sum_is_what_was_burned(int seed)
    {
        var chance = new Random(seed);
        var lamp = new MeterRig();
        var (at, energy, hours, truth, burned) = (Noon, 3.0, 40.0, 0L, 0L);
        for (var n = 0; n < 2_000; n++)
        {
            lamp.Take(at, energy, hours);
            if (chance.Next(10) == 0)
            {
                lamp.Take(at.AddMinutes(-chance.Next(300)), Math.Max(0, energy - chance.NextDouble()), hours);
            }

            var step = chance.Next(20) == 0 ? TimeSpan.FromMinutes(chance.Next(15, 4_000)) : TimeSpan.FromMinutes(1);
            at += step;
            if (chance.Next(100) == 0 && energy > 7 && hours > 70)
            {
                // Another lamp, since the last reading. One that passes the old one's figure before it is read is not to be told from it.
                (energy, hours) = (0, 0);
            }

            var (more, on) = ((long)(chance.NextDouble() * step.TotalSeconds * 25), (long)(chance.NextDouble() * step.TotalSeconds));
            (energy, hours, truth, burned) = (energy + (more / 1e6), hours + (on / 3600.0), truth + more, burned + on);
        }

        lamp.Take(at, energy, hours);
        Assert.Equal(truth, lamp.Meter.Pending.Values.Sum(n => n.Energy));
        Assert.InRange(lamp.Meter.Pending.Values.Sum(n => n.Seconds), burned - 1, burned + 1);
        Assert.All(lamp.Meter.Pending.Values, n => Assert.InRange(n.Morning, 0, n.Energy));
    }
}

/// <summary>One meter that is told readings.</summary>
internal sealed class MeterRig
{
    private readonly NightClock _clock;

    public MeterRig(TimeZoneInfo? zone = null, double lat = 19.8, double lon = 105.78, double? rated = 100, string kind = "streetlight")
    {
        zone ??= CityTimeZone.Find(CityTimeZone.Vietnam)!;
        _clock = new NightClock(zone);
        Place = new MeterPlace(MeterKind.Of(KindCatalog.BuiltIn).Single(k => k.Kind.Name == kind), rated, new LampPlace(zone, lat, lon));
    }

    public Meter Meter { get; } = new("lamp-1");

    public MeterPlace Place { get; }

    public void Take(
        DateTimeOffset at, double energy = double.NaN, double hours = double.NaN, double switches = double.NaN, double power = double.NaN, double dim = double.NaN, double driver = double.NaN) =>
        Meter.Take(new MeterSample(Instant.From(at), energy, hours, switches, power, dim, driver), Place, _clock);

    public NightSums Night(DateTimeOffset at) => Meter.Pending.GetValueOrDefault(_clock.At(Instant.From(at)).Night);
}
