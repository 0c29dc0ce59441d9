using System.CommandLine;
using System.Globalization;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge test fire|lamp|siren</c>: guides a technician through a test, shows what was measured, and writes it down.</summary>
internal static class TestCommand
{
    /// <summary>A lamp's electronics follow a new level within a few seconds, and a meter measures once a second.</summary>
    private const double LampSeconds = 8;

    private const double SirenSeconds = 3;

    /// <summary>Watts below which a lamp asked for 0 % is dark: drivers of lamps draw some in standby.</summary>
    private const double StandbyPower = 5;

    private static readonly double[] Levels = [0, 50, 100];

    private sealed record Wish(string Data, string Device, string By);

    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var test = new Command("test", desk.Words["help.test"]);
        foreach (var what in new[] { "fire", "lamp", "siren" })
        {
            var command = desk.Command(what, (parsed, stop) => RunAsync(desk, what, parsed, stop));
            command.Add(new Argument<string>("device"));
            command.Add(new Option<string?>("--by") { HelpName = "NAME" });
            command.Add(new Option<bool>("--yes"));
            command.Add(Desk.ConfigOption());
            test.Add(command);
        }

        return test;
    }

    private static async Task<int> RunAsync(Desk desk, string what, ParseResult parsed, CancellationToken stop)
    {
        var configFile = desk.ConfigFile(parsed);
        var (_, data) = ConfigAccess.Require(configFile, desk.Words);

        // Rules, sirens and lamps are the running gateway's: a test that went past it would prove nothing of it.
        using var control = await ControlClient.TryConnectAsync(data, stop)
            ?? throw new CliException(ExitCodes.Fault, desk.Words["test.no-service"], desk.Words["test.no-service.next"]);
        var wish = new Wish(data, parsed.GetRequiredValue<string>("device"), ServiceBook.Who(parsed.GetValue<string?>("--by"), desk.Host.Variable));
        await CheckAsync(desk, control, what, wish.Device, stop);
        desk.Screen.Prose(desk.Words.Say($"test.{what}.intro", wish.Device));
        if (!parsed.GetValue<bool>("--yes") && desk.Screen.Interactive && !desk.Screen.Confirm(desk.Words["test.begin"], otherwise: true))
        {
            return ExitCodes.Fault;
        }

        var (passed, detail) = what switch
        {
            "lamp" => await LampAsync(desk, control, wish, stop),
            "siren" => await ActAsync(desk, control, "test-siren", wish, SirenSeconds, stop),
            _ => await ActAsync(desk, control, "test-fire", wish, null, stop),
        };

        if (!passed && detail.Contains("is not quiet", StringComparison.Ordinal))
        {
            // It did not begin, so it did not fail: nothing of it belongs into the book or on the page that is signed.
            throw new CliException(ExitCodes.Fault, desk.Words["test.fire.not-quiet"], desk.Words["test.fire.not-quiet.next"]);
        }

        // What the gateway measured is one thing, what the technician saw and heard another; both have to be right.
        if (passed && !parsed.GetValue<bool>("--yes") && desk.Screen.Interactive && !desk.Screen.Confirm(desk.Words[$"test.{what}.seen"], otherwise: true))
        {
            passed = false;
            detail += " · " + desk.Words["test.not-seen"];
        }

        ServiceBook.Add(data, new ServiceEntry(desk.Host.Time.GetUtcNow(), "tested-" + what, wish.By, detail) { Device = wish.Device, Passed = passed });
        desk.Screen.Prose(desk.Words[passed ? "test.passed" : "test.failed"], passed ? Tone.Good : Tone.Bad, 2, passed ? "✔ " : "✘ ");
        if (!passed)
        {
            desk.Screen.Prose(desk.Words[$"test.{what}.fix"], Tone.Plain, 2, "→ ");
        }

        return passed ? ExitCodes.Done : ExitCodes.Fault;
    }

    private static async Task CheckAsync(Desk desk, ControlClient control, string what, string device, CancellationToken stop)
    {
        var status = await control.StatusAsync(stop);
        var known = what switch
        {
            "lamp" => status.Lamps.Select(l => l.Id).ToList(),
            "siren" => [.. status.Sirens.Select(s => s.Id)],
            _ => [.. status.Devices.Where(d => d.Kind is "fire_detector" or "manual_call_point").Select(d => d.Id)],
        };
        if (!known.Contains(device, StringComparer.Ordinal))
        {
            throw new CliException(
                ExitCodes.Usage, desk.Words.Say($"test.{what}.none", device), known.Count > 0 ? desk.Words.Say("replace.no-device.next", string.Join(", ", known)) : desk.Words["test.none.next"]);
        }
    }

    private static async Task<(bool Passed, string Detail)> ActAsync(Desk desk, ControlClient control, string act, Wish wish, double? seconds, CancellationToken stop)
    {
        var answer = await control.ActAsync(act, wish.Device, null, seconds, stop);
        var detail = answer.Detail ?? "";
        desk.Screen.Prose(detail, answer.Done ? Tone.Plain : Tone.Bad, 2, "  ");
        return (answer.Done, detail);
    }

    private static async Task<(bool Passed, string Detail)> LampAsync(Desk desk, ControlClient control, Wish wish, CancellationToken stop)
    {
        var words = desk.Words;
        var measured = new List<(double Level, double? Power)>();
        var all = new List<string>();
        var passed = true;
        foreach (var level in Levels)
        {
            desk.Screen.Remark(words.Say("test.lamp.level", level));
            var answer = await control.ActAsync("test-lamp", wish.Device, level, LampSeconds, stop);
            var status = await control.StatusAsync(stop);
            var lamp = status.Lamps.FirstOrDefault(l => l.Id == wish.Device);
            var power = status.Devices.FirstOrDefault(d => d.Id == wish.Device)?.Values.TryGetValue("power_w", out var watts) == true ? watts : lamp?.Actual;
            measured.Add((level, power));
            passed &= answer.Done;
            var line = string.Create(CultureInfo.InvariantCulture, $"{level:0} %: {answer.Detail}{(power is { } w ? $" ({w:0.#} W)" : "")}");
            all.Add(line);
            desk.Screen.Prose(line, answer.Done ? Tone.Plain : Tone.Bad, 4, "  ");
            if (!answer.Done)
            {
                break;
            }
        }

        if (passed && Judge(measured) is { } wrong)
        {
            desk.Screen.Prose(words[wrong], Tone.Bad, 4, "  ");
            return (false, $"{string.Join("; ", all)} · {words[wrong]}");
        }

        return (passed, string.Join("; ", all));
    }

    /// <summary>What is wrong with the powers of a lamp at its levels, as a key of the words; null when nothing is, or nothing measures them.</summary>
    internal static string? Judge(IReadOnlyList<(double Level, double? Power)> measured)
    {
        if (measured.Count < Levels.Length || measured.Any(m => m.Power is null))
        {
            return null;
        }

        var (off, half, full) = (measured[0].Power!.Value, measured[1].Power!.Value, measured[2].Power!.Value);
        return full <= StandbyPower ? "test.lamp.dark"
            : off > StandbyPower && off > full / 10 ? "test.lamp.burns"
            : half >= full * 0.95 ? "test.lamp.not-dimmed"
            : null;
    }
}
