using System.CommandLine;
using System.CommandLine.Help;

namespace SmartCity.Edge.Cli;

/// <summary>The gateway's command line. Exit codes: 0 done, 1 it found a fault and says which, 2 wrong usage (CONTRACTS).</summary>
internal static class CommandLine
{
    private const string LanguageOption = "--lang";

    /// <summary>Runs one command line.</summary>
    /// <param name="args">Arguments.</param>
    /// <param name="host">What it stands in.</param>
    /// <param name="stop">Ends it, for those who run it inside another program; a process is ended by its signals.</param>
    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken stop = default)
    {
        var configured = ConfigPeek.TryRead(ConfigPath.Of(args, host.Variable))?.Language;
        var words = Words.Of(Words.Choose(Asked(args), host.Variable, configured));
        var screen = new Screen(host, words);
        var root = Root(host, screen);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpPage)
        {
            screen.Fault(string.Join('\n', UsageWords.Of(parsed, words)), words.Say("usage.help", HelpPage.Path(parsed.CommandResult.Command)));
            return ExitCodes.Usage;
        }

        if (Asked(args) is { } language and not ("vi" or "en"))
        {
            screen.Fault(words.Say("init.bad-language", language), words.Say("usage.help", HelpPage.Path(parsed.CommandResult.Command)));
            return ExitCodes.Usage;
        }

        // Stopping takes as long as the last acknowledgements are awaited, not the library's two seconds.
        var invocation = new InvocationConfiguration
        {
            Output = host.Out,
            Error = host.Error,
            ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
            EnableDefaultExceptionHandler = false,
        };
        return await parsed.InvokeAsync(invocation, stop);
    }

    /// <summary>Every command, in a person's language.</summary>
    public static RootCommand Root(CliHost host, Screen screen)
    {
        var desk = new Desk(host, screen);
        var root = new RootCommand(screen.Words["help.root"])
        {
            new Option<string?>(LanguageOption) { Recursive = true, HelpName = "vi|en" },
            EnrolCommand.Create(desk),
            InitCommand.Create(desk),
            ScanCommand.Create(desk),
            DoctorCommand.Create(desk),
            WatchCommand.Create(desk),
            TestCommand.Create(desk),
            ReplaceCommand.Create(desk),
            HandoverCommand.Create(desk),
            SetTimeCommand.Create(desk),
            RunCommand.Create(desk),
        };
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new HelpPage(screen);
        }

        return root;
    }

    private static string? Asked(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == LanguageOption && i + 1 < args.Length)
            {
                return args[i + 1];
            }

            if (args[i].StartsWith(LanguageOption + "=", StringComparison.Ordinal))
            {
                return args[i][(LanguageOption.Length + 1)..];
            }
        }

        return null;
    }
}
