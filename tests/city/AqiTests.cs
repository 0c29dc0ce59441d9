namespace SmartCity.City.Tests;

/// <summary>Decision 1459/QĐ-TCMT: its own worked example (2.3), the breakpoints of table 2, and the rule hour by hour.</summary>
public sealed class AqiTests
{
    [Fact]
    public void The_decisions_own_nowcast()
    {
        // 2.3.a, 20:00 back to 09:00
        double[] means = [20.6, 19.6, 22.4, 20.3, 16.5, 19.0, 16.5, 19.5, 23.5, 20.5, 24.7, 26.9];
        Assert.Equal(20.3, VnAqi.Nowcast(means), 0.05);
    }

    [Fact]
    public void The_decisions_own_hour_and_day()
    {
        Assert.Equal(43, VnAqi.Round(VnAqi.SubIndex(Pollutant.O3, 136.1)));
        Assert.Equal(41, VnAqi.Round(VnAqi.SubIndex(Pollutant.PM25, 20.3)));

        // The decision prints 60 here; its own formula gives 59.35, which no rounding to the nearest makes 60.
        Assert.Equal(59.35, VnAqi.SubIndex(Pollutant.NO2, 118.7), 0.001);
        Assert.Equal(59, VnAqi.Hourly(20.3, double.NaN, 136.1, 118.7, double.NaN, double.NaN));

        Assert.Equal(45, VnAqi.Round(VnAqi.SubIndex(Pollutant.O38h, 89.3)));
        Assert.Equal(36, VnAqi.Round(VnAqi.SubIndex(Pollutant.O3, 114.6)));
        Assert.Equal(65, VnAqi.Round(VnAqi.SubIndex(Pollutant.NO2, 130.8)));
        Assert.Equal(110, VnAqi.Round(VnAqi.SubIndex(Pollutant.PM25, 55.7)));
        Assert.Equal(110, VnAqi.Daily(55.7, double.NaN, 114.6, 89.3, 130.8, double.NaN, double.NaN));
    }

    [Theory]
    [InlineData(Pollutant.PM25, "25 50 80 150 250 350 500")]
    [InlineData(Pollutant.PM10, "50 150 250 350 420 500 600")]
    [InlineData(Pollutant.O3, "160 200 300 400 800 1000 1200")]
    [InlineData(Pollutant.NO2, "100 200 700 1200 2350 3100 3850")]
    [InlineData(Pollutant.SO2, "125 350 550 800 1600 2100 2630")]
    [InlineData(Pollutant.CO, "10000 30000 45000 60000 90000 120000 150000")]
    public void Every_breakpoint_gives_its_index_and_nothing_goes_beyond_500(Pollutant pollutant, string breakpoints)
    {
        int[] indices = [50, 100, 150, 200, 300, 400, 500];
        var values = breakpoints.Split(' ').Select(double.Parse).ToArray();
        Assert.Equal(indices, values.Select(v => VnAqi.Round(VnAqi.SubIndex(pollutant, v))));
        Assert.Equal(500, VnAqi.SubIndex(pollutant, values[^1] * 10));
        Assert.Equal(0, VnAqi.SubIndex(pollutant, 0));
        Assert.True(double.IsNaN(VnAqi.SubIndex(pollutant, double.NaN)));
    }

    [Fact]
    public void Ozone_over_400_in_eight_hours_counts_by_its_one_hour_maximum_only()
    {
        Assert.Equal(300, VnAqi.SubIndex(Pollutant.O38h, 400));
        Assert.True(double.IsNaN(VnAqi.SubIndex(Pollutant.O38h, 400.1)));
        Assert.Equal(200, VnAqi.Daily(10, 10, 400, 450, 0, 0, 0));
    }

    [Fact]
    public void Nowcast_needs_two_of_the_last_three_hours_and_gives_missing_hours_no_weight()
    {
        var no = double.NaN;
        Assert.True(double.IsNaN(VnAqi.Nowcast([40, no, no, 40, 40, 40])));
        Assert.True(double.IsNaN(VnAqi.Nowcast([])));
        Assert.Equal(40, VnAqi.Nowcast([40, no, 40]), 1e-9);
        Assert.Equal(0, VnAqi.Nowcast([0, 0, 0]));

        // w = 30/40: (40 + 0.75²·30) / (1 + 0.75²)
        Assert.Equal((40 + (0.5625 * 30)) / 1.5625, VnAqi.Nowcast([40, no, 30]), 1e-9);

        // w = ½ at most: ½·100 + ¼·10 + ⅛·20, not divided by the weights
        Assert.Equal(55, VnAqi.Nowcast([100, 10, 20]), 1e-9);
        Assert.Equal(45, VnAqi.Nowcast([80, 20, no, no]), 1e-9);
    }

    [Fact]
    public void Without_particles_there_is_no_index()
    {
        Assert.Equal(-1, VnAqi.Hourly(double.NaN, double.NaN, 900, 900, 900, 900));
        Assert.Equal(100, VnAqi.Hourly(double.NaN, 150, double.NaN, double.NaN, double.NaN, double.NaN));
    }

    [Fact]
    public void Bands_have_the_decisions_names_and_colours()
    {
        Assert.Equal(["Tốt", "Trung bình", "Kém", "Xấu", "Rất xấu", "Nguy hại"], VnAqi.Bands.Select(b => b.Title.Vi));
        Assert.Equal([0, 1, 1, 2, 3, 4, 5, 5], new[] { 50, 51, 100, 150, 151, 300, 301, 500 }.Select(VnAqi.BandOf));
        Assert.Equal((126, 0, 35), (VnAqi.Bands[5].Red, VnAqi.Bands[5].Green, VnAqi.Bands[5].Blue));
    }

    [Fact]
    public void A_station_is_judged_hour_by_hour_and_its_alert_follows_the_band()
    {
        var station = Bench.Of("environment_station");
        double[] hours = [20, 20, 100, 300, 300, 100, 40, 20, 20, 20];
        for (var minute = 0; minute < hours.Length * 60; minute++)
        {
            station.Read(minute * 60, ("pm2_5_ug_m3", hours[minute / 60]));
        }

        // Nowcast with w = ½: at 04:00 300/2 + 100/4 + 20/8 + 20/16 = 178.75, index 229; at 07:00 105, index 168; at 08:00 62, index 121.
        Assert.Equal(
            ["Raised raised 14400", "Cleared cleared 28800"],
            station.Story.Where(s => !s.StartsWith("Updated", StringComparison.Ordinal)));
        var first = station.Changes[0];
        Assert.Equal((229, 151, "air", Severity.Major), (first.Value, first.Threshold, first.Kind, first.Severity));
        Assert.Contains("Very bad (Rất xấu)", first.Detail, StringComparison.Ordinal);
        Assert.All(station.Changes, c => Assert.Equal(first.AlertId, c.AlertId));
        Assert.Equal(new[] { 4, 3 }, station.Changes.Where(c => c.What != AlertChangeKind.Cleared).Select(c => VnAqi.BandOf((int)c.Value!)).Distinct());
        Assert.Equal(82, station.Derived("vn_aqi")); // at 09:00: 41.2 µg/m³
        Assert.Equal(82, station.Derived("vn_aqi_pm25"));
        Assert.True(double.IsNaN(station.Derived("vn_aqi_co"))); // not measured
    }

    [Fact]
    public void The_parts_of_the_index_are_kept_beside_it()
    {
        var station = Bench.Of("environment_station");
        for (var minute = 0; minute <= 180; minute++)
        {
            station.Read(
                minute * 60, ("pm2_5_ug_m3", 2000), ("pm10_ug_m3", 50), ("o3_ug_m3", 160), ("no2_ug_m3", 0), ("so2_ug_m3", 2630), ("co_ug_m3", 30_000));
        }

        Assert.Equal(500, station.Derived("vn_aqi"));
        Assert.Equal(
            [500, 50, 50, 0, 500, 100], new[] { "pm25", "pm10", "o3", "no2", "so2", "co" }.Select(p => station.Derived("vn_aqi_" + p)));
    }

    [Fact]
    public void An_hour_with_too_little_data_has_no_mean_and_a_gap_no_memory()
    {
        var station = Bench.Of("environment_station");
        for (var minute = 0; minute < 180; minute++)
        {
            // from the second hour on readings stop after 40 minutes: 8 of 12 parts, less than three quarters
            if (minute < 60 || minute % 60 < 40)
            {
                station.Read(minute * 60, ("pm2_5_ug_m3", 400));
            }
        }

        station.Read(180 * 60, ("pm2_5_ug_m3", 400));
        Assert.Empty(station.Changes);
        Assert.True(double.IsNaN(station.Derived("vn_aqi")));
        station.Read(30 * 3600, ("pm2_5_ug_m3", 400));
        Assert.Empty(station.Changes);
    }

    [Fact]
    public void Hours_are_those_of_the_city()
    {
        var kind = KindCatalog.BuiltIn.Find("environment_station")!;
        var station = new Bench(kind, new DeviceContext(kind, "st", "z") { UtcOffset = new TimeSpan(5, 30, 0) });
        for (var minute = 0; minute <= 240; minute++)
        {
            station.Read(minute * 60, ("pm2_5_ug_m3", 200));
        }

        // Local midnight of UTC+7 is 22:30 at UTC+5:30: hours end at half past.
        Assert.Equal(Bench.At(9000), station.Changes[0].MeasuredAt);
    }
}
