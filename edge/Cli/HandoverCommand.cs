using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Doctor;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge handover</c>: the proof of an installation, as a page to print and sign.</summary>
internal static class HandoverCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var command = desk.Command("handover", (parsed, stop) => RunAsync(desk, parsed, stop));
        command.Add(new Option<string?>("--out") { HelpName = "FILE" });
        command.Add(new Option<string?>("--by") { HelpName = "NAME" });
        command.Add(Desk.ConfigOption());
        return command;
    }

    private static async Task<int> RunAsync(Desk desk, ParseResult parsed, CancellationToken stop)
    {
        var (screen, words, host) = (desk.Screen, desk.Words, desk.Host);
        var configFile = desk.ConfigFile(parsed);
        var (config, data) = ConfigAccess.Require(configFile, words);

        screen.Remark(words["handover.looking"]);
        var patient = DoctorCommand.Patient(desk, configFile);
        var examined = await Examination.RunAsync(patient, static _ => { }, static _ => { }, stop);
        var status = await MeasureAsync(desk, configFile, stop);
        var zone = LocalTime.Zone(config);
        var now = TimeZoneInfo.ConvertTime(host.Time.GetUtcNow(), zone);
        var page = new HandoverPage(words, zone)
        {
            Gateway = config.Gateway ?? "?",
            At = now,
            By = ServiceBook.Who(parsed.GetValue<string?>("--by"), host.Variable),
            Machine =
            [
                (words["handover.version"], $"smartcity-edge {DoctorCommand.Version}"),
                (words["handover.machine"], Model()),
                (words["handover.system"], $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.FrameworkDescription}"),
                (words["handover.host"], Environment.MachineName),
                (words["handover.servers"], string.Join(", ", config.Servers)),
                (words["handover.certificate"], Certificate(patient, words)),
                (words["handover.ca"], patient.Roots is { Count: > 0 } roots ? "sha256:" + Enrolment.IssuedCertificate.Fingerprint(roots[0]) : "–"),
                (words["handover.clock"], $"{Moments.Second(now)}, {words[$"clock.{ClockState.Of(host.Clock, data, config.Text("clock"), host.Time)}"]}"),
            ],
            Found = Found(host.Inventory),
            Status = status,
            Examined = examined,
            Book = [.. ServiceBook.Read(data).Where(e => TimeZoneInfo.ConvertTime(e.At, zone).Date == now.Date)],
        };
        var file = parsed.GetValue<string?>("--out") ?? $"{config.Gateway ?? "gateway"}-{Moments.Day(now)}.html";
        await File.WriteAllTextAsync(file, page.Html(), stop);
        var failed = DoctorCommand.Worst(examined) == Verdict.Fail;
        screen.Prose(words.Say("handover.done", file), failed ? Tone.Warning : Tone.Good, 2, failed ? "! " : "✔ ");
        if (failed)
        {
            throw new CliException(ExitCodes.Fault, words["handover.faults"], words["handover.faults.next"]);
        }

        if (page.Book.Count == 0)
        {
            screen.Prose(words["handover.no-tests"], Tone.Warning, 2, "! ");
        }

        screen.Prose(words["handover.next"], Tone.Plain, 2, "→ ");
        return ExitCodes.Done;
    }

    private static async Task<ControlStatus?> MeasureAsync(Desk desk, string configFile, CancellationToken stop)
    {
        try
        {
            await using var source = await LiveSource.OpenAsync(desk, configFile, stop);
            return await source.NextAsync(stop);
        }
        catch (Exception e) when (e is BusException or ConfigException or IOException or UnauthorizedAccessException or SocketException)
        {
            // The doctor has told it; the page says that nothing was measured.
            return null;
        }
    }

    private static List<(string What, string Where)> Found(Inventory inventory)
    {
        var found = new List<(string, string)>();
        foreach (var bus in inventory.I2cBuses().Where(b => b.Problem is null))
        {
            found.AddRange(inventory.ProbeI2c(bus.Number).Found.Select(f => (
                f.Presence == I2cPresence.Held ? f.Driver ?? "?" : LikelyDrivers.At(f.Address) is [var likely, ..] ? likely.Title : "?",
                $"i2c-{bus.Number} {ConfigPlan.Hex(f.Address)}")));
        }

        found.AddRange(inventory.Uarts().Select(u => (u.Driver, u.Alias is { } alias ? $"{u.Path} = {alias}" : u.Path)));
        found.AddRange(inventory.OneWire().Devices.Select(d => ("1-Wire", d)));
        found.AddRange(inventory.GpioChips().Where(c => c.Problem is null).Select(c => (c.Label, c.Name)));
        return found;
    }

    private static string Certificate(Patient patient, Words words) => patient.Own is { } own
        ? words.Say("handover.valid", Moments.Day(own.NotBefore.ToUniversalTime()), Moments.Day(own.NotAfter.ToUniversalTime()), own.SerialNumber)
        : words["handover.no-certificate"];

    /// <summary>What kind of board this is, where the device tree says.</summary>
    private static string Model()
    {
        try
        {
            return File.ReadAllText("/proc/device-tree/model").TrimEnd('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return RuntimeInformation.OSArchitecture.ToString();
        }
    }
}
