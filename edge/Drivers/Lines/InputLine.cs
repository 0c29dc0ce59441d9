using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>Settings of an input: <c>chip</c>, <c>line</c>, <c>activeLow</c>, <c>pull</c>, <c>debounce</c>.</summary>
internal static class InputLine
{
    /// <summary>Their meanings, for the schema.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> Meanings { get; } =
    [
        ("chip", "GPIO chip (gpiochip0)"),
        ("line", "number of the line on the chip"),
        ("activeLow", "true when the contact connects the line to ground (false)"),
        ("pull", "up, down, none or as-is; by itself the one that reads 0 while the contact is open"),
    ];

    /// <summary>Reads them. Without <c>pull</c> an open contact reads as off: a resistor to supply when it is active low, else to ground.</summary>
    public static GpioSettings Of(PartSettings settings, TimeSpan debounce)
    {
        var low = settings.Flag("activeLow", otherwise: false);
        return new GpioSettings(settings.Text("chip", "gpiochip0"), settings.Whole("line", 0, 511), GpioDirection.Input)
        {
            ActiveLow = low,
            Pull = settings.OneOf("pull", low ? "up" : "down", "up", "down", "none", "as-is") switch
            {
                "up" => GpioPull.Up,
                "down" => GpioPull.Down,
                "none" => GpioPull.None,
                _ => GpioPull.AsIs,
            },
            Debounce = settings.Time("debounce", TimeSpan.Zero, TimeSpan.FromSeconds(1), debounce),
        };
    }
}
