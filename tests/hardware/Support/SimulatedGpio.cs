using System.Globalization;

namespace SmartCity.Hardware.Tests.Support;

/// <summary>A GPIO chip of the kernel's gpio-sim, made for one test: its other side is sysfs, where a line is pulled or looked at.</summary>
internal sealed class SimulatedGpio : IDisposable
{
    private const string Config = "/sys/kernel/config/gpio-sim";
    private static int _made;
    private readonly string _config;
    private readonly string _sysfs;
    private readonly int[] _named;

    /// <summary>Makes one.</summary>
    /// <param name="lines">How many lines.</param>
    /// <param name="names">Names of some.</param>
    /// <param name="label">What the chip calls itself.</param>
    public SimulatedGpio(int lines, IReadOnlyDictionary<int, string>? names = null, string? label = null)
    {
        _config = string.Create(CultureInfo.InvariantCulture, $"{Config}/test{Interlocked.Increment(ref _made)}");
        var bank = $"{_config}/bank";
        Directory.CreateDirectory(_config);
        Directory.CreateDirectory(bank);
        File.WriteAllText($"{bank}/num_lines", lines.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText($"{bank}/label", label ?? Path.GetFileName(_config));
        foreach (var (line, name) in names ?? new Dictionary<int, string>())
        {
            Directory.CreateDirectory($"{bank}/line{line}");
            File.WriteAllText($"{bank}/line{line}/name", name);
        }

        _named = [.. names?.Keys ?? []];
        File.WriteAllText($"{_config}/live", "1");
        Chip = File.ReadAllText($"{bank}/chip_name").Trim();
        _sysfs = $"/sys/devices/platform/{File.ReadAllText($"{_config}/dev_name").Trim()}/{Chip}";
    }

    /// <summary>Its name under <c>/dev</c>.</summary>
    public string Chip { get; }

    /// <summary>Pulls a line from outside, as a contact does.</summary>
    public void Pull(int line, bool up) => File.WriteAllText(PullFile(line), up ? "pull-up" : "pull-down");

    /// <summary>Pulls a line up and down in turn, without a pause. The kernel's thread for a watched line's interrupts is held on the core
    /// that pulls, where it goes before whoever pulls: on two cores that an emulator stops and starts, several edges may pass before that
    /// thread has looked at the first, and those the kernel makes one, without a number missing.</summary>
    public async Task BurstAsync(int line, int edges, string consumer)
    {
        foreach (var thread in Directory.EnumerateDirectories("/proc").Where(d => char.IsDigit(Path.GetFileName(d)[0])))
        {
            var name = File.Exists($"{thread}/comm") ? await File.ReadAllTextAsync($"{thread}/comm") : "";
            if (name.StartsWith("irq/", StringComparison.Ordinal) && name.Contains(consumer, StringComparison.Ordinal))
            {
                Assert.Equal(0, (await Tool.RunAsync("taskset", "-p", "1", Path.GetFileName(thread))).Code);
            }
        }

        var script = string.Create(
            CultureInfo.InvariantCulture,
            $"i=0; while [ $i -lt {edges / 2} ]; do echo pull-up > {PullFile(line)}; echo pull-down > {PullFile(line)}; i=$((i + 1)); done");
        Assert.Equal(0, (await Tool.RunAsync("taskset", "1", "sh", "-c", script)).Code);
    }

    /// <summary>The electrical level of a line, as one with a meter sees it.</summary>
    public bool Level(int line) => File.ReadAllText($"{_sysfs}/sim_gpio{line}/value").Trim() == "1";

    /// <inheritdoc/>
    public void Dispose()
    {
        File.WriteAllText($"{_config}/live", "0");
        foreach (var line in _named)
        {
            Directory.Delete($"{_config}/bank/line{line}");
        }

        Directory.Delete($"{_config}/bank");
        Directory.Delete(_config);
    }

    private string PullFile(int line) => string.Create(CultureInfo.InvariantCulture, $"{_sysfs}/sim_gpio{line}/pull");
}
