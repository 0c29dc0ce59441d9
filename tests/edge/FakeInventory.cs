using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Tests;

/// <summary>A machine that has what a test says.</summary>
internal sealed class FakeInventory : Inventory
{
    public List<I2cBusInfo> Buses { get; } = [];

    public Dictionary<int, I2cProbe> Probes { get; } = [];

    public List<GpioChipInfo> Chips { get; } = [];

    public List<UartInfo> Ports { get; } = [];

    public OneWireInfo Wire { get; set; } = new(0, [], null);

    public List<PwmChipInfo> Pwm { get; } = [];

    /// <summary>A bus on which these addresses answer.</summary>
    public FakeInventory I2c(int bus, params int[] addresses)
    {
        Buses.Add(new I2cBusInfo(bus, $"/dev/i2c-{bus}", "test adapter", PlainI2c: true, null));
        Probes[bus] = new I2cProbe(bus, [.. addresses.Select(a => new I2cFound(a, I2cPresence.Answers, null))], null);
        return this;
    }

    /// <summary>A bus that this user may not open.</summary>
    public FakeInventory Denied(int bus)
    {
        var problem = new BusProblem(BusFault.Denied, $"/dev/i2c-{bus}: this user may not use it; add the user to group i2c (sudo usermod -aG i2c technician), then log in again");
        Buses.Add(new I2cBusInfo(bus, $"/dev/i2c-{bus}", "", PlainI2c: true, problem));
        Probes[bus] = new I2cProbe(bus, [], problem);
        return this;
    }

    /// <summary>A chip with so many free lines.</summary>
    public FakeInventory Gpio(string name, int lines, params (int Line, string Holder)[] held)
    {
        Chips.Add(new GpioChipInfo(name, "/dev/" + name, "test", [.. Enumerable.Range(0, lines).Select(i => new GpioLineInfo(
            i, $"GPIO{i}", GpioDirection.Input, false, held.Any(h => h.Line == i), held.FirstOrDefault(h => h.Line == i).Holder))], null));
        return this;
    }

    public override IReadOnlyList<I2cBusInfo> I2cBuses() => Buses;

    public override I2cProbe ProbeI2c(int bus) =>
        Probes.GetValueOrDefault(bus) ?? new I2cProbe(bus, [], new BusProblem(BusFault.Missing, $"/dev/i2c-{bus} is not there"));

    public override IReadOnlyList<GpioChipInfo> GpioChips() => Chips;

    public override IReadOnlyList<UartInfo> Uarts() => Ports;

    public override OneWireInfo OneWire() => Wire;

    public override IReadOnlyList<PwmChipInfo> PwmChips() => Pwm;
}
