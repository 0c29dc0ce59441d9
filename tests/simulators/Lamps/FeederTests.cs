using SmartCity.City;
using SmartCity.Edge.Drivers.I2c;
using SmartCity.Simulators.Chips.Lines;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;
using SmartCity.Simulators.Wiring;
using SmartCity.TestSupport;

namespace SmartCity.Simulators.Tests.Lamps;

/// <summary>A cabinet and its lamps are one circuit: what the meters say fits together, with mains and without.</summary>
public sealed class FeederTests
{
    private const int Lamps = 12;

    private readonly FakeTime _time = new(new DateTimeOffset(2026, 9, 1, 6, 0, 0, TimeSpan.Zero));
    private readonly ScenarioBoard _board = new();

    [Fact]
    public void The_cabinet_measures_the_sum_of_its_lamps_its_cable_and_itself()
    {
        var (wiring, cabinet, lamps) = Wire();
        foreach (var level in (double[])[0, 40, 100])
        {
            Dim(wiring, level);
            var sum = lamps.Sum(l => l.Lamp!.Now().Watts);
            var feeder = wiring.Feeder.Now();
            Assert.InRange(feeder.Watts - sum, wiring.Feeder.Standing, wiring.Feeder.Standing + (0.013 * sum));
            Assert.InRange(cabinet.Value("power_w"), feeder.Watts * 0.989, feeder.Watts * 1.011);
            Assert.InRange(cabinet.Value("current_a") * cabinet.Value("voltage_v"), feeder.Watts, feeder.Watts * 1.9);
        }
    }

    [Fact]
    public void Energy_is_power_times_time_at_the_lamps_and_at_the_cabinet()
    {
        var (wiring, cabinet, lamps) = Wire();
        Dim(wiring, 100);
        wiring.Feeder.Now();
        var (lamp, whole) = (lamps[0].Value("energy_kwh"), cabinet.Value("energy_kwh"));
        var watts = lamps[0].Lamp!.Now().Watts;
        var total = wiring.Feeder.Now().Watts;
        for (var second = 0; second < 1_800; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            wiring.Feeder.Now();
        }

        Assert.Equal(watts / 2_000, lamps[0].Value("energy_kwh") - lamp, watts / 2_000 * 0.006);
        Assert.Equal(total / 2_000, cabinet.Value("energy_kwh") - whole, total / 2_000 * 0.006);
    }

    [Fact]
    public void Without_mains_the_lamps_are_dark_the_poles_do_not_answer_and_the_cabinet_says_zero()
    {
        var (wiring, cabinet, lamps) = Wire();
        Dim(wiring, 100);
        wiring.Feeder.Cut = true;
        Assert.All(lamps, l => Assert.Equal(0, l.Lamp!.Now().Watts));
        Assert.All(lamps, l => Assert.All(l.Units, u => Assert.True(u.Absent)));
        Assert.All((string[])["voltage_v", "current_a", "power_w", "frequency_hz", "leakage_ma"], m => Assert.Equal(0, cabinet.Value(m)));
        Assert.All(cabinet.Units, u => Assert.False(u.Absent));
        Assert.InRange(cabinet.Value("temperature_celsius"), 10, 60);

        wiring.Feeder.Cut = false;
        Assert.All(lamps, l => Assert.InRange(l.Lamp!.Now().Watts, 70, 155));
        Assert.All(lamps, l => Assert.All(l.Units, u => Assert.False(u.Absent)));
    }

    [Fact]
    public void Meters_in_the_cabinet_say_zero_without_mains_where_those_at_the_poles_are_silent()
    {
        var (wiring, _, lamps) = Wire(metersInCabinet: true);
        Dim(wiring, 100);
        Assert.InRange(Float(lamps[0].Units[0], 4), 70, 155);
        wiring.Feeder.Cut = true;
        Assert.False(lamps[0].Units[0].Absent);
        Assert.Equal(0, Float(lamps[0].Units[0], 0));
        Assert.Equal(0, Float(lamps[0].Units[0], 4));
        Assert.True(lamps[0].Units[1].Absent, "the controller at the pole has no mains");
    }

    [Fact]
    public void A_meter_wavers_by_half_a_percent_around_its_own_error_and_a_lying_one_says_no_power()
    {
        var (wiring, cabinet, lamps) = Wire();
        Dim(wiring, 100);
        var watts = lamps[0].Lamp!.Now().Watts;
        var said = new List<double>();
        for (var second = 0; second < 100; second++)
        {
            said.Add(lamps[0].Value("power_w") / watts);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(said.Distinct().Count() > 50, "it wavers");
        Assert.All(said, s => Assert.InRange(s, 0.989, 1.011));
        Assert.InRange(said.Max() - said.Min(), 0.004, 0.0101);

        wiring.Feeder.Now();
        var (before, counted) = (cabinet.Value("power_w"), lamps[0].Value("energy_kwh"));
        lamps[0].Meter!.Lies = true;
        Assert.Equal(0, lamps[0].Value("power_w"));
        Assert.InRange(lamps[0].Value("current_a"), 0.25, 0.75);
        Assert.InRange(lamps[0].Value("voltage_v"), 200, 240);
        Assert.Equal(before, cabinet.Value("power_w"), before * 0.011);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(counted, lamps[0].Value("energy_kwh"));
    }

    [Fact]
    public void Counters_go_on_where_the_last_run_left_them_and_never_fall()
    {
        var (wiring, cabinet, lamps) = Wire();
        Dim(wiring, 100);
        wiring.Feeder.Now();
        _time.Advance(TimeSpan.FromDays(3));
        wiring.Feeder.Now();
        var file = Path.Combine(Directory.CreateTempSubdirectory("counters").FullName, "counters");
        try
        {
            CounterFile.Write(file, [.. lamps, cabinet]);
            var left = CounterFile.Read(file);
            Assert.Equal(Lamps + 1, left.Count);
            var before = lamps[0].Lamp!.Now();
            _time.Advance(TimeSpan.FromDays(-3));
            var (_, cabinetAgain, lampsAgain) = Wire(left: left);
            Assert.Equal((before.EnergyKwh, before.BurningHours, before.SwitchOns), Of(lampsAgain[0].Lamp!.Now()));
            Assert.Equal(left["cabinet-1"].EnergyKwh, cabinetAgain.Value("energy_kwh"), 6);
            File.WriteAllText(file, "lamp-0 x 1 2\nlamp-1 1\n\nlamp-2 NaN 1 1\n");
            Assert.Empty(CounterFile.Read(file));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }

        static (double, double, double) Of(LampState state) => (state.EnergyKwh, state.BurningHours, state.SwitchOns);
    }

    private static double Float(SimModbusSlave unit, int first)
    {
        Span<ushort> words = stackalloc ushort[2];
        Assert.True(unit.Read(input: false, first, words));
        return BitConverter.Int32BitsToSingle((words[0] << 16) | words[1]);
    }

    /// <summary>Through the registers of the chip whose pins the lamps' dimming inputs are.</summary>
    private static void Dim(GatewayWiring wiring, double percent)
    {
        using var chip = wiring.Board.OpenI2c(1, 0x40);
        Span<byte> registers = stackalloc byte[5];
        chip.Write([0, 0x20]);
        for (var channel = 0; channel < Lamps; channel++)
        {
            registers[0] = (byte)(6 + (4 * channel));
            Pca9685.Encode((int)Math.Round(percent / 100 * Pca9685.Steps), registers[1..]);
            chip.Write(registers);
        }
    }

    private (GatewayWiring Wiring, SimDevice Cabinet, List<SimDevice> Lamps) Wire(
        bool metersInCabinet = false, IReadOnlyDictionary<string, Counters>? left = null)
    {
        var wiring = new GatewayWiring(_time) { MetersInCabinet = metersInCabinet };
        var cabinet = Device("cabinet-1", KindNames.PowerCabinet);
        cabinet.Left = left?.GetValueOrDefault(cabinet.Plan.Id);
        _ = DeviceWiring.Wire(wiring, cabinet).ToList();
        var lamps = Enumerable.Range(0, Lamps).Select(n => Device($"lamp-{n}", KindNames.Streetlight)).ToList();
        foreach (var lamp in lamps)
        {
            lamp.Left = left?.GetValueOrDefault(lamp.Plan.Id);
            _ = DeviceWiring.Wire(wiring, lamp).ToList();
        }

        return (wiring, cabinet, lamps);
    }

    private SimDevice Device(string id, string kind) =>
        new(new PlanDevice(id, id, kind, "gw", null, null, new GeoPoint(19.8, 105.78)), KindCatalog.BuiltIn.Find(kind)!, 1, _board, _time);
}
