using SmartCity.Edge.Drivers.Lines;

namespace SmartCity.Edge.Drivers;

/// <summary>What hangs on GPIO lines, 1-Wire, or a file.</summary>
internal static class LineDrivers
{
    /// <summary>The entries.</summary>
    public static IReadOnlyList<DriverEntry> All { get; } =
    [
        new("contact", "gpio", Contact.Names, "Dry contact: call point, cover, door", static (s, c) => new Contact(s, c))
        {
            Settings = Of(
                [.. InputLine.Meanings,
                ("debounce", "changes shorter than this are not seen, 0ms … 1s (20ms)"),
                ("metric", "what it says when it is on (pressed): cover_open, door_open, pole_door_open, online, tampered …")]),
        },
        new("rain-gauge", "gpio", ["rain_total_mm", "rain_mm_h"], "Tipping-bucket rain gauge", static (s, c) => new RainGauge(s, c))
        {
            Settings = Of(
                [.. InputLine.Meanings,
                ("debounce", "changes shorter than this are not seen, 0ms … 1s (50ms)"),
                ("mm", "rain of one tip, mm, 0.01 … 10: it stands on the gauge, mostly 0.2 or 0.5"),
                ("gap", "least time between two tips, 150ms … 5s (200ms)")]),
        },
        new("ds18b20", "1-wire", ["temperature_celsius"], "Maxim DS18B20 thermometer", static (s, c) => new Ds18b20(s, c))
        {
            Settings = Of(
                [("id", "its name in /sys/bus/w1/devices, as 28-0316a2795b1d"),
                ("stuckAfter", "fault when it has not moved for so long (24h); 0s = never")]),
        },
        new("replay", "file", [], "A CSV file as if it were a sensor", static (s, c) => new Replay(s, c))
        {
            Settings = Of([("file", "CSV whose first line is seconds,metric,metric…"), ("repeat", "begin again at its end (false)")]),
        },
    ];

    private static Dictionary<string, string> Of(ReadOnlySpan<(string Name, string Meaning)> settings)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, meaning) in settings)
        {
            all.Add(name, meaning);
        }

        return all;
    }
}
