using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Hardware.Tests.Support;

namespace SmartCity.Hardware.Tests;

/// <summary>Drivers of chips on I²C and 1-Wire over the kernel's devices. Registers are set and looked at with the kernel's tools, never by our code.</summary>
public sealed class ChipTests : IDisposable
{
    private readonly LinuxBoard _board = Boards.Linux();

    /// <inheritdoc/>
    public void Dispose() => _board.Dispose();

    [GuestFact]
    public async Task A_bme280_measures_the_example_of_its_datasheet()
    {
        await Presets.Bme280Async();
        await using var sensor = Part.Make(_board, "bme280", ("bus", "0"), ("address", "0x76"));
        await sensor.StartAsync();
        var values = await sensor.MeasureAsync();
        Assert.Equal(25.08, values["temperature_celsius"], 0.005);
        Assert.Equal(1006.5327, values["pressure_hpa"], 0.0005);

        // No example of Bosch's: by their formula in floating point.
        Assert.Equal(46.0014, values["relative_humidity_percent"], 0.02);

        // Once of each, forced: what the chip has been told.
        var chip = new Chip(0x76);
        Assert.Equal(0x01, await chip.GetAsync(0xf2));
        Assert.Equal(0x25, await chip.GetAsync(0xf4));
    }

    [GuestFact]
    public async Task Another_chip_at_the_address_is_told()
    {
        await Presets.Bme280Async();
        await new Chip(0x76).SetAsync(0xd0, 0x58);
        await using var sensor = Part.Make(_board, "bme280", ("bus", "0"), ("address", "0x76"));
        var error = await Assert.ThrowsAsync<DriverException>(sensor.StartAsync);
        Assert.Equal(DeviceFault.WrongChip, error.Fault);
        Assert.Contains("BMP280", error.Message, StringComparison.Ordinal);
    }

    [GuestFact]
    public async Task Nobody_at_the_address_is_told()
    {
        await using var sensor = Part.Make(_board, "bme280", ("bus", "1"), ("address", "0x76"));
        Assert.Equal(BusFault.NoAnswer, (await Assert.ThrowsAsync<BusException>(sensor.StartAsync)).Fault);
    }

    [GuestFact]
    public async Task A_bme280_that_lost_its_settings_is_told()
    {
        await Presets.Bme280Async();
        await using var sensor = Part.Make(_board, "bme280", ("bus", "0"), ("address", "0x76"));
        await sensor.StartAsync();
        await new Chip(0x76).SetAsync(0xf2, 0x00);
        await sensor.FaultAsync(DeviceFault.Reset);
    }

    [GuestFact]
    public async Task An_ads1115_converts_volts()
    {
        var chip = new Chip(0x48);
        await chip.SetWordAsync(0, 0x40, 0x00);
        await using var battery = Part.Make(_board, "ads1115-volt", ("bus", "0"), ("channel", "2"), ("ratio", "4"));
        await battery.StartAsync();

        // 0x4000 of 0x8000 at ±6.144 V, times four.
        Assert.Equal(12.288, (await battery.MeasureAsync())["battery_volt"], 1e-9);

        // Started, channel 2 against ground, ±6.144 V, single shot, 128 a second, comparator off: upper byte first on the wire.
        Assert.Equal((0xe1, 0x83), await chip.GetWordAsync(1));
    }

    [GuestFact]
    public async Task A_loop_of_4_to_20_mA_is_a_level_or_a_cut_wire()
    {
        var chip = new Chip(0x48);
        await using var probe = Part.Make(_board, "ads1115-level", ("bus", "0"), ("span", "5"));
        await probe.StartAsync();

        // 12 mA over 100 Ω: 1.2 V of ±4.096 V.
        await chip.SetWordAsync(0, 0x25, 0x80);
        Assert.Equal(2.5, (await probe.MeasureAsync())["water_level_m"], 1e-9);
        await chip.SetWordAsync(0, 0x00, 0x00);
        await probe.FaultAsync(DeviceFault.OpenCircuit);
        await chip.SetWordAsync(0, 0x45, 0x00);
        await probe.FaultAsync(DeviceFault.ShortCircuit);
    }

    [GuestFact]
    public async Task A_pca9685_dims_and_says_what_is_in_force()
    {
        var chip = new Chip(0x40);
        await chip.SetAsync(0, 0x11, 0x04);
        await chip.SetAsync(0xfe, 0x1e);
        await using var lamp = (OutputDriver)Part.Make(_board, "pca9685", ("bus", "0"), ("channel", "3"));
        await lamp.StartAsync();

        // Awake and counting up; 25 MHz / 4096 / 1000 Hz − 1.
        Assert.Equal(0x20, await chip.GetAsync(0));
        Assert.Equal(5, await chip.GetAsync(0xfe));

        await lamp.SetAsync(50, TestContext.Current.CancellationToken);
        Assert.Equal([0, 0, 0x00, 0x08], await OutputAsync());
        Assert.Equal(50, await lamp.FeedbackAsync(TestContext.Current.CancellationToken));

        await lamp.SetAsync(100, TestContext.Current.CancellationToken);
        Assert.Equal([0, 0x10, 0, 0], await OutputAsync());

        // A brown-out: it sleeps and has its own prescaler. The lamp comes back as it was told.
        await chip.SetAsync(0, 0x11);
        await chip.SetAsync(0x12, 0, 0, 0, 0x10);
        await chip.SetAsync(0xfe, 0x1e);
        Assert.Equal(0, await lamp.FeedbackAsync(TestContext.Current.CancellationToken));
        await lamp.FaultAsync(DeviceFault.Reset);
        Assert.Equal([0, 0x10, 0, 0], await OutputAsync());
        Assert.Equal(100, await lamp.FeedbackAsync(TestContext.Current.CancellationToken));

        async Task<byte[]> OutputAsync() =>
            [await chip.GetAsync(0x12), await chip.GetAsync(0x13), await chip.GetAsync(0x14), await chip.GetAsync(0x15)];
    }

    [GuestFact]
    public async Task An_sht31_answers_commands_and_its_checksums_are_looked_at()
    {
        using var measured = new Bench("sht31", 0x6666, 0x8000);
        await using var sensor = Part.Make(_board, "sht31", ("bus", "2"));
        await sensor.StartAsync();
        var values = await sensor.MeasureAsync();
        Assert.Equal(25.0, values["temperature_celsius"], 0.001);
        Assert.Equal(50.0, values["relative_humidity_percent"], 0.001);
        using var noise = new Bench("sht31_noise", 1);
        await sensor.FaultAsync(DeviceFault.Checksum);
    }

    [GuestFact]
    public async Task A_chip_of_commands_on_an_smbus_adapter_says_that_it_cannot_be_there()
    {
        // The stub has a chip at this address; its adapter has no transfer for it.
        await using var sensor = Part.Make(_board, "bh1750", ("bus", "0"));
        var error = await Assert.ThrowsAsync<BusException>(async () =>
        {
            await sensor.StartAsync();
            await sensor.MeasureAsync();
        });
        Assert.Equal(BusFault.Unsupported, error.Fault);
    }

    [GuestFact]
    public async Task A_bh1750_measures_light()
    {
        using var measured = new Bench("bh1750", 12_000);
        await using var sensor = Part.Make(_board, "bh1750", ("bus", "2"));
        await sensor.StartAsync();
        Assert.Equal(10_000, (await sensor.MeasureAsync())["illuminance_lux"], 1e-6);
    }

    [GuestFact]
    public async Task A_ds18b20_measures_above_and_below_zero_and_noise_is_no_value()
    {
        using var measured = new Bench("ds18b20", 0x0191, 0xff5e);
        await using var warm = Part.Make(_board, "ds18b20", ("id", "28-03162a795b1d"));
        await using var cold = Part.Make(_board, "ds18b20", ("id", "28-03162a795b1e"));
        await warm.StartAsync();
        await cold.StartAsync();

        // The datasheet's own rows of its table of temperatures.
        Assert.Equal(25.0625, (await warm.MeasureAsync())["temperature_celsius"]);
        Assert.Equal(-10.125, (await cold.MeasureAsync())["temperature_celsius"]);
        using var noise = new Bench("ds18b20_noise", 1);

        // The kernel's driver asks ten times and then says nothing at all: a wrong checksum is not told apart from silence.
        var error = await Assert.ThrowsAsync<BusException>(warm.MeasureAsync);
        Assert.Equal(BusFault.NoAnswer, error.Fault);
        Assert.Contains("checksum", error.Message, StringComparison.Ordinal);
        Assert.Equal(-10.125, (await cold.MeasureAsync())["temperature_celsius"]);
    }
}
