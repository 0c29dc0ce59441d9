using System.Globalization;

namespace SmartCity.City.Tests;

/// <summary>Against Astronomy Engine 2 (VSOP87, an independent and finer theory), within a minute.</summary>
public sealed class SunTests
{
    [Theory]
    // 60° N 0° E
    [InlineData("2026-01-15", 60, 0, 0, "08:47:34", "15:31:44")]
    [InlineData("2026-03-20", 60, 0, 0, "06:01:51", "18:14:24")]
    [InlineData("2026-06-21", 60, 0, 0, "02:35:50", "21:27:47")]
    [InlineData("2026-09-23", 60, 0, 0, "05:46:27", "17:56:55")]
    [InlineData("2026-12-21", 60, 0, 0, "09:01:54", "14:54:12")]
    // Thanh Hóa, 19.8° N 105.78° E
    [InlineData("2026-01-15", 19.8, 105.78, 7, "06:34:17", "17:38:11")]
    [InlineData("2026-03-20", 19.8, 105.78, 7, "06:01:18", "18:07:46")]
    [InlineData("2026-06-21", 19.8, 105.78, 7, "05:18:46", "18:38:29")]
    [InlineData("2026-09-23", 19.8, 105.78, 7, "05:45:53", "17:52:32")]
    [InlineData("2026-12-21", 19.8, 105.78, 7, "06:26:41", "17:22:54")]
    // Greenwich; Oslo on 24 December 2010, which timeanddate.com gives as 09:19 and 15:13
    [InlineData("2026-06-21", 51.4779, 0, 1, "04:42:47", "21:20:50")]
    [InlineData("2010-12-24", 59.91, 10.75, 1, "09:19:14", "15:13:49")]
    public void Rise_and_set(string day, double latitude, double longitude, int offset, string rise, string set)
    {
        var times = Sun.Times(DateOnly.Parse(day, CultureInfo.InvariantCulture), TimeSpan.FromHours(offset), latitude, longitude);
        AssertNear(rise, times.Sunrise!.Value);
        AssertNear(set, times.Sunset!.Value);
    }

    // Rise and set for the Sun for 2019 at 60° N 0° E, U.S. Naval Observatory, universal time: a row a day, a pair a month.
    [Theory]
    [InlineData(1, "0902 1505 0815 1613 0659 1726 0526 1843 0359 1957 0250 2107 0242 2125 0340 2031 0454 1905 0605 1734 0721 1605 0834 1503")]
    [InlineData(8, "0857 1516 0757 1632 0639 1744 0505 1900 0340 2014 0241 2118 0251 2118 0357 2013 0511 1844 0621 1713 0739 1547 0847 1456")]
    [InlineData(15, "0848 1531 0739 1650 0618 1801 0445 1917 0323 2031 0236 2125 0303 2108 0413 1954 0527 1822 0638 1652 0757 1531 0857 1453")]
    [InlineData(22, "0836 1548 0720 1709 0557 1819 0424 1935 0308 2047 0236 2128 0317 2054 0430 1934 0543 1801 0656 1632 0814 1517 0902 1455")]
    public void The_naval_observatorys_table_of_60_degrees_north(int day, string row)
    {
        var times = row.Split(' ');
        for (var month = 1; month <= 12; month++)
        {
            var found = Sun.Times(new DateOnly(2019, month, day), TimeSpan.Zero, 60, 0);
            AssertNear(Clock(times[(2 * month) - 2]), found.Sunrise!.Value);
            AssertNear(Clock(times[(2 * month) - 1]), found.Sunset!.Value);
        }

        static string Clock(string text) => $"{text[..2]}:{text[2..]}:00";
    }

    [Fact]
    public void Noon_is_in_the_middle_of_the_day_and_where_the_sun_stands_highest()
    {
        for (var day = new DateOnly(2026, 1, 1); day.Year == 2026; day = day.AddDays(9))
        {
            var noon = Sun.Noon(day, TimeSpan.FromHours(7), 105.78);
            var times = Sun.Times(day, TimeSpan.FromHours(7), 19.8, 105.78);
            Assert.InRange((noon - (times.Sunrise!.Value + ((times.Sunset!.Value - times.Sunrise.Value) / 2))).Duration().TotalSeconds, 0, 30);
            var highest = Sun.Elevation(Ns(noon), 19.8, 105.78);
            Assert.True(highest >= Sun.Elevation(Ns(noon.AddMinutes(-3)), 19.8, 105.78) && highest >= Sun.Elevation(Ns(noon.AddMinutes(3)), 19.8, 105.78));
        }
    }

    [Fact]
    public void Beyond_the_circle_it_does_not_set_or_does_not_rise()
    {
        var summer = Sun.Times(new DateOnly(2026, 6, 21), TimeSpan.FromHours(2), 69.65, 18.96);
        var winter = Sun.Times(new DateOnly(2026, 12, 21), TimeSpan.FromHours(1), 69.65, 18.96);
        Assert.Equal(new SunTimes(null, null, true), summer);
        Assert.Equal(new SunTimes(null, null, false), winter);
    }

    [Fact]
    public void Elevation_agrees_with_rise_and_set_and_noon()
    {
        for (var day = new DateOnly(2026, 1, 1); day.Year == 2026; day = day.AddDays(17))
        {
            var times = Sun.Times(day, TimeSpan.FromHours(7), 19.8, 105.78);
            Assert.Equal(-0.833, Sun.Elevation(Ns(times.Sunrise!.Value), 19.8, 105.78), 0.02);
            Assert.Equal(-0.833, Sun.Elevation(Ns(times.Sunset!.Value), 19.8, 105.78), 0.02);
        }

        // On 21 June the sun stands 23.44° north: 86.36° high at Thanh Hóa's noon, on the other side.
        var solstice = Sun.Times(new DateOnly(2026, 6, 21), TimeSpan.FromHours(7), 19.8, 105.78);
        var noon = solstice.Sunrise!.Value + ((solstice.Sunset!.Value - solstice.Sunrise.Value) / 2);
        Assert.Equal(90 - (23.44 - 19.8), Sun.Elevation(Ns(noon), 19.8, 105.78), 0.1);
    }

    private static long Ns(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static void AssertNear(string expected, DateTimeOffset actual)
    {
        var minutes = (TimeOnly.FromDateTime(actual.DateTime) - TimeOnly.ParseExact(expected, "HH:mm:ss", CultureInfo.InvariantCulture)).TotalMinutes;
        Assert.True(Math.Min(minutes, 1440 - minutes) <= 1, $"{actual:HH:mm:ss} instead of {expected}");
    }
}
