using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Config;

/// <summary>A board with nothing on it: drivers are made on it to have their settings checked, and never started.</summary>
internal sealed class DryBoard : Board
{
    /// <inheritdoc/>
    public override I2cDevice OpenI2c(int bus, int address) => throw Nothing($"i2c-{bus}");

    /// <inheritdoc/>
    public override SpiDevice OpenSpi(SpiSettings settings) => throw Nothing($"spidev{settings.Bus}.{settings.ChipSelect}");

    /// <inheritdoc/>
    public override GpioLine OpenGpio(GpioSettings settings) => throw Nothing($"{settings.Chip} line {settings.Line}");

    /// <inheritdoc/>
    public override PwmChannel OpenPwm(int chip, int channel, int frequency) => throw Nothing($"pwmchip{chip} channel {channel}");

    /// <inheritdoc/>
    public override OneWireDevice OpenOneWire(string id) => throw Nothing($"1-Wire {id}");

    /// <inheritdoc/>
    protected override SerialPort CreateSerial(SerialSettings settings) => throw Nothing(settings.Path);

    private static BusException Nothing(string what) => new(BusFault.Missing, $"{what}: this program was started without hardware");
}
