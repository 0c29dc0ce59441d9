using System.CommandLine;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Doctor;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge set-time</c>: shows whether the machine knows the time, and sets it by the technician's watch.</summary>
internal static class SetTimeCommand
{
    private static readonly TimeSpan ServerPatience = TimeSpan.FromSeconds(4);

    /// <summary>A watch that differs by more from the server's time was read wrong, or its date is another.</summary>
    private static readonly TimeSpan Doubt = TimeSpan.FromMinutes(5);

    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var command = desk.Command("set-time", (parsed, stop) => RunAsync(desk, parsed, stop));
        command.Add(new Argument<string[]>("time") { Arity = new ArgumentArity(0, 2) });
        command.Add(new Option<bool>("--force"));
        command.Add(new Option<string?>("--by") { HelpName = "NAME" });
        command.Add(Desk.ConfigOption());
        return command;
    }

    private static async Task<int> RunAsync(Desk desk, ParseResult parsed, CancellationToken stop)
    {
        var (screen, words, host) = (desk.Screen, desk.Words, desk.Host);
        var config = ConfigPeek.TryRead(desk.ConfigFile(parsed));
        var zone = LocalTime.Zone(config);
        var belief = ClockState.Of(host.Clock, config?.Data, config?.Text("clock"), host.Time);
        var server = await ServerTime.AskAsync(DoctorCommand.Patient(desk, desk.ConfigFile(parsed), config), ServerPatience, stop);
        var text = string.Join(' ', parsed.GetValue<string[]>("time") ?? []);
        if (text.Length == 0)
        {
            Show(desk, belief, zone, server);
            return belief == ClockBelief.Unknown ? ExitCodes.Fault : ExitCodes.Done;
        }

        var now = host.Time.GetUtcNow();
        if (!LocalTime.TryParse(text, now, zone, out var moment, out var today))
        {
            throw new CliException(ExitCodes.Usage, words.Say("time.bad", text), words["time.bad.next"]);
        }

        if (moment < EdgeClock.Earliest)
        {
            throw today
                ? new CliException(ExitCodes.Fault, words.Say("time.no-date", Moments.Day(now)), words["time.no-date.next"])
                : new CliException(ExitCodes.Usage, words.Say("time.past", Moments.Minute(moment)), words["time.bad.next"]);
        }

        var force = parsed.GetValue<bool>("--force");
        if (!force && belief == ClockBelief.Network)
        {
            throw new CliException(ExitCodes.Fault, words["time.network"], words["time.network.next"]);
        }

        if (!force && server is { } theirs && (moment - theirs).Duration() > Doubt)
        {
            throw new CliException(ExitCodes.Fault, words.Say("time.doubt", Show(theirs, zone), Show(moment, zone)), words["time.doubt.next"]);
        }

        try
        {
            host.MachineClock.Set(moment);
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Fault, words["time.root"], words.Say("time.root.next", text));
        }

        screen.Prose(words.Say("time.set", Show(moment, zone), Moments.Span(moment - now)), Tone.Good, 2, "✔ ");
        WriteChip(desk, moment);
        if (config?.Data is { } data)
        {
            EdgeClock.Confirm(data, host.Clock);
            FileOwner.LikeFile(Path.Combine(data, EdgeClock.MarkFile), data);
            ServiceBook.Add(data, new ServiceEntry(moment, "set-time", ServiceBook.Who(parsed.GetValue<string?>("--by"), host.Variable), $"{Moments.Second(now)} → {Moments.Second(moment)}"));
            screen.Prose(words["time.confirmed"], Tone.Plain, 2, "✔ ");
        }
        else
        {
            screen.Prose(words["time.no-config"], Tone.Warning, 2, "! ");
        }

        return ExitCodes.Done;
    }

    private static void Show(Desk desk, ClockBelief belief, TimeZoneInfo zone, DateTimeOffset? server)
    {
        var (screen, words) = (desk.Screen, desk.Words);
        var now = desk.Host.Time.GetUtcNow();
        screen.Prose(words.Say("time.now", Show(now, zone), words[$"clock.{belief}"]), belief == ClockBelief.Unknown ? Tone.Bad : Tone.Good, 2, belief == ClockBelief.Unknown ? "✘ " : "✔ ");
        screen.Prose(desk.Host.Clock.RealTimeClock is { } chip ? words.Say("time.chip", Show(chip, zone)) : words["time.no-chip"], Tone.Plain, 2, "  ");
        screen.Prose(server is { } theirs ? words.Say("time.server", Show(theirs, zone), Moments.Span(theirs - now)) : words["time.no-server"], Tone.Plain, 2, "  ");
        if (belief == ClockBelief.Unknown)
        {
            screen.Prose(words["doctor.clock.unknown.fix"], Tone.Plain, 2, "→ ");
        }
    }

    private static void WriteChip(Desk desk, DateTimeOffset moment)
    {
        var (screen, words) = (desk.Screen, desk.Words);
        try
        {
            var written = desk.Host.MachineClock.WriteChip(moment);
            screen.Prose(words[written ? "time.chip-set" : "time.no-chip"], Tone.Plain, 2, written ? "✔ " : "  ");
        }
        catch (IOException e)
        {
            screen.Prose(words.Say("time.chip-refused", e.Message), Tone.Warning, 2, "! ");
        }
    }

    private static string Show(DateTimeOffset moment, TimeZoneInfo zone) => Moments.Second(TimeZoneInfo.ConvertTime(moment, zone));
}
