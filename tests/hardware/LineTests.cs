using System.Collections.Concurrent;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Hardware.Tests.Support;

namespace SmartCity.Hardware.Tests;

/// <summary>Drivers on GPIO lines, PWM and serial lines over the kernel's devices, with the byte streams of the datasheets.</summary>
public sealed class LineTests : IDisposable
{
    /// <summary>DYP-A02YYUW, the manual's example: 1,953 mm.</summary>
    private static readonly byte[] Echo = [0xff, 0x07, 0xa1, 0xa7];

    /// <summary>SDS011, the example of its control protocol V1.3: 123.6 and 261.8 µg/m³.</summary>
    private static readonly byte[] Dust = [0xaa, 0xc0, 0xd4, 0x04, 0x3a, 0x0a, 0xa1, 0x60, 0x1d, 0xab];

    /// <summary>PZEM-004T, the manual's example (section 2.3) with its CRC: 220.0 V, 1.000 A, 220.0 W, 0 Wh, 50.0 Hz, 1.00.</summary>
    private static readonly byte[] Meter = Sealed("010414089803E80000089800000000000001F400640000");

    private readonly LinuxBoard _board = Boards.Linux();

    /// <inheritdoc/>
    public void Dispose() => _board.Dispose();

    [GuestFact]
    public async Task A_contact_calls_at_once_and_measures()
    {
        using var gpio = new SimulatedGpio(4);
        await using var contact = Part.Make(_board, "contact", ("chip", gpio.Chip), ("line", "1"), ("metric", "cover_open"), ("debounce", "0ms"));
        using var called = new BlockingCollection<long>();
        contact.Attention = called.Add;
        await contact.StartAsync();
        Assert.Equal(0, (await contact.MeasureAsync())["cover_open"]);
        var before = TimeProvider.System.GetTimestamp();
        gpio.Pull(1, up: true);
        var after = TimeProvider.System.GetTimestamp();
        Assert.True(called.TryTake(out var at, TimeSpan.FromSeconds(20)));
        Assert.InRange(at, before, after);
        Assert.Equal(1, (await contact.MeasureAsync())["cover_open"]);
    }

    [GuestFact]
    public async Task A_rain_gauge_counts_its_tips()
    {
        using var gpio = new SimulatedGpio(4);
        var state = Directory.CreateTempSubdirectory("rain");
        await using var gauge = Part.Make(
            new DriverContext(_board, TimeProvider.System, state.FullName),
            "rain-gauge", ("chip", gpio.Chip), ("line", "0"), ("mm", "0.2"), ("debounce", "0ms"), ("gap", "150ms"));
        using var tips = new SemaphoreSlim(0);
        gauge.Attention = _ => tips.Release();
        await gauge.StartAsync();
        for (var tip = 0; tip < 3; tip++)
        {
            gpio.Pull(0, up: true);
            await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
            gpio.Pull(0, up: false);
            await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        }

        Assert.Equal(0.6, (await gauge.MeasureAsync())["rain_total_mm"], 1e-9);
    }

    [GuestFact]
    public async Task A_relay_switches_and_reads_back()
    {
        using var gpio = new SimulatedGpio(4);
        await using var relay = (OutputDriver)Part.Make(_board, "relay", ("chip", gpio.Chip), ("line", "2"), ("activeLow", "true"));
        await relay.StartAsync();
        Assert.True(gpio.Level(2));
        await relay.SetAsync(100, TestContext.Current.CancellationToken);
        Assert.False(gpio.Level(2));
        Assert.Equal(100, await relay.FeedbackAsync(TestContext.Current.CancellationToken));
    }

    [GuestFact]
    public async Task Pwm_dims_a_lamp()
    {
        await using var lamp = (OutputDriver)Part.Make(_board, "pwm", ("pwm", "0"), ("channel", "0"), ("frequency", "1000"));
        await lamp.StartAsync();
        await lamp.SetAsync(40, TestContext.Current.CancellationToken);
        Assert.Equal("400000", (await File.ReadAllTextAsync("/sys/class/pwm/pwmchip0/pwm0/duty_cycle", TestContext.Current.CancellationToken)).Trim());
        Assert.Equal(40, await lamp.FeedbackAsync(TestContext.Current.CancellationToken), 1e-6);
    }

    [GuestFact]
    public async Task An_ultrasonic_sensor_is_heard_through_broken_frames()
    {
        using var pty = new Pty();
        await using var level = Part.Make(_board, "a02yyuw", ("port", pty.Path), ("mount", "5"));
        await level.StartAsync();

        // Cut off, with a wrong sum, with a header inside another frame, and right.
        await using var far = Far.Saying(pty.Device, [0xff, 0x07], [0xff, 0x07, 0xa1, 0xa8], [0xff, 0xff, .. Echo], [0x00, 0x11, 0x13, 0x0d], Echo);
        Assert.Equal(3.047, (await level.MeasureAsync())["water_level_m"], 1e-9);
    }

    [GuestFact]
    public async Task Nothing_but_broken_frames_is_a_fault_by_its_name()
    {
        using var pty = new Pty();
        await using var dust = Part.Make(_board, "sds011", ("port", pty.Path));
        await dust.StartAsync();
        byte[] wrong = [.. Dust];
        wrong[3] ^= 0x01;
        await using (Far.Saying(pty.Device, wrong))
        {
            await dust.FaultAsync(DeviceFault.Checksum);
        }

        await using (Far.Saying(pty.Device, Dust[..7]))
        {
            await dust.FaultAsync(DeviceFault.Frame);
        }

        await dust.FaultAsync(DeviceFault.NoAnswer);
    }

    [GuestFact]
    public async Task A_dust_sensor_warms_up_and_measures_the_example_of_its_protocol()
    {
        using var pty = new Pty();
        var time = new ShiftedTime();
        await using var dust = Part.Make(new DriverContext(_board, time), "sds011", ("port", pty.Path));
        await dust.StartAsync();
        await using var far = Far.Saying(pty.Device, Dust);
        await dust.FaultAsync(DeviceFault.WarmingUp);
        time.Shift = TimeSpan.FromSeconds(31);
        var values = await dust.MeasureAsync();
        Assert.Equal(123.6, values["pm2_5_ug_m3"]);
        Assert.Equal(261.8, values["pm10_ug_m3"]);
    }

    [GuestFact]
    public async Task A_meter_answers_over_the_cable_and_a_broken_answer_is_asked_for_again()
    {
        using var there = Boards.Linux();
        var device = there.OpenSerial(new SerialSettings("/dev/ttyS3", 9600));
        byte[] wrong = [.. Meter];
        wrong[4] ^= 0x10;
        await using var far = Far.Answering(device, 8, wrong, Meter);
        await using var meter = Part.Make(_board, "pzem004t", ("port", "/dev/ttyS2"), ("unit", "1"), ("timeout", "2s"));
        await meter.StartAsync();
        var values = await meter.MeasureAsync();
        Assert.Equal(220, values["voltage_v"]);
        Assert.Equal(1, values["current_a"]);
        Assert.Equal(50, values["frequency_hz"]);
    }

    [GuestFact]
    public async Task A_meter_that_is_cut_off_is_told()
    {
        using var dead = new Pty();
        await using var silent = Part.Make(_board, "pzem004t", ("port", dead.Path), ("unit", "1"), ("timeout", "200ms"), ("retries", "1"));
        await silent.StartAsync();
        await silent.FaultAsync(DeviceFault.NoAnswer);

        using var pty = new Pty();
        await using var far = Far.Answering(pty.Device, 8, Meter[..9]);
        await using var meter = Part.Make(_board, "pzem004t", ("port", pty.Path), ("unit", "1"), ("timeout", "2s"), ("retries", "1"));
        await meter.StartAsync();
        await meter.FaultAsync(DeviceFault.Frame);
    }

    private static byte[] Sealed(string hex)
    {
        // CRC-16/MODBUS, written out here so that the test does not ask the code under test.
        var bytes = Convert.FromHexString(hex);
        var crc = 0xffff;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xa001 : crc >> 1;
            }
        }

        return [.. bytes, (byte)crc, (byte)(crc >> 8)];
    }

    /// <summary>The system's clock, set forward.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Shift.TotalSeconds * TimestampFrequency);
    }
}
