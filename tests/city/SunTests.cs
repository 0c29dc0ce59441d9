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

    // Thanh Hóa, 19.807° N 105.776° E, a leap year through: Astronomy Engine 2, which gives the Naval Observatory's minutes of the table above.
    [Theory]
    [InlineData(1, "063121 172854 063220 174834 061628 180207 055031 181109 052757 182015 051718 183225 052135 184001 053244 183331 054128 181154 054746 174455 055813 172231 061516 171638")]
    [InlineData(11, "063352 173515 062824 175359 060832 180523 054209 181352 052245 182400 051720 183557 052500 183947 053600 182752 054333 180301 055023 173629 060315 171826 062126 171858")]
    [InlineData(21, "063418 174146 062244 175837 060001 180813 053430 181652 051911 182801 051853 183837 052844 183747 053850 182051 054535 175354 055340 172904 060902 171626 062659 172311")]
    [InlineData(29, "061713 180145", 2)]
    public void Thanh_Hoa_through_a_year(int day, string row, int only = 0)
    {
        var times = row.Split(' ');
        for (var i = 0; i < times.Length; i += 2)
        {
            var found = Sun.Times(new DateOnly(2028, only == 0 ? 1 + (i / 2) : only, day), TimeSpan.FromHours(7), 19.807, 105.776);
            AssertNear($"{times[i][..2]}:{times[i][2..4]}:{times[i][4..]}", found.Sunrise!.Value);
            AssertNear($"{times[i + 1][..2]}:{times[i + 1][2..4]}:{times[i + 1][4..]}", found.Sunset!.Value);
        }
    }

    // Rise and set for the Sun for 2019 at 80° N 0° E, U.S. Naval Observatory: **** is above, ---- below the horizon all day.
    [Theory]
    [InlineData("01-01", "----")]
    [InlineData("02-20", "----")]
    [InlineData("02-22", "1052 1338")]
    [InlineData("03-01", "0902 1525")]
    [InlineData("03-20", "0555 1825")]
    [InlineData("04-05", "0314 2101")]
    [InlineData("04-11", "0146 2234")]
    [InlineData("04-14", "****")]
    [InlineData("06-21", "****")]
    [InlineData("08-29", "****")]
    [InlineData("09-01", "0129 2213")]
    [InlineData("09-23", "0533 1808")]
    [InlineData("10-10", "0806 1525")]
    [InlineData("10-20", "1029 1258")]
    [InlineData("10-22", "----")]
    [InlineData("12-31", "----")]
    public void The_naval_observatorys_table_of_80_degrees_north(string day, string expected)
    {
        var found = Sun.Times(DateOnly.ParseExact("2019-" + day, "yyyy-MM-dd", CultureInfo.InvariantCulture), TimeSpan.Zero, 80, 0);
        if (expected.Length == 4)
        {
            Assert.Equal(new SunTimes(null, null, expected == "****"), found);
            return;
        }

        // The sun goes along the horizon: a hundredth of a degree is three minutes here.
        Assert.InRange(found.Sunrise!.Value.TimeOfDay.TotalMinutes, Minutes(expected[..4]) - 3, Minutes(expected[..4]) + 3);
        Assert.InRange(found.Sunset!.Value.TimeOfDay.TotalMinutes, Minutes(expected[5..]) - 3, Minutes(expected[5..]) + 3);

        static int Minutes(string text) => (int.Parse(text[..2], CultureInfo.InvariantCulture) * 60) + int.Parse(text[2..], CultureInfo.InvariantCulture);
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
