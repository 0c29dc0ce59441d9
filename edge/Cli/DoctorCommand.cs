using System.CommandLine;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Edge.Doctor;
using Spectre.Console;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge doctor</c>: looks at everything between a sensor and the city, and says what to mend.</summary>
internal static class DoctorCommand
{
    private const string Json = "--json";

    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var command = desk.Command("doctor", (parsed, stop) => RunAsync(desk, desk.ConfigFile(parsed), parsed.GetValue<bool>(Json), stop));
        command.Add(new Option<bool>(Json));
        command.Add(Desk.ConfigOption());
        return command;
    }

    /// <summary>Version of this program.</summary>
    public static string Version => Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0";

    /// <summary>Somebody to look at.</summary>
    public static Patient Patient(Desk desk, string configFile, ConfigPeek? peek = null) => new()
    {
        ConfigFile = configFile,
        Peek = peek,
        Words = desk.Words,
        Time = desk.Host.Time,
        OpenBoard = desk.Host.OpenBoard,
        Inventory = desk.Host.Inventory,
        Clock = desk.Host.Clock,
    };

    /// <summary>How it ended in all.</summary>
    public static Verdict Worst(IEnumerable<Examined> all) => all.SelectMany(e => e.Findings).Select(f => f.Verdict).Where(v => v != Verdict.Skip)
        .DefaultIfEmpty(Verdict.Pass).Max();

    private static async Task<int> RunAsync(Desk desk, string configFile, bool json, CancellationToken stop)
    {
        var patient = Patient(desk, configFile);
        var screen = desk.Screen;
        if (json)
        {
            var silent = await Examination.RunAsync(patient, static _ => { }, static _ => { }, stop);
            screen.Raw(JsonSerializer.Serialize(Report(desk, patient, silent), DoctorJson.Default.DoctorReport));
            return Worst(silent) == Verdict.Fail ? ExitCodes.Fault : ExitCodes.Done;
        }

        screen.Prose($"smartcity-edge {Version} · {configFile} · {Moments.Minute(TimeZoneInfo.ConvertTime(desk.Host.Time.GetUtcNow(), LocalTime.Zone(ConfigPeek.TryRead(configFile))))}", Tone.Strong);
        screen.Gap();
        IReadOnlyList<Examined> all;
        if (screen is { Terminal: true, Interactive: true })
        {
            all = await screen.Console.Status().StartAsync(
                desk.Words["doctor.begin"],
                status => Examination.RunAsync(patient, name => status.Status(Markup.Escape(desk.Words[$"doctor.{name}"])), e => Show(screen, e), stop));
        }
        else
        {
            all = await Examination.RunAsync(patient, static _ => { }, e => Show(screen, e), stop);
        }

        screen.Gap();
        Sum(screen, all);
        return Worst(all) == Verdict.Fail ? ExitCodes.Fault : ExitCodes.Done;
    }

    private static void Show(Screen screen, Examined examined)
    {
        var column = 2 + Examination.All.Max(c => screen.Words[$"doctor.{c.Name}"].Length) + 2;
        var name = screen.Words[$"doctor.{examined.Check.Name}"];
        foreach (var finding in examined.Findings)
        {
            var (sign, tone) = finding.Verdict switch
            {
                Verdict.Pass => ("✔", Tone.Good),
                Verdict.Warn => ("!", Tone.Warning),
                Verdict.Fail => ("✘", Tone.Bad),
                _ => ("–", Tone.Quiet),
            };
            screen.Prose(finding.What, tone, column, $"{sign} {name}".PadRight(column));
            if (finding is { Fix: { } fix, Verdict: Verdict.Warn or Verdict.Fail })
            {
                screen.Prose(fix, Tone.Plain, column + 2, new string(' ', column) + "→ ");
            }

            name = "";
        }
    }

    private static void Sum(Screen screen, IReadOnlyList<Examined> all)
    {
        var findings = all.SelectMany(e => e.Findings).ToList();
        var (fails, warnings) = (findings.Count(f => f.Verdict == Verdict.Fail), findings.Count(f => f.Verdict == Verdict.Warn));
        if (fails > 0)
        {
            screen.Prose(screen.Words.Say("doctor.sum.fail", fails, warnings), Tone.Bad, 2, "✘ ");
            screen.Prose(First(screen.Words, all, Verdict.Fail), Tone.Strong, 2, "→ ");
        }
        else if (warnings > 0)
        {
            screen.Prose(screen.Words.Say("doctor.sum.warn", warnings), Tone.Warning, 2, "! ");
            screen.Prose(First(screen.Words, all, Verdict.Warn), Tone.Strong, 2, "→ ");
        }
        else
        {
            screen.Prose(screen.Words["doctor.sum.ok"], Tone.Good, 2, "✔ ");
            screen.Prose(screen.Words["doctor.sum.ok.next"], Tone.Plain, 2, "→ ");
        }
    }

    private static string First(Words words, IReadOnlyList<Examined> all, Verdict verdict)
    {
        var first = all.First(e => e.Findings.Any(f => f.Verdict == verdict));
        return words.Say("doctor.sum.first", words[$"doctor.{first.Check.Name}"], first.Findings.First(f => f.Verdict == verdict).Fix);
    }

    private static DoctorReport Report(Desk desk, Patient patient, IReadOnlyList<Examined> all) => new(
        patient.Peek?.Gateway, Version, desk.Host.Time.GetUtcNow(), Worst(all),
        [.. all.SelectMany(e => e.Findings.Select(f => new DoctorLine(e.Check.Name, f.Verdict, f.What, f.Fix, (int)e.Took.TotalMilliseconds)))]);
}

/// <summary>An examination for programs.</summary>
/// <param name="Gateway">The gateway's name, if the configuration has one.</param>
/// <param name="Version">Of this program.</param>
/// <param name="At">When.</param>
/// <param name="Verdict">The worst of all.</param>
/// <param name="Findings">Everything found, in order.</param>
internal sealed record DoctorReport(string? Gateway, string Version, DateTimeOffset At, Verdict Verdict, IReadOnlyList<DoctorLine> Findings);

/// <summary>One finding for programs.</summary>
internal sealed record DoctorLine(string Check, Verdict Verdict, string What, string? Fix, int CheckMilliseconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;
