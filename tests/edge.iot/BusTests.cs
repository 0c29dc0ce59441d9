using System.Device.Gpio;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Simulators.Chips;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Iot.Tests;

/// <summary>Our buses seen through the types of System.Device.Gpio.</summary>
public sealed class BusTests
{
    [Fact]
    public async Task A_motion_sensor_on_a_line_is_read()
    {
        var bench = new IotBench();
        var line = bench.Board.Line("gpiochip0", 17);
        await using var driver = IotBench.Make(bench.Board, TimeProvider.System, "iot/Hcsr501", ("line", "17"));
        await driver.StartAsync(default);
        foreach (var level in new[] { false, true, false })
        {
            line.Level = level;
            var into = new Measurement();
            await driver.MeasureAsync(into, default);
            Assert.Equal(level ? 1 : 0, into.Values[0].Number);
        }
    }

    [Fact]
    public void Lines_are_driven_read_and_watched()
    {
        using var board = new SimBoard(TimeProvider.System);
        var line = board.Line("gpiochip0", 4);
        board.Line("gpiochip0", 5);
        using var controller = new GpioController(new IotGpioDriver(board, "gpiochip0"));
        controller.OpenPin(5, PinMode.Output, PinValue.High);
        Assert.True(board.Line("gpiochip0", 5).Level);
        controller.Write(5, PinValue.Low);
        Assert.False(board.Line("gpiochip0", 5).Level);

        controller.OpenPin(4, PinMode.Input);
        var told = new List<PinEventTypes>();
        void Tell(object sender, PinValueChangedEventArgs e)
        {
            Assert.Equal(4, e.PinNumber);
            told.Add(e.ChangeType);
        }

        controller.RegisterCallbackForPinValueChangedEvent(4, PinEventTypes.Rising | PinEventTypes.Falling, Tell);
        line.Level = true;
        line.Level = false;
        controller.UnregisterCallbackForPinValueChangedEvent(4, Tell);
        line.Level = true;
        Assert.Equal([PinEventTypes.Rising, PinEventTypes.Falling], told);
        Assert.Equal(PinValue.High, controller.Read(4));
        controller.ClosePin(4);
        Assert.Equal(BusFault.Missing, Assert.Throws<BusException>(() => controller.OpenPin(6, PinMode.Input)).Fault);
    }

    [Fact]
    public async Task An_edge_is_waited_for()
    {
        using var board = new SimBoard(TimeProvider.System);
        var line = board.Line("gpiochip0", 4);
        using var controller = new GpioController(new IotGpioDriver(board, "gpiochip0"));
        controller.OpenPin(4, PinMode.Input);
        var waiting = controller.WaitForEventAsync(4, PinEventTypes.Falling, CancellationToken.None).AsTask();
        line.Level = true;
        Assert.False(waiting.IsCompleted);
        line.Level = false;
        Assert.Equal(PinEventTypes.Falling, (await waiting).EventTypes);

        using var cancel = new CancellationTokenSource();
        waiting = controller.WaitForEventAsync(4, PinEventTypes.Falling, cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.True((await waiting).TimedOut);
    }

    [Fact]
    public void A_chip_on_spi_reads_writes_and_does_both()
    {
        using var board = new OddBoard();
        using var device = new IotSpiDevice(board.OpenSpi(new SpiSettings(0, 1, 2_000_000, 3)));
        Assert.Equal((0, 1, 2_000_000, 3), (
            device.ConnectionSettings.BusId, device.ConnectionSettings.ChipSelectLine, device.ConnectionSettings.ClockFrequency,
            (int)device.ConnectionSettings.Mode));
        var buffer = new byte[3];
        device.TransferFullDuplex([1, 2, 3], buffer);
        Assert.Equal([0xFE, 0xFD, 0xFC], buffer);
        device.Read(buffer);
        Assert.Equal([0xFF, 0xFF, 0xFF], buffer);
        device.Write([9]);
        Assert.Equal([9], board.Sent);
    }

    [Fact]
    public async Task A_sensor_that_hangs_is_a_fault_and_is_not_called_again_before_it_has_ended()
    {
        var time = new FakeTime();
        using var board = new OddBoard();
        await using var driver = IotBench.Make(board, time, "iot/Bme280", ("address", "0x76"));
        var starting = driver.StartAsync(default).AsTask();
        Assert.True(board.Entered.Wait(TimeSpan.FromSeconds(30)));
        time.Advance(IotDriver.Longest + TimeSpan.FromSeconds(1));
        Assert.Equal(DeviceFault.NoAnswer, (await Assert.ThrowsAsync<DriverException>(() => starting)).Fault);
        var e = await Assert.ThrowsAsync<DriverException>(() => driver.StartAsync(default).AsTask());
        Assert.Contains("still not ended", e.Message, StringComparison.Ordinal);
        board.Release.Set();
    }

    /// <summary>An SPI chip that answers every byte with its complement, and an I²C chip that never answers.</summary>
    private sealed class OddBoard : Board
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public byte[] Sent { get; private set; } = [];

        public override I2cDevice OpenI2c(int bus, int address) => new Hanging(this);

        public override SpiDevice OpenSpi(SpiSettings settings) => new Complement(this, settings);

        public override GpioLine OpenGpio(GpioSettings settings) => throw new NotSupportedException();

        public override PwmChannel OpenPwm(int chip, int channel, int frequency) => throw new NotSupportedException();

        public override OneWireDevice OpenOneWire(string id) => throw new NotSupportedException();

        protected override SerialPort CreateSerial(SerialSettings settings) => throw new NotSupportedException();

        private sealed class Hanging(OddBoard board) : I2cDevice
        {
            public override int Bus => 1;

            public override int Address => 0x76;

            public override void Read(Span<byte> into) => Wait();

            public override void Write(ReadOnlySpan<byte> bytes) => Wait();

            public override void WriteRead(ReadOnlySpan<byte> bytes, Span<byte> into) => Wait();

            private void Wait()
            {
                board.Entered.Set();
                board.Release.Wait();
                throw new BusException(BusFault.NoAnswer, "let go");
            }
        }

        private sealed class Complement(OddBoard board, SpiSettings settings) : SpiDevice
        {
            public override SpiSettings Settings => settings;

            public override void TransferFullDuplex(ReadOnlySpan<byte> bytes, Span<byte> into)
            {
                board.Sent = bytes.ToArray();
                for (var i = 0; i < into.Length; i++)
                {
                    into[i] = (byte)~bytes[i];
                }
            }
        }
    }
}
