using SmartCity.Edge.Buses;
using SmartCity.Edge.Buses.Linux;

namespace SmartCity.Edge.Tests.Buses;

/// <summary>1-Wire, PWM and the names of holders over a tree of files shaped as sysfs.</summary>
public sealed class SysfsBusTests : IDisposable
{
    private const string Id = "28-0316a2795b1d";
    private const string Good = "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n";
    private readonly string _sys = Directory.CreateTempSubdirectory("smartcity-sys").FullName;

    public void Dispose() => Directory.Delete(_sys, recursive: true);

    [Fact]
    public async Task A_thermometer_gives_its_nine_bytes()
    {
        Put($"bus/w1/devices/{Id}/w1_slave", Good);
        using var board = new LinuxBoard(sys: _sys);
        using var device = board.OpenOneWire(Id);
        Assert.Equal([0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0x1C], await device.ReadScratchpadAsync(default));
    }

    [Fact]
    public void A_reading_with_a_wrong_checksum_is_this_one_and_not_the_last_good_one() =>
        Assert.Equal(
            [0x51, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0x1C],
            LinuxOneWireDevice.Parse(Id, "51 05 4b 46 7f ff 0c 10 1c : crc=32 NO\n50 05 4b 46 7f ff 0c 10 1c t=85000\n"));

    [Fact]
    public void An_answer_cut_anywhere_is_never_a_reading()
    {
        for (var length = 0; length < Good.Length; length++)
        {
            // Whole are the nine bytes with their verdict and the nine bytes of the second line; the degrees after them are not used.
            var cut = Good[..length];
            if (length < Good.IndexOf('\n', StringComparison.Ordinal) + 1 + "50 05 4b 46 7f ff 0c 10 1c".Length)
            {
                var e = Assert.Throws<BusException>(() => LinuxOneWireDevice.Parse(Id, cut));
                Assert.Equal(length == 0 ? BusFault.NoAnswer : BusFault.Broken, e.Fault);
            }
            else
            {
                Assert.Equal(9, LinuxOneWireDevice.Parse(Id, cut).Length);
            }
        }
    }

    [Theory]
    [InlineData("5z 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n")]
    [InlineData("50 05 4b 46 7f ff 0c 10 1c : crc=1c PERHAPS\n50 05 4b 46 7f ff 0c 10 1c t=85000\n")]
    [InlineData("50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 06 4b 46 7f ff 0c 10 1c t=85000\n")]
    [InlineData("no such thing\n\n")]
    public void An_answer_that_is_not_the_kernels_is_none(string text) =>
        Assert.Equal(BusFault.Broken, Assert.Throws<BusException>(() => LinuxOneWireDevice.Parse(Id, text)).Fault);

    [Fact]
    public async Task A_missing_thermometer_says_what_is_there()
    {
        using var board = new LinuxBoard(sys: _sys);
        Contains(BusFault.Missing, "dtoverlay=w1-gpio", () => board.OpenOneWire(Id));
        Directory.CreateDirectory(Path.Combine(_sys, "bus/w1/devices/w1_bus_master1"));
        Contains(BusFault.Missing, "pull-up", () => board.OpenOneWire(Id));
        Put("bus/w1/devices/28-000000000001/w1_slave", "");
        Contains(BusFault.Missing, "28-000000000001", () => board.OpenOneWire(Id));
        Contains(BusFault.Missing, "looks like", () => board.OpenOneWire("../../../etc"));
        using var device = board.OpenOneWire("28-000000000001");
        Assert.Equal(BusFault.NoAnswer, (await Assert.ThrowsAsync<BusException>(() => device.ReadScratchpadAsync(default).AsTask())).Fault);
        Directory.Delete(Path.Combine(_sys, "bus/w1/devices/28-000000000001"), recursive: true);
        Assert.Equal(BusFault.Missing, (await Assert.ThrowsAsync<BusException>(() => device.ReadScratchpadAsync(default).AsTask())).Fault);
    }

    [Fact]
    public async Task A_new_pwm_channel_is_exported_given_its_period_and_enabled_with_its_first_level()
    {
        Put("class/pwm/pwmchip0/npwm", "2\n");
        Put("class/pwm/pwmchip0/export", "");
        using var board = new LinuxBoard(sys: _sys);
        var opening = Task.Factory.StartNew(() => board.OpenPwm(0, 1, 1_000), TaskCreationOptions.LongRunning);

        // The kernel makes the files when the number has been written; here the test does.
        SpinWait.SpinUntil(() => Get("class/pwm/pwmchip0/export") == "1", TimeSpan.FromSeconds(10));
        Channel(period: 0, duty: 0, enabled: 0);
        using var pwm = await Wait.ForAsync(opening, "the channel was open");
        Assert.Equal("1000000", Get("class/pwm/pwmchip0/pwm1/period"));
        Assert.Equal("0", Get("class/pwm/pwmchip0/pwm1/enable"));
        Assert.Equal(0, pwm.DutyCycle);
        pwm.DutyCycle = 0.25;
        Assert.Equal("250000", Get("class/pwm/pwmchip0/pwm1/duty_cycle"));
        Assert.Equal("1", Get("class/pwm/pwmchip0/pwm1/enable"));
        Assert.Equal(0.25, pwm.DutyCycle);
        Assert.Throws<ArgumentOutOfRangeException>(() => pwm.DutyCycle = 1.01);
        Assert.Throws<ArgumentOutOfRangeException>(() => pwm.DutyCycle = double.NaN);
    }

    [Fact]
    public void A_running_pwm_channel_keeps_its_level_and_closing_leaves_it()
    {
        Put("class/pwm/pwmchip0/npwm", "2\n");
        Put("class/pwm/pwmchip0/export", "");
        Channel(period: 1_000_000, duty: 700_000, enabled: 1);
        using (var board = new LinuxBoard(sys: _sys))
        using (var pwm = board.OpenPwm(0, 1, 1_000))
        {
            Assert.Equal(0.7, pwm.DutyCycle);
        }

        Assert.Equal("", Get("class/pwm/pwmchip0/export"));
        Assert.Equal("700000", Get("class/pwm/pwmchip0/pwm1/duty_cycle"));
        Assert.Equal("1", Get("class/pwm/pwmchip0/pwm1/enable"));
    }

    [Fact]
    public void A_shorter_period_never_stands_below_the_duty_time()
    {
        Put("class/pwm/pwmchip0/npwm", "2\n");
        Channel(period: 10_000_000, duty: 9_000_000, enabled: 1);
        using var board = new LinuxBoard(sys: _sys);
        using var pwm = board.OpenPwm(0, 1, 1_000);
        Assert.Equal("0", Get("class/pwm/pwmchip0/pwm1/duty_cycle"));
        Assert.Equal("1000000", Get("class/pwm/pwmchip0/pwm1/period"));
    }

    [Fact]
    public void A_pwm_channel_that_is_not_there_is_said()
    {
        using var board = new LinuxBoard(sys: _sys);
        Contains(BusFault.Missing, "dtoverlay", () => board.OpenPwm(0, 0, 1_000));
        Put("class/pwm/pwmchip0/npwm", "2\n");
        Contains(BusFault.Missing, "0 … 1", () => board.OpenPwm(0, 2, 1_000));
    }

    [Fact]
    public void The_driver_that_holds_an_address_is_named()
    {
        Directory.CreateDirectory(Path.Combine(_sys, "bus/i2c/devices/1-0068"));
        Directory.CreateDirectory(Path.Combine(_sys, "bus/i2c/drivers/rtc-ds1307"));
        File.CreateSymbolicLink(Path.Combine(_sys, "bus/i2c/devices/1-0068/driver"), "../../drivers/rtc-ds1307");
        Assert.Equal("rtc-ds1307", I2cBus.Driver(_sys, 1, 0x68));
        Assert.Null(I2cBus.Driver(_sys, 1, 0x69));
        Assert.Contains("i2c-1 address 0x68 is held by the kernel driver rtc-ds1307", I2cBus.Held(_sys, 1, 0x68), StringComparison.Ordinal);
    }

    private static void Contains(BusFault fault, string words, Action act)
    {
        var e = Assert.Throws<BusException>(act);
        Assert.Equal(fault, e.Fault);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    private void Channel(long period, long duty, int enabled)
    {
        Put("class/pwm/pwmchip0/pwm1/period", $"{period}\n");
        Put("class/pwm/pwmchip0/pwm1/duty_cycle", $"{duty}\n");
        Put("class/pwm/pwmchip0/pwm1/enable", $"{enabled}\n");
    }

    private void Put(string path, string text)
    {
        var file = Path.Combine(_sys, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private string Get(string path) => File.ReadAllText(Path.Combine(_sys, path)).Split('\n')[0];
}
