using System.CommandLine;
using SmartCity.City;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Doctor;
using SmartCity.Edge.Drivers;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge init</c>: asks what a gateway has to know, looks at what hangs on the machine, and writes the configuration.</summary>
internal static class InitCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var command = desk.Command("init", (parsed, stop) => RunAsync(desk, parsed, stop));
        foreach (var option in new Option[]
        {
            new Option<string?>("--gateway") { HelpName = "NAME" },
            new Option<string[]>("--server") { HelpName = "URL" },
            new Option<string?>("--language") { HelpName = "vi|en" },
            new Option<string?>("--data") { HelpName = "DIR" },
            new Option<bool>("--no-scan"),
            new Option<bool>("--listen"),
            new Option<bool>("--example"),
            new Option<bool>("--force"),
            Desk.ConfigOption(),
        })
        {
            command.Add(option);
        }

        return command;
    }

    private static async Task<int> RunAsync(Desk desk, ParseResult parsed, CancellationToken stop)
    {
        var (screen, words) = (desk.Screen, desk.Words);
        var file = desk.ConfigFile(parsed);
        if (File.Exists(file) && !parsed.GetValue<bool>("--force"))
        {
            throw new CliException(ExitCodes.Fault, words.Say("init.exists", file), words["init.exists.next"]);
        }

        var plan = Ask(desk, parsed);
        if (parsed.GetValue<bool>("--example"))
        {
            plan = ConfigPlan.Example(plan);
        }
        else if (!parsed.GetValue<bool>("--no-scan"))
        {
            plan = plan with { Devices = await OfferAsync(desk, parsed.GetValue<bool>("--listen"), stop) };
        }

        var directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
        Directory.CreateDirectory(directory);
        var schema = Path.Combine(directory, ConfigWriter.SchemaFile);
        await File.WriteAllTextAsync(schema, SchemaWriter.Write(Words.Of(plan.Language), DriverCatalog.All.Values, KindCatalog.BuiltIn), stop);
        ConfigEdit.Save(file, ConfigWriter.Write(plan, Words.Of(plan.Language)));

        screen.Prose(words.Say("init.done", file, plan.Devices.Count(d => d.Sure)), Tone.Good, 2, "✔ ");
        if (plan.Devices.Any(d => !d.Sure))
        {
            screen.Prose(words.Say("init.unsure", plan.Devices.Count(d => !d.Sure)), Tone.Warning, 2, "! ");
        }

        screen.Prose(words[plan.Https.Count > 0 ? "init.next" : "init.next.plain"], Tone.Plain, 2, "→ ");
        return ExitCodes.Done;
    }

    private static ConfigPlan Ask(Desk desk, ParseResult parsed)
    {
        var (screen, words) = (desk.Screen, desk.Words);
        var example = parsed.GetValue<bool>("--example");
        var gateway = parsed.GetValue<string?>("--gateway") ?? (example ? "gw-example" : screen.Interactive
            ? screen.Ask(words["init.ask-gateway"], fault: name => Identifier.IsValid(name.Trim()) ? null : words["identifier.next"])
            : throw new CliException(ExitCodes.Usage, words["init.no-gateway"], words["init.no-gateway.next"]));
        if (!Identifier.IsValid(gateway))
        {
            throw new CliException(ExitCodes.Usage, words.Say("identifier.bad", gateway), words["identifier.next"]);
        }

        var servers = parsed.GetValue<string[]>("--server") is { Length: > 0 } given ? given : example ? ["mqtts://ioc.example:8883"] : screen.Interactive
            ? [screen.Ask(words["init.ask-server"], fault: text => Split(text) is { Length: > 0 } all && all.All(s => Server(s) is not null) ? null : words["init.server.next"])]
            : throw new CliException(ExitCodes.Usage, words["init.no-server"], words["init.server.next"]);
        var language = parsed.GetValue<string?>("--language") ?? words.Language;
        if (language is not ("vi" or "en"))
        {
            throw new CliException(ExitCodes.Usage, words.Say("init.bad-language", language));
        }

        var plan = new ConfigPlan
        {
            Gateway = gateway,
            Servers = [.. servers.SelectMany(Split).Select(s => Server(s) ?? throw new CliException(ExitCodes.Usage, words.Say("init.bad-server", s), words["init.server.next"]))],
            Language = language,
        };
        return parsed.GetValue<string?>("--data") is { } data ? plan with { Data = data } : plan;
    }

    /// <summary>A city may have two servers: a gateway that knows only one of them falls silent with it.</summary>
    private static string[] Split(string text) => text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>An address as the configuration has it; a bare host name means TLS. Null when it is none.</summary>
    private static string? Server(string text)
    {
        var address = text.Trim();
        address = address.Length > 0 && !address.Contains("://", StringComparison.Ordinal) ? "mqtts://" + address : address;
        try
        {
            return ServerEndpoint.Parse(address).ToString();
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static async Task<IReadOnlyList<PlannedDevice>> OfferAsync(Desk desk, bool listen, CancellationToken stop)
    {
        var (screen, words) = (desk.Screen, desk.Words);
        listen |= screen.Interactive && desk.Host.Inventory.Uarts().Any(u => u.Holder is null && u.Problem is null)
            && screen.Confirm(words["init.ask-listen"], otherwise: true);
        ScanReport report;
        try
        {
            report = await ScanCommand.LookAsync(desk, listen, stop);
        }
        catch (BusException e)
        {
            screen.Remark(e.Message);
            return [];
        }

        foreach (var problem in report.Problems.DistinctBy(p => p.Words))
        {
            screen.Fault(problem.Words, BusWords.Next(problem.Fault, problem.Words, words));
        }

        var likely = Suggestions.Of(report);
        if (likely.Count == 0)
        {
            screen.Remark(words["init.nothing"]);
        }

        return screen.Interactive ? Chosen(screen, likely) : likely;
    }

    private static List<PlannedDevice> Chosen(Screen screen, IReadOnlyList<PlannedDevice> likely)
    {
        var words = screen.Words;
        var chosen = new List<PlannedDevice>();
        foreach (var device in likely)
        {
            var parts = string.Join(" + ", device.Sensors.Append(device.Output).OfType<PlannedPart>().Select(p => p.Yaml));
            var kind = KindCatalog.BuiltIn.Find(device.Kind)!.Title;
            screen.Prose(words.Say("init.offer", words.Language == "vi" ? kind.Vi : kind.En, parts));
            if (screen.Confirm(words["init.take"], device.Sure))
            {
                var id = screen.Ask(words["init.ask-id"], device.Id, name =>
                    !Identifier.IsValid(name) ? words["identifier.next"] : chosen.Any(c => c.Id == name) ? words["init.twice"] : null);
                chosen.Add(device with { Id = id, Sure = true });
            }
        }

        return chosen;
    }
}
