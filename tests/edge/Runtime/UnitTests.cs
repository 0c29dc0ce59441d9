using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Tests.Runtime;

public sealed class UnitTests
{
    private const string T = "temperature_celsius";
    private const string H = "relative_humidity_percent";

    /// <summary>Interval, poll, dead-band; a value a second; the lines of eleven seconds.</summary>
    [Theory]
    [InlineData(5, null, null, "0 1 2 3 4 5 6 7 8 9 10", "0=0 5=5 10=10")]
    [InlineData(5, 1, null, "0 1 2 3 4 5 6 7 8 9 10", "0=0 5=5 10=10")]
    [InlineData(5, 1, 1.0, "0 0 2 2 2 2 2 2 2 2 2", "0=0 2=2 5=2 10=2")]
    [InlineData(5, 1, 1.0, "0 1 1 1 1 1 1 1 1 1 1", "0=0 5=1 10=1")] // by more than the band, not by the band
    [InlineData(5, 1, 1.0, "0 0.6 1.2 1.8 2.4 3 3.6 3.6 3.6 3.6 3.6", "0=0 2=1.2 4=2.4 5=3 8=3.6 10=3.6")] // against what was reported, not the last look
    [InlineData(5, 2, 0.0, "0 1 1 1 2 2 3 3 3 3 3", "0=0 2=1 4=2 5=2 6=3 10=3")]
    public async Task Readings_are_logged_by_interval_and_by_change(int interval, int? poll, double? band, string values, string expected)
    {
        var script = values.Split(' ').Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        UnitRig? rig = null;
        var part = Scripted.Of(T, () => script[(int)Math.Round((rig!.Time.GetUtcNow() - new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds)]);
        rig = new UnitRig(band is { } b ? UnitRig.Station(interval, poll, (T, b)) : UnitRig.Station(interval, poll), part);
        await using var _ = rig;
        rig.Unit.Start();
        for (var i = 0; i < 10; i++)
        {
            rig.Advance(1);
        }

        var lines = rig.Lines.Select(l => l.Split(' ')).Select(p => $"{p[0]}={p[2].Split('=')[1]}").ToList();

        // The last case polls between whole seconds of its script: what it sees is the script all the same.
        Assert.Equal(expected.Split(' ').Where(e => e != "8=3.6"), lines);
        Assert.Equal("0 fault_code=0", string.Join(' ', rig.Lines[0].Split(' ').Take(2)));
    }

    [Fact]
    public async Task A_pause_makes_no_burst_and_the_rhythm_keeps_its_place()
    {
        var part = Scripted.Of(T, () => 20);
        await using var rig = new UnitRig(UnitRig.Station(10), part);
        rig.Unit.Start();
        rig.Time.StepTo(rig.Time.GetUtcNow().AddSeconds(47)); // the machine was suspended: no timer fired
        rig.Advance(0);
        rig.Advance(10);
        Assert.Equal([0.0, 47, 50], rig.Lines.Select(l => double.Parse(l.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Parts_become_one_reading_and_a_slow_one_is_waited_for()
    {
        var slow = new TaskCompletionSource();
        var second = new Scripted
        {
            OnMeasure = async (m, _) =>
            {
                await slow.Task;
                m.Add(H, 60);
            },
        };
        await using var rig = new UnitRig(UnitRig.Station(), Scripted.Of(T, () => 20), second);
        rig.Unit.Start();
        Assert.Empty(rig.Lines);
        slow.SetResult();
        Assert.Equal([$"0 fault_code=0 {H}=60 {T}=20"], rig.Lines);
    }

    [Fact]
    public async Task A_faulty_part_is_told_beside_what_the_others_measure_and_heals()
    {
        var broken = true;
        var part = new Scripted
        {
            OnMeasure = (m, _) => broken ? throw new DriverException(DeviceFault.Checksum, "crc") : Scripted.Give(m, H, 55),
        };
        await using var rig = new UnitRig(UnitRig.Station(), Scripted.Of(T, () => 20), part);
        rig.Unit.Start();
        Assert.Equal([$"0 fault_code=3 {T}=20"], rig.Lines);
        Assert.Equal((DeviceFault.Checksum, "crc"), (rig.Unit.Fault, rig.Unit.FaultWords));
        rig.Advance(10);
        Assert.Equal($"10 fault_code=3 {T}=20", rig.Lines[^1]);
        Assert.Equal(2, rig.Lines.Count);

        // Tried at 1, 3, 7 s, next at 15: it heals there, and that is a change.
        broken = false;
        rig.Advance(4);
        Assert.Equal(2, rig.Lines.Count);
        rig.Advance(1);
        Assert.Equal($"15 fault_code=0 {H}=55", rig.Lines[^1]);
        Assert.Equal(DeviceFault.None, rig.Unit.Fault);
        rig.Advance(5);
        Assert.Equal($"20 fault_code=0 {H}=55 {T}=20", rig.Lines[^1]);
        Assert.Equal(5, part.Starts);
    }

    [Fact]
    public async Task A_part_that_cannot_be_started_is_tried_again_after_1_2_4_and_at_last_60_seconds()
    {
        var tries = new List<double>();
        UnitRig? rig = null;
        var part = new Scripted();
        var start = DateTimeOffset.MinValue;
        part.OnStart = _ =>
        {
            tries.Add((rig!.Time.GetUtcNow() - start).TotalSeconds);
            throw new BusException(BusFault.Denied, "join the group i2c");
        };
        rig = new UnitRig(UnitRig.Station(3_600), part);
        await using var _ = rig;
        start = rig.Time.GetUtcNow();
        rig.Unit.Start();
        rig.Advance(250);
        Assert.Equal([0.0, 1, 3, 7, 15, 31, 63, 123, 183, 243], tries);
        Assert.Equal(["0 fault_code=12"], rig.Lines);
        Assert.Equal(0, part.Measurements);
    }

    [Theory]
    [InlineData(BusFault.NoAnswer, 1)]
    [InlineData(BusFault.Timeout, 1)]
    [InlineData(BusFault.Broken, 2)]
    [InlineData(BusFault.Failed, 2)]
    [InlineData(BusFault.Missing, 12)]
    [InlineData(BusFault.Denied, 12)]
    [InlineData(BusFault.Busy, 12)]
    [InlineData(BusFault.Unsupported, 12)]
    internal async Task A_bus_s_fault_is_the_device_s(BusFault bus, int code)
    {
        var part = new Scripted { OnMeasure = (_, _) => throw new BusException(bus, "words") };
        await using var rig = new UnitRig(UnitRig.Station(), part);
        rig.Unit.Start();
        Assert.Equal([$"0 fault_code={code}"], rig.Lines);
    }

    [Fact]
    public async Task A_part_that_hangs_is_cancelled_and_delays_nobody()
    {
        var cancelled = false;
        var hang = new TaskCompletionSource();
        var part = new Scripted
        {
            OnMeasure = async (m, cancel) =>
            {
                using var _ = cancel.Register(() => cancelled = true);
                await hang.Task;
                m.Add(H, 99); // too late: nobody wants it any more
            },
        };
        await using var rig = new UnitRig(UnitRig.Station(60, 1, (T, 0.5)), Scripted.Of(T, () => rig0Seconds), part);
        rig.Unit.Start();
        rig.Advance(29);
        Assert.Empty(rig.Lines); // the round waits for it
        rig.Advance(1);
        Assert.True(cancelled);
        Assert.StartsWith("30 fault_code=1 temperature_celsius", rig.Lines[^1], StringComparison.Ordinal);
        Assert.Contains("no answer within 30 s", rig.Unit.FaultWords, StringComparison.Ordinal);
        rig.Advance(30);
        Assert.Contains(rig.Lines, l => l.StartsWith("60 fault_code=1 temp", StringComparison.Ordinal));
        Assert.Equal(1, part.Measurements);

        // It ends after all: its value is dropped, and it is started anew.
        part.OnMeasure = (m, _) => Scripted.Give(m, H, 50);
        hang.SetResult();
        rig.Advance(1);
        Assert.Equal(2, part.Starts);
        Assert.Contains("fault_code=0", rig.Lines[^1], StringComparison.Ordinal);
        Assert.Contains($"{H}=50", rig.Lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Lines, l => l.Contains("=99", StringComparison.Ordinal));
    }

    private const double rig0Seconds = 20;

    [Fact]
    public async Task What_a_part_cannot_wait_with_is_logged_at_once_with_the_stamp_of_the_event()
    {
        var pressed = 0.0;
        var contact = Scripted.Of("pressed", () => pressed);
        await using var rig = new UnitRig(new DeviceConfig("call-1", "manual_call_point"), contact);
        rig.Unit.Start();
        rig.Advance(7.5);
        pressed = 1;
        var at = rig.Time.GetTimestamp() - 1_000; // 100 µs ago, as the kernel stamped it
        contact.Attention!(at);
        Assert.Equal(at, rig.Stamps[^1]);
        Assert.EndsWith("fault_code=0 pressed=1", rig.Lines[^1], StringComparison.Ordinal);

        // Another event, stamped before that line: it is logged after it, a microsecond later.
        pressed = 0;
        contact.Attention!(at - 50);
        Assert.Equal(at + 10, rig.Stamps[^1]);
        Assert.EndsWith("pressed=0", rig.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_during_a_slow_part_s_call_does_not_wait_for_it()
    {
        var slow = new TaskCompletionSource();
        var loop = 0.0;
        var contact = Scripted.Of("loop_state", () => loop);
        var thermometer = new Scripted
        {
            OnMeasure = async (m, _) =>
            {
                await slow.Task;
                m.Add(T, 25);
            },
        };
        await using var rig = new UnitRig(new DeviceConfig("fire-1", "fire_detector"), contact, thermometer);
        rig.Unit.Start();
        rig.Advance(0.2);
        loop = 1;
        contact.Attention!(rig.Time.GetTimestamp());
        Assert.Equal("0.2 fault_code=0 loop_state=1", rig.Lines[^1]);
        rig.Advance(0.3);
        slow.SetResult();
        Assert.Equal($"0.5 fault_code=0 {T}=25", rig.Lines[^1]); // the loop's state was logged already
    }

    [Fact]
    public async Task A_value_that_the_kind_cannot_have_is_a_fault_and_nothing_of_it_is_logged()
    {
        var part = new Scripted
        {
            OnMeasure = (m, _) =>
            {
                m.Add(H, 50);
                return Scripted.Give(m, T, 71);
            },
        };
        await using var rig = new UnitRig(UnitRig.Station(), part);
        rig.Unit.Start();
        Assert.Equal(["0 fault_code=5"], rig.Lines);
        Assert.Contains("temperature_celsius 71 °C is outside -40 … 70", rig.Unit.FaultWords, StringComparison.Ordinal);
        Assert.Equal(1, part.Starts);
        Assert.Empty(rig.Unit.Values());
    }

    [Fact]
    public async Task A_part_is_not_measured_more_often_than_its_datasheet_allows()
    {
        var slow = new Scripted { Minimum = TimeSpan.FromSeconds(5), OnMeasure = (m, _) => Scripted.Give(m, H, 50) };
        await using var rig = new UnitRig(UnitRig.Station(2), Scripted.Of(T, () => 20), slow);
        rig.Unit.Start();
        rig.Advance(10);
        Assert.Equal(3, slow.Measurements);
        Assert.Equal(["0", "2", "4", "6", "8", "10"], rig.Lines.Where(l => l.Contains(T, StringComparison.Ordinal)).Select(l => l.Split(' ')[0]));
        Assert.Equal(["0", "5", "10"], rig.Lines.Where(l => l.Contains(H, StringComparison.Ordinal)).Select(l => l.Split(' ')[0]));
    }

    [Fact]
    public async Task What_is_asked_for_soon_is_measured_by_the_parts_that_have_it_and_the_others_keep_their_rhythm()
    {
        var warm = Scripted.Of("temperature_celsius", () => 20);
        var loud = Scripted.Of("noise_db", () => 50);
        await using var rig = new UnitRig(UnitRig.Station(interval: 60), warm, loud);
        rig.Unit.Start();
        rig.Advance(5);
        rig.Unit.MeasureSoon("temperature_celsius", "no such metric");
        Assert.Equal((2, 1), (warm.Measurements, loud.Measurements));
        Assert.Equal("5 fault_code=0 temperature_celsius=20", rig.Lines[^1]);
        rig.Unit.MeasureSoon();
        Assert.Equal((3, 2), (warm.Measurements, loud.Measurements));
        rig.Advance(60);
        Assert.Equal((4, 3), (warm.Measurements, loud.Measurements));

        // One that has never measured may be the one that is meant.
        var mute = new Scripted();
        await using var silent = new UnitRig(UnitRig.Station(interval: 60), mute);
        silent.Unit.Start();
        silent.Unit.MeasureSoon("temperature_celsius");
        Assert.Equal(2, mute.Measurements);
    }

    [Fact]
    public async Task A_log_without_room_is_told_once_and_what_changed_is_measured_again()
    {
        await using var rig = new UnitRig(UnitRig.Station(60), Scripted.Of(T, () => 20));
        rig.Full = true;
        rig.Unit.Start();
        rig.Advance(5);
        rig.Full = false;
        rig.Advance(1);
        Assert.Equal([$"6 fault_code=0 {T}=20"], rig.Lines);
        Assert.Equal(["env-1: the log has no room; readings are not kept until it has", "env-1: the log has room again"], rig.Notices);
        rig.Advance(54);
        Assert.StartsWith("60 ", rig.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(2, rig.Lines.Count);
    }

    [Fact]
    public async Task Warm_up_is_no_fault_that_restarts_a_sensor()
    {
        var ready = false;
        var part = new Scripted { OnMeasure = (m, _) => ready ? Scripted.Give(m, T, 20) : throw new DriverException(DeviceFault.WarmingUp, "30 s") };
        await using var rig = new UnitRig(UnitRig.Station(60), part);
        rig.Unit.Start();
        rig.Advance(28);
        ready = true;
        rig.Advance(2);
        Assert.Equal(["0 fault_code=7", $"30 fault_code=0 {T}=20"], rig.Lines);
        Assert.Equal(1, part.Starts);
    }

    [Fact]
    public async Task A_self_test_starts_every_part_again_and_says_what_each_of_them_said()
    {
        var bad = new Scripted { OnStart = _ => throw new DriverException(DeviceFault.WrongChip, "chip id 0x58") };
        var good = Scripted.Of(T, () => 20);
        await using var rig = new UnitRig(UnitRig.Station(60), good, bad);
        rig.Unit.Start();
        var results = await rig.Unit.SelfTestAsync(default);
        Assert.Equal([(DeviceFault.None, (string?)null), (DeviceFault.WrongChip, "chip id 0x58")], results.Select(r => (r.Fault, r.Words)));
        Assert.Equal((2, 2), (good.Starts, bad.Starts));
    }

    [Fact]
    public async Task What_a_driver_throws_never_ends_its_device()
    {
        var broken = true;
        var part = new Scripted { OnMeasure = (m, _) => Scripted.Give(m, T, broken ? double.NaN : 20) };
        await using var rig = new UnitRig(UnitRig.Station(60), part);
        rig.Unit.Start();
        broken = false;
        rig.Advance(1);
        Assert.Equal(["0 fault_code=4", $"1 fault_code=0 {T}=20"], rig.Lines);
    }

    [Fact]
    public async Task A_metric_that_the_kind_has_not_is_told_once()
    {
        await using var rig = new UnitRig(UnitRig.Station(1), Scripted.Of("ozone_smell", () => 4));
        rig.Unit.Start();
        rig.Advance(5);
        Assert.Empty(rig.Lines);
        Assert.Contains("measures 'ozone_smell', which the kind environment_station has not", Assert.Single(rig.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fire_device_is_looked_at_every_ten_seconds_and_reports_by_its_interval()
    {
        var heat = Scripted.Of(T, () => 25);
        await using var rig = new UnitRig(new DeviceConfig("heat-1", "fire_detector"), heat);
        rig.Unit.Start();
        rig.Advance(59);
        Assert.Equal(6, heat.Measurements);
        Assert.Single(rig.Lines);
    }
}
