namespace SmartCity.Edge.Buses;

/// <summary>
/// What is there, for <c>scan</c> and <c>doctor</c>. Nothing here throws for a missing, denied or broken bus: what could not be looked at
/// has a <see cref="BusProblem"/> in words. Looking opens no line and holds nothing afterwards. <c>LinuxInventory</c> is the kernel's.
/// </summary>
internal abstract class Inventory
{
    /// <summary>The I²C buses, by number. Empty: the kernel has none, or <c>i2c-dev</c> is not loaded.</summary>
    public abstract IReadOnlyList<I2cBusInfo> I2cBuses();

    /// <summary>Asks every address 0x08 … 0x77 of a bus for a sign of life, the way i2cdetect does: a one-byte read at 0x30 … 0x37 and
    /// 0x50 … 0x5f (a write there could change an EEPROM), a write of no bytes elsewhere. Takes up to a second.</summary>
    public abstract I2cProbe ProbeI2c(int bus);

    /// <summary>The GPIO chips with their lines, by number.</summary>
    public abstract IReadOnlyList<GpioChipInfo> GpioChips();

    /// <summary>The serial ports that have hardware behind them.</summary>
    public abstract IReadOnlyList<UartInfo> Uarts();

    /// <summary>The 1-Wire bus.</summary>
    public abstract OneWireInfo OneWire();

    /// <summary>The PWM chips, by number.</summary>
    public abstract IReadOnlyList<PwmChipInfo> PwmChips();
}

/// <summary>Why something could not be looked at.</summary>
/// <param name="Fault">Kind of trouble.</param>
/// <param name="Words">What is wrong and what to do, as in <see cref="BusException"/>.</param>
internal sealed record BusProblem(BusFault Fault, string Words);

/// <summary>An I²C bus.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Path">Its node: <c>/dev/i2c-1</c>.</param>
/// <param name="Adapter">What the kernel calls the adapter: <c>bcm2835 (i2c@7e804000)</c>; empty when it does not say.</param>
/// <param name="PlainI2c">It transfers any bytes; false = SMBus transfers only, which chips with commands (SHT31, SCD41, BH1750) cannot use.</param>
/// <param name="Problem">Why it cannot be used; null when it can.</param>
internal sealed record I2cBusInfo(int Number, string Path, string Adapter, bool PlainI2c, BusProblem? Problem);

/// <summary>What is at one address.</summary>
internal enum I2cPresence
{
    /// <summary>Something acknowledged.</summary>
    Answers,

    /// <summary>A kernel driver holds the address (i2cdetect's UU); it was not asked.</summary>
    Held,
}

/// <summary>An address at which something is.</summary>
/// <param name="Address">Seven-bit address.</param>
/// <param name="Presence">What is known.</param>
/// <param name="Driver">The kernel driver that holds it, where the kernel says.</param>
internal sealed record I2cFound(int Address, I2cPresence Presence, string? Driver);

/// <summary>What answered on a bus.</summary>
/// <param name="Bus">Its number.</param>
/// <param name="Found">By address; those that stay silent are left out.</param>
/// <param name="Problem">Why it could not be asked (wholly, or from some address on); null when it was.</param>
internal sealed record I2cProbe(int Bus, IReadOnlyList<I2cFound> Found, BusProblem? Problem);

/// <summary>One GPIO line.</summary>
/// <param name="Line">Its number on the chip.</param>
/// <param name="Name">Its name on the board (<c>GPIO17</c>, <c>SDA1</c>); may be empty.</param>
/// <param name="Direction">Input or output now.</param>
/// <param name="ActiveLow">Logical level is the opposite of the electrical one.</param>
/// <param name="Used">Somebody holds it, or the pin has another function.</param>
/// <param name="Consumer">Who holds it, as they call themselves; null when unused or unsaid.</param>
internal sealed record GpioLineInfo(int Line, string Name, GpioDirection Direction, bool ActiveLow, bool Used, string? Consumer);

/// <summary>A GPIO chip.</summary>
/// <param name="Name">As in the configuration: <c>gpiochip0</c>.</param>
/// <param name="Path">Its node.</param>
/// <param name="Label">What it is: <c>pinctrl-bcm2711</c>; the configuration may name the chip by it, too.</param>
/// <param name="Lines">Its lines, by number.</param>
/// <param name="Problem">Why it cannot be used; null when it can.</param>
internal sealed record GpioChipInfo(string Name, string Path, string Label, IReadOnlyList<GpioLineInfo> Lines, BusProblem? Problem);

/// <summary>A serial port.</summary>
/// <param name="Path">Its node: <c>/dev/ttyUSB0</c>.</param>
/// <param name="Alias">A better name for the configuration, which stays when adapters change places (<c>/dev/serial0</c>,
/// <c>/dev/serial/by-id/…</c>); null when there is none.</param>
/// <param name="Driver">Kernel driver: <c>uart-pl011</c>, <c>ch341-uart</c>; empty when it does not say.</param>
/// <param name="Holder">Who has it open (<c>agetty (412)</c>, <c>the kernel's console</c>); null when nobody, or this user may not see it.</param>
/// <param name="Problem">Why it cannot be used; null when it can.</param>
internal sealed record UartInfo(string Path, string? Alias, string Driver, string? Holder, BusProblem? Problem);

/// <summary>The 1-Wire bus.</summary>
/// <param name="Masters">Number of bus masters; 0 = the overlay <c>w1-gpio</c> is not there.</param>
/// <param name="Devices">Names of the devices: <c>28-0316a2795b1d</c>.</param>
/// <param name="Problem">Why it cannot be used; null when it can.</param>
internal sealed record OneWireInfo(int Masters, IReadOnlyList<string> Devices, BusProblem? Problem);

/// <summary>A PWM chip.</summary>
/// <param name="Number">Its number: <c>/sys/class/pwm/pwmchip{Number}</c>.</param>
/// <param name="Device">What it is, from its path in the device tree: <c>fe20c000.pwm</c>.</param>
/// <param name="Channels">How many outputs it has.</param>
/// <param name="Exported">Channels that a program uses now.</param>
/// <param name="Problem">Why it cannot be used; null when it can.</param>
internal sealed record PwmChipInfo(int Number, string Device, int Channels, IReadOnlyList<int> Exported, BusProblem? Problem);
