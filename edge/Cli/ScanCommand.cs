using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Doctor;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge scan</c>: what hangs on this machine.</summary>
internal static class ScanCommand
{
    private const string Listen = "--listen";
    private const string Lines = "--lines";
    private const string Json = "--json";

    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var command = desk.Command("scan", (parsed, stop) => RunAsync(desk, parsed, stop));
        command.Add(new Option<bool>(Listen));
        command.Add(new Option<bool>(Lines));
        command.Add(new Option<bool>(Json));
        return command;
    }

    /// <summary>Looks at everything; problems are part of what is found.</summary>
    public static async Task<ScanReport> LookAsync(Desk desk, bool listen, CancellationToken stop)
    {
        var inventory = desk.Host.Inventory;
        var buses = inventory.I2cBuses();
        var probes = buses.Where(b => b.Problem is null).Select(b => inventory.ProbeI2c(b.Number)).ToList();
        var uarts = inventory.Uarts();
        var heard = new Dictionary<string, IReadOnlyList<UartFound>>(StringComparer.Ordinal);
        if (listen && uarts.Any(u => u.Problem is null && u.Holder is null))
        {
            using var board = desk.Host.OpenBoard();
            var free = uarts.Where(u => u.Problem is null && u.Holder is null).ToList();
            var found = await Task.WhenAll(free.Select(u => HearAsync(board, u.Path, desk.Host.Time, stop)));
            heard = free.Zip(found).ToDictionary(z => z.First.Path, z => z.Second, StringComparer.Ordinal);
        }

        return new ScanReport(buses, probes, inventory.GpioChips(), uarts, heard, inventory.OneWire(), inventory.PwmChips());
    }

    private static async Task<IReadOnlyList<UartFound>> HearAsync(Board board, string path, TimeProvider time, CancellationToken stop)
    {
        try
        {
            return await UartListener.FindAsync(board, path, time, stop);
        }
        catch (BusException)
        {
            // Pulled out meanwhile, or no line discipline: nothing was heard.
            return [];
        }
    }

    private static async Task<int> RunAsync(Desk desk, ParseResult parsed, CancellationToken stop)
    {
        var (screen, words) = (desk.Screen, desk.Words);
        var listen = parsed.GetValue<bool>(Listen);
        if (listen && !parsed.GetValue<bool>(Json))
        {
            screen.Remark(words.Say("scan.listening", UartListener.ListenTime.TotalSeconds));
        }

        var report = await LookAsync(desk, listen, stop);
        if (parsed.GetValue<bool>(Json))
        {
            screen.Raw(JsonSerializer.Serialize(report, ScanJson.Default.ScanReport));
            return report.Problems.Any() ? ExitCodes.Fault : ExitCodes.Done;
        }

        I2c(screen, report);
        Gpio(screen, report, parsed.GetValue<bool>(Lines));
        Uarts(screen, report, listen);
        Others(screen, report);
        var problems = report.Problems.DistinctBy(p => p.Words).ToList();
        foreach (var problem in problems)
        {
            screen.Fault(problem.Words, BusWords.Next(problem.Fault, problem.Words, words));
        }

        if (problems.Count == 0)
        {
            screen.Prose(words["scan.next"], Tone.Plain, 2, "→ ");
        }

        return problems.Count > 0 ? ExitCodes.Fault : ExitCodes.Done;
    }

    private static void I2c(Screen screen, ScanReport report)
    {
        var words = screen.Words;
        screen.Prose("I²C", Tone.Strong);
        if (report.Buses.Count == 0)
        {
            screen.Prose(words["scan.no-i2c"], Tone.Quiet, 2);
        }

        foreach (var bus in report.Buses.Where(b => b.Problem is null))
        {
            var found = report.Probes.First(p => p.Bus == bus.Number).Found;
            screen.Prose($"{bus.Path}  {bus.Adapter}{(bus.PlainI2c ? "" : "  " + words["scan.smbus-only"])}", Tone.Plain, 2);
            if (found.Count == 0)
            {
                screen.Prose(words["scan.i2c-empty"], Tone.Quiet, 4);
                continue;
            }

            screen.Table([words["scan.address"], words["scan.likely"]], found.Select(f => (IReadOnlyList<(string, Tone)>)
                [(string.Create(CultureInfo.InvariantCulture, $"    0x{f.Address:x2}"), Tone.Strong), (Likely(f, words), Tone.Plain)]));
        }

        screen.Gap();
    }

    private static string Likely(I2cFound found, Words words)
    {
        if (found.Presence == I2cPresence.Held)
        {
            return words.Say("scan.kernel", found.Driver ?? "?");
        }

        var likely = LikelyDrivers.At(found.Address);
        return likely.Count == 0 ? words["scan.unknown-chip"] : string.Join("; ", likely.Select(d => $"{d.Name} ({d.Title})"));
    }

    private static void Gpio(Screen screen, ScanReport report, bool all)
    {
        var words = screen.Words;
        screen.Prose("GPIO", Tone.Strong);
        if (report.Chips.Count == 0)
        {
            screen.Prose(words["scan.no-gpio"], Tone.Quiet, 2);
        }

        foreach (var chip in report.Chips.Where(c => c.Problem is null))
        {
            var held = chip.Lines.Count(l => l.Used);
            screen.Prose(words.Say("scan.chip", chip.Name, chip.Label, chip.Lines.Count, chip.Lines.Count - held), Tone.Plain, 2);
            var shown = chip.Lines.Where(l => all || l.Used).ToList();
            if (shown.Count > 0)
            {
                screen.Table([words["scan.line"], words["scan.name"], words["scan.direction"], words["scan.holder"]], shown.Select(l => (IReadOnlyList<(string, Tone)>)
                [
                    (string.Create(CultureInfo.InvariantCulture, $"    {l.Line}"), Tone.Strong), (l.Name, Tone.Plain),
                    (words[$"scan.{l.Direction}"], Tone.Plain), (l.Used ? l.Consumer ?? "?" : "–", l.Used ? Tone.Warning : Tone.Quiet),
                ]));
            }
        }

        screen.Gap();
    }

    private static void Uarts(Screen screen, ScanReport report, bool listened)
    {
        var words = screen.Words;
        screen.Prose("UART", Tone.Strong);
        if (report.Uarts.Count == 0)
        {
            screen.Prose(words["scan.no-uart"], Tone.Quiet, 2);
        }

        foreach (var uart in report.Uarts)
        {
            screen.Prose($"{uart.Path}{(uart.Alias is { } alias ? $" = {alias}" : "")}  {uart.Driver}", Tone.Plain, 2);
            if (uart.Holder is { } holder)
            {
                screen.Prose(words.Say("scan.held", BusWords.Holder(holder, words)), Tone.Warning, 4);
            }
            else if (report.Heard.TryGetValue(uart.Path, out var heard))
            {
                screen.Prose(
                    heard.Count == 0 ? words["scan.silent"] : words.Say("scan.heard", string.Join(", ", heard.Select(h => h.Unit is { } unit ? $"{h.Driver} (unit {unit})" : h.Driver))),
                    heard.Count == 0 ? Tone.Quiet : Tone.Good, 4);
            }
        }

        if (!listened && report.Uarts.Any(u => u.Holder is null && u.Problem is null))
        {
            screen.Prose(words["scan.may-listen"], Tone.Quiet, 2);
        }

        screen.Gap();
    }

    private static void Others(Screen screen, ScanReport report)
    {
        var words = screen.Words;
        screen.Prose("1-Wire", Tone.Strong);
        screen.Prose(report.Wire.Masters == 0 ? words["scan.no-1wire"] : words.Say("scan.1wire", report.Wire.Masters, report.Wire.Devices.Count), Tone.Plain, 2);
        foreach (var id in report.Wire.Devices)
        {
            screen.Prose($"{id}{(id.StartsWith("28-", StringComparison.Ordinal) ? "  ds18b20" : "")}", Tone.Plain, 4);
        }

        screen.Gap();
        if (report.Pwm.Count > 0)
        {
            screen.Prose("PWM", Tone.Strong);
            foreach (var chip in report.Pwm)
            {
                screen.Prose(words.Say("scan.pwm", chip.Number, chip.Device, chip.Channels), Tone.Plain, 2);
            }

            screen.Gap();
        }
    }
}

/// <summary>What hangs on a machine.</summary>
internal sealed record ScanReport(
    IReadOnlyList<I2cBusInfo> Buses, IReadOnlyList<I2cProbe> Probes, IReadOnlyList<GpioChipInfo> Chips, IReadOnlyList<UartInfo> Uarts,
    IReadOnlyDictionary<string, IReadOnlyList<UartFound>> Heard, OneWireInfo Wire, IReadOnlyList<PwmChipInfo> Pwm)
{
    /// <summary>What could not be looked at.</summary>
    [JsonIgnore]
    public IEnumerable<BusProblem> Problems => Buses.Select(b => b.Problem).Concat(Probes.Select(p => p.Problem)).Concat(Chips.Select(c => c.Problem))
        .Concat(Uarts.Select(u => u.Problem)).Append(Wire.Problem).Concat(Pwm.Select(p => p.Problem)).OfType<BusProblem>();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ScanReport))]
internal sealed partial class ScanJson : JsonSerializerContext;
