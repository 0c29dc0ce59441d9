using SmartCity.Edge.Buses;
using SmartCity.Hardware.Tests.Support;

namespace SmartCity.Hardware.Tests;

/// <summary>SPI, 1-Wire and PWM: our code, the kernel's drivers, and below them the chips of module/bench.c.</summary>
public sealed class OtherBusTests : IDisposable
{
    private const string Parameters = "/sys/module/bench/parameters/";
    private readonly LinuxBoard _board = Boards.Linux();

    /// <inheritdoc/>
    public void Dispose() => _board.Dispose();

    [GuestFact]
    public void Spi_sends_and_gets_at_once()
    {
        using var loop = _board.OpenSpi(new SpiSettings(0, 0, 500_000, Mode: 3));
        byte[] sent = [1, 2, 3, 0xff, 0];
        var got = new byte[sent.Length];
        loop.TransferFullDuplex(sent, got);
        Assert.Equal(sent, got);

        using var converter = _board.OpenSpi(new SpiSettings(0, 1));
        var answer = new byte[3];
        converter.TransferFullDuplex([1, 0x80 | (3 << 4), 0], answer);
        Assert.Equal(1023, ((answer[1] & 3) << 8) | answer[2]);

        Assert.Equal(BusFault.Missing, Assert.Throws<BusException>(() => _board.OpenSpi(new SpiSettings(4, 0))).Fault);
    }

    [GuestFact]
    public async Task A_one_wire_sensor_gives_its_scratchpad()
    {
        using var sensor = _board.OpenOneWire("28-03162a795b1d");
        await File.WriteAllTextAsync($"{Parameters}ds18b20", "401,65374", TestContext.Current.CancellationToken);
        var scratchpad = await sensor.ReadScratchpadAsync(TestContext.Current.CancellationToken);
        Assert.Equal([0x91, 0x01, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10, 0x70], scratchpad);
    }

    [GuestFact]
    public async Task A_one_wire_sensor_pulled_out_is_missing()
    {
        using var sensor = _board.OpenOneWire("28-03162a795b1e");
        await File.WriteAllTextAsync($"{Parameters}ds18b20_absent", "2", TestContext.Current.CancellationToken);
        try
        {
            await Assert.ThrowsAsync<BusException>(async () => await sensor.ReadScratchpadAsync(TestContext.Current.CancellationToken));
        }
        finally
        {
            await File.WriteAllTextAsync($"{Parameters}ds18b20_absent", "0", CancellationToken.None);
        }

        Assert.Equal(BusFault.Missing, Assert.Throws<BusException>(() => _board.OpenOneWire("28-000000000000")).Fault);
    }

    [GuestFact]
    public void Pwm_sets_period_and_duty_and_stays_when_let_go()
    {
        const string Channel = "/sys/class/pwm/pwmchip0/pwm1/";
        using (var pwm = _board.OpenPwm(0, 1, 1000))
        {
            pwm.DutyCycle = 0.25;
            Assert.Equal("1000000", File.ReadAllText($"{Channel}period").Trim());
            Assert.Equal("250000", File.ReadAllText($"{Channel}duty_cycle").Trim());
            Assert.Equal("1", File.ReadAllText($"{Channel}enable").Trim());
            Assert.Equal(0.25, pwm.DutyCycle);
        }

        // A lamp does not go dark because a program ends.
        using var again = _board.OpenPwm(0, 1, 1000);
        Assert.Equal(0.25, again.DutyCycle);

        Assert.Equal(BusFault.Missing, Assert.Throws<BusException>(() => _board.OpenPwm(3, 0, 1000)).Fault);
        Assert.Equal(BusFault.Missing, Assert.Throws<BusException>(() => _board.OpenPwm(0, 2, 1000)).Fault);
    }
}
