using System.Text;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Tests;

/// <summary>The page of drivers says what the catalogue says. SMARTCITY_WRITE_DOCS=1 writes it anew.</summary>
public sealed class DriverPageTests
{
    private const string Head = """
        # Drivers

        What `driver:` can be in a gateway's configuration. A part is a map with its driver and these settings; `metrics: { its name: the kind's
        name }` renames what it measures, `''` leaves it out. Made from the catalogue in the program (`edge/Drivers`), where each driver names the
        datasheet's page or table it follows. `smartcity-edge init` writes a JSON schema of the same for editors.

        Register chips (BME280, ADS1115, PCA9685) also work on adapters that know SMBus transfers only; SHT31, SCD41 and BH1750 need a plain I²C adapter.
        On a Raspberry Pi 5 the GPIO chip is `pinctrl-rp1` whatever its number is.

        """;

    [Fact]
    public void The_page_of_drivers_is_the_catalogues()
    {
        var page = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (var bus in DriverCatalog.All.Values.GroupBy(d => d.Bus, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            page.Append($"\n## {bus.Key}\n\n| driver | what | measures | settings |\n| --- | --- | --- | --- |\n");
            foreach (var driver in bus.OrderBy(d => d.Name, StringComparer.Ordinal))
            {
                var settings = string.Join("; ", driver.Settings.Select(s => $"`{s.Key}` {Cell(s.Value)}"));
                page.Append($"| `{driver.Name}` | {Cell(driver.Title)} | {string.Join(", ", driver.Metrics)} | {settings} |\n");
            }
        }

        var path = Path.Combine(Root(), "docs", "drivers.md");
        if (Environment.GetEnvironmentVariable("SMARTCITY_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, page.ToString());
        }

        Assert.Equal(page.ToString(), File.ReadAllText(path));
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Root()
    {
        // Not the compiler's path of this file: a reproducible build does not know it.
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "SmartCity.IoT.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException("no checkout above the tests");
    }
}
