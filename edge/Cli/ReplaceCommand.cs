using System.CommandLine;
using SmartCity.Edge.Config;
using SmartCity.Edge.Doctor;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge replace</c>: a dead Pi or a dead sensor, with its identity kept and a line in the service book.</summary>
internal static class ReplaceCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var command = desk.Command("replace", (parsed, stop) => parsed.GetValue<string?>("device") is { } device
            ? DeviceAsync(desk, parsed, device, stop)
            : GatewayAsync(desk, parsed, stop));
        command.Add(new Argument<string?>("device") { Arity = ArgumentArity.ZeroOrOne });
        command.Add(new Option<string?>("--part") { HelpName = "DRIVER" });
        command.Add(new Option<string?>("--old") { HelpName = "SERIAL" });
        command.Add(new Option<string?>("--new") { HelpName = "SERIAL" });
        command.Add(new Option<string?>("--by") { HelpName = "NAME" });
        foreach (var option in EnrolCommand.Options())
        {
            command.Add(option);
        }

        return command;
    }

    private static async Task<int> GatewayAsync(Desk desk, ParseResult parsed, CancellationToken stop)
    {
        var (screen, words) = (desk.Screen, desk.Words);
        var config = ConfigPeek.TryRead(desk.ConfigFile(parsed));
        var gateway = parsed.GetValue<string?>("--gateway") ?? config?.Gateway
            ?? throw new CliException(ExitCodes.Usage, words["enrol.no-gateway"], words.Say("enrol.no-gateway.next", desk.ConfigFile(parsed)));
        if (parsed.GetValue<string?>("--answer") is null)
        {
            screen.Prose(words.Say("replace.gateway.intro", gateway));
            if (config?.Key is { } key && File.Exists(key))
            {
                screen.Prose(words.Say("replace.gateway.same-card", gateway), Tone.Warning, 2, "! ");
                if (!screen.Confirm(words["replace.gateway.go-on"], otherwise: !screen.Interactive))
                {
                    return ExitCodes.Done;
                }
            }

            if (screen.Interactive && !screen.Confirm(words["replace.gateway.revoked"], otherwise: false))
            {
                screen.Prose(words["replace.gateway.not-revoked"], Tone.Warning, 2, "! ");
            }
        }

        var exit = await EnrolCommand.RunAsync(desk, parsed, stop);
        if (exit == ExitCodes.Done && parsed.GetValue<string?>("--request") is null && ConfigPeek.TryRead(desk.ConfigFile(parsed))?.Data is { } data)
        {
            ServiceBook.Add(data, new ServiceEntry(desk.Host.Time.GetUtcNow(), "replaced", Who(desk, parsed), $"gateway {gateway}: new hardware, new key")
            {
                Part = "gateway",
                OldSerial = parsed.GetValue<string?>("--old"),
                NewSerial = parsed.GetValue<string?>("--new"),
            });
            screen.Prose(words["replace.gateway.lost"], Tone.Quiet);
        }

        return exit;
    }

    private static async Task<int> DeviceAsync(Desk desk, ParseResult parsed, string id, CancellationToken stop)
    {
        var (screen, words) = (desk.Screen, desk.Words);
        var file = desk.ConfigFile(parsed);
        var config = EdgeConfigFile.LoadWithoutKeys(file);
        var parts = PartList.Of(config).Where(p => p.Where == id).Select(p => p.Part).ToList();
        if (parts.Count == 0)
        {
            throw new CliException(
                ExitCodes.Usage, words.Say("replace.no-device", id), words.Say("replace.no-device.next", string.Join(", ", PartList.Of(config).Select(p => p.Where).Distinct())));
        }

        var name = parsed.GetValue<string?>("--part");
        var part = parts.Count == 1 && name is null ? parts[0] : parts.FirstOrDefault(p => p.Driver.Name == name)
            ?? throw new CliException(
                ExitCodes.Usage, words.Say("replace.which-part", id), words.Say("replace.which-part.next", string.Join(", ", parts.Select(p => p.Driver.Name).Distinct())));
        part = NewWire(desk, file, config, part) ?? part;

        screen.Remark(words.Say("replace.testing", id));
        var (passed, detail) = await SelfTestAsync(desk, file, config, id, part, stop);
        string? Serial(string option, string question) => parsed.GetValue<string?>(option)
            ?? (screen.Interactive && screen.Ask(words[question], "") is { Length: > 0 } typed ? typed : null);
        ServiceBook.Add(config.Options.Directory, new ServiceEntry(desk.Host.Time.GetUtcNow(), "replaced", Who(desk, parsed), detail)
        {
            Device = id,
            Part = part.Driver.Name,
            OldSerial = Serial("--old", "replace.ask-old"),
            NewSerial = Serial("--new", "replace.ask-new"),
            Passed = passed,
        });
        if (!passed)
        {
            throw new CliException(ExitCodes.Fault, words.Say("replace.failed", id, detail), words["replace.failed.next"]);
        }

        screen.Prose(detail, Tone.Plain, 2, "  ");
        screen.Prose(words.Say("replace.done", id), Tone.Good, 2, "✔ ");
        return ExitCodes.Done;
    }

    /// <summary>A 1-Wire sensor is known by its serial number: a new one has another. When exactly one is on the bus that the configuration
    /// does not name, it is the new one.</summary>
    private static PartConfig? NewWire(Desk desk, string file, EdgeConfig config, PartConfig part)
    {
        if (part.Driver.Bus != "1-wire" || part.Text("id") is not { Length: > 0 } old)
        {
            return null;
        }

        var known = PartList.Of(config).Select(p => p.Part.Text("id")).ToHashSet(StringComparer.Ordinal);
        var there = desk.Host.Inventory.OneWire().Devices;
        if (there.Contains(old, StringComparer.Ordinal) || there.Where(d => !known.Contains(d)).ToList() is not [var fresh]
            || !desk.Screen.Confirm(desk.Words.Say("replace.new-id", fresh, old), otherwise: true))
        {
            return null;
        }

        ConfigEdit.Save(file, File.ReadAllText(file).Replace(old, fresh, StringComparison.Ordinal));
        desk.Screen.Prose(desk.Words.Say("replace.id-changed", fresh), Tone.Warning, 2, "! ");
        return PartList.Of(EdgeConfigFile.LoadWithoutKeys(file)).Select(p => p.Part).First(p => p.Text("id") == fresh);
    }

    private static async Task<(bool Passed, string Detail)> SelfTestAsync(
        Desk desk, string file, EdgeConfig config, string id, PartConfig part, CancellationToken stop)
    {
        using var control = await ControlClient.TryConnectAsync(config.Options.Directory, stop);
        if (control is not null)
        {
            var answer = await control.ActAsync("self-test", id, null, null, stop);
            return (answer.Done, answer.Detail ?? "");
        }

        using var board = desk.Host.OpenBoard();
        var finding = await BoardChecks.LookAtPartAsync(DoctorCommand.Patient(desk, file, ConfigPeek.TryRead(file)), id, part, board, stop);
        return (finding.Verdict is Verdict.Pass or Verdict.Warn, finding.What);
    }

    private static string Who(Desk desk, ParseResult parsed) => ServiceBook.Who(parsed.GetValue<string?>("--by"), desk.Host.Variable);
}
