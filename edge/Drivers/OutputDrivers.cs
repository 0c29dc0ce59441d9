using SmartCity.Edge.Drivers.I2c;
using SmartCity.Edge.Drivers.Outputs;

namespace SmartCity.Edge.Drivers;

/// <summary>Parts that act.</summary>
internal static class OutputDrivers
{
    /// <summary>The entries.</summary>
    public static IReadOnlyList<DriverEntry> All { get; } =
    [
        Pca9685Output.Entry,
        new("relay", "gpio", [], "Relay or siren on a GPIO line", static (s, c) => new Relay(s, c))
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["chip"] = "GPIO chip (gpiochip0)",
                ["line"] = "number of the line on the chip",
                ["activeLow"] = "true when a low line energises the relay (false)",
                ["invert"] = "true when the load hangs on the normally closed contact (false)",
                ["initial"] = "off or on until it is told (off)",
            },
        },
        new("pwm", "pwm", [], "Dimming by PWM of the kernel (0-10 V)", static (s, c) => new Pwm(s, c))
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["pwm"] = "number of the chip: /sys/class/pwm/pwmchip0 (0)",
                ["channel"] = "channel of the chip (0)",
                ["frequency"] = "hertz, 50 … 100000 (1000)",
                ["min"] = "duty just above 0 %, percent (0)",
                ["max"] = "duty at 100 %, percent (100)",
                ["invert"] = "true when a low line is light (false)",
            },
        },
    ];
}
