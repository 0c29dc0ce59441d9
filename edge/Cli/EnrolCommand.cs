using System.CommandLine;
using SmartCity.Edge.Enrolment;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge enrol</c>: this gateway's certificate, over the network or by a file carried to the server and back.</summary>
internal static class EnrolCommand
{
    /// <summary>Where the code may stand.</summary>
    public const string CodeVariable = "SMARTCITY_ENROL_CODE";

    // The server's own default port (CONTRACTS, HTTP).
    private const int HttpsPort = 8443;

    private sealed record Wish(string Gateway, string Directory, ConfigPeek? Config, string ConfigFile, ParseResult Parsed);

    /// <summary>The command.</summary>
    public static Command Create(Desk desk)
    {
        var command = desk.Command("enrol", (parsed, stop) => RunAsync(desk, parsed, stop));
        foreach (var option in Options())
        {
            command.Add(option);
        }

        // It is taken so that it can be refused in words, and so that the code is never echoed by a parser's message.
        var code = new Argument<string[]>("code") { Arity = ArgumentArity.ZeroOrMore, Hidden = true };
        code.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value.StartsWith('-')))
            {
                result.AddError($"Unrecognized command or argument '{token.Value}'.");
            }
        });
        command.Add(code);
        return command;
    }

    /// <summary>The options, for <c>replace</c> too.</summary>
    public static IEnumerable<Option> Options() =>
    [
        new Option<string?>("--server") { HelpName = "URL" },
        new Option<string?>("--gateway") { HelpName = "NAME" },
        new Option<string?>("--ca-fingerprint") { HelpName = "SHA256" },
        new Option<string?>("--ca") { HelpName = "FILE" },
        new Option<string?>("--out") { HelpName = "DIR" },
        new Option<string?>("--request") { HelpName = "FILE" },
        new Option<string?>("--answer") { HelpName = "FILE" },
        Desk.ConfigOption(),
    ];

    /// <summary>Enrols as the options say.</summary>
    /// <exception cref="CliException">Something is missing.</exception>
    /// <exception cref="EnrolException">It did not succeed.</exception>
    public static async Task<int> RunAsync(Desk desk, ParseResult parsed, CancellationToken stop)
    {
        var words = desk.Words;
        if (parsed.GetValue<string[]>("code") is { Length: > 0 })
        {
            throw new CliException(ExitCodes.Usage, words["enrol.code-argument"], words["enrol.code-how"]);
        }

        var configFile = desk.ConfigFile(parsed);
        var config = ConfigPeek.TryRead(configFile);
        if (config is null && ConfigAccess.Fault(configFile) is null or UnauthorizedAccessException)
        {
            // There is one: without it key and certificate would go somewhere else, and its service would not find them.
            ConfigAccess.Require(configFile, words);
        }

        var gateway = parsed.GetValue<string?>("--gateway") ?? config?.Gateway
            ?? throw new CliException(ExitCodes.Usage, words["enrol.no-gateway"], words.Say("enrol.no-gateway.next", configFile));
        if (!Identifier.IsValid(gateway))
        {
            throw new CliException(ExitCodes.Usage, words.Say("identifier.bad", gateway), words["identifier.next"]);
        }

        var directory = parsed.GetValue<string?>("--out") ?? (config is null ? "." : Path.GetDirectoryName(Path.GetFullPath(configFile))!);
        var wish = new Wish(gateway, directory, config, configFile, parsed);
        return (parsed.GetValue<string?>("--request"), parsed.GetValue<string?>("--answer")) switch
        {
            (not null, not null) => throw new CliException(ExitCodes.Usage, words["enrol.both"]),
            ({ } file, null) => Request(desk, wish, file),
            (null, { } file) => Install(desk, wish, file),
            _ => await OnlineAsync(desk, wish, stop),
        };
    }

    private static int Request(Desk desk, Wish wish, string file)
    {
        var fingerprint = OfflineEnrolment.Request(wish.Gateway, wish.Directory, file);
        Own(wish, OfflineEnrolment.Pending(wish.Directory, wish.Gateway));
        var (screen, words) = (desk.Screen, desk.Words);
        screen.Prose(words.Say("enrol.requested", wish.Gateway), Tone.Good, 2, "✔ ");
        screen.Raw($"request: {file}");
        screen.Raw($"key-fingerprint: {fingerprint}");
        screen.Gap();
        screen.Prose(words["enrol.carry"]);
        screen.Raw($"  smartcity-ingest gateway sign --data DIR --request {Path.GetFileName(file)} --out {wish.Gateway}.answer");
        screen.Prose(words.Say("enrol.carry.back", fingerprint));
        var same = string.Concat(new[] { ConfigPath.Option, "--out" }.Select(o => wish.Parsed.GetValue<string?>(o) is { } given ? $" {o} {given}" : ""));
        screen.Raw($"  sudo smartcity-edge {wish.Parsed.CommandResult.Command.Name} --answer {wish.Gateway}.answer{same}");
        return ExitCodes.Done;
    }

    private static int Install(Desk desk, Wish wish, string file)
    {
        var fingerprint = Enroller.Normalize(Fingerprint(desk, wish));
        var (files, notBefore) = OfflineEnrolment.Install(wish.Gateway, wish.Directory, file, fingerprint);
        Tell(desk, wish, files);
        var now = desk.Host.Time.GetUtcNow();
        if (now < notBefore || now > files.NotAfter)
        {
            desk.Screen.Prose(
                desk.Words.Say("enrol.clock", Moments.Minute(now), Moments.Minute(notBefore), Moments.Minute(files.NotAfter)), Tone.Warning, 2, "! ");
            desk.Screen.Prose(desk.Words["next.clock"], Tone.Plain, 2, "→ ");
        }

        return ExitCodes.Done;
    }

    private static async Task<int> OnlineAsync(Desk desk, Wish wish, CancellationToken stop)
    {
        var server = Server(desk, wish);
        var fingerprint = Fingerprint(desk, wish);
        Enroller.Normalize(fingerprint);
        var code = await CodeAsync(desk, stop);
        var files = await Enroller.EnrolAsync(server, wish.Gateway, code, fingerprint, wish.Parsed.GetValue<string?>("--ca"), wish.Directory, stop);
        Tell(desk, wish, files);
        if (wish.Config is { } config && server.Scheme == Uri.UriSchemeHttps && !config.Https.Any(h => Uri.TryCreate(h, UriKind.Absolute, out var has) && has == server))
        {
            // Renewal asks there in eleven months, when nobody remembers the option.
            var text = File.ReadAllText(wish.ConfigFile);
            if (ConfigEdit.SetList(text, "https", server.GetLeftPart(UriPartial.Authority)) is { } changed)
            {
                ConfigEdit.Save(wish.ConfigFile, changed);
                desk.Screen.Prose(desk.Words.Say("enrol.https-set", server.GetLeftPart(UriPartial.Authority), wish.ConfigFile), Tone.Quiet);
            }
        }

        return ExitCodes.Done;
    }

    private static Uri Server(Desk desk, Wish wish)
    {
        var text = wish.Parsed.GetValue<string?>("--server") ?? (wish.Config?.Https is [var first, ..] ? first : null);
        if (text is null && wish.Config?.Servers is [var mqtt, ..] && Uri.TryCreate(mqtt, UriKind.Absolute, out var address) && address.Scheme == "mqtts")
        {
            text = $"https://{address.Host}:{HttpsPort}";
        }

        if (text is null)
        {
            throw new CliException(ExitCodes.Usage, desk.Words["enrol.no-server"], desk.Words["enrol.no-server.next"]);
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var server) && server.Scheme is "https" or "http"
            ? server
            : throw new CliException(ExitCodes.Usage, desk.Words.Say("enrol.bad-server", text), desk.Words["enrol.no-server.next"]);
    }

    private static string Fingerprint(Desk desk, Wish wish)
    {
        if (wish.Parsed.GetValue<string?>("--ca-fingerprint") is { } given)
        {
            return given;
        }

        return desk.Screen.Interactive
            ? desk.Screen.Ask(desk.Words["enrol.ask-fingerprint"])
            : throw new CliException(ExitCodes.Usage, desk.Words["enrol.no-fingerprint"], desk.Words["enrol.no-fingerprint.next"]);
    }

    private static async Task<string> CodeAsync(Desk desk, CancellationToken stop)
    {
        var code = desk.Host.Variable(CodeVariable) is { Length: > 0 } set ? set
            : desk.Screen.Interactive ? desk.Screen.AskSecret(desk.Words["enrol.ask-code"])
            : await desk.Host.In.ReadLineAsync(stop);
        return string.IsNullOrWhiteSpace(code)
            ? throw new CliException(ExitCodes.Usage, desk.Words["enrol.no-code"], desk.Words["enrol.code-how"])
            : code.Trim();
    }

    private static void Tell(Desk desk, Wish wish, EnrolledFiles files)
    {
        Own(wish, files.Key, files.Certificate, files.Ca);
        var (screen, words) = (desk.Screen, desk.Words);
        screen.Prose(words.Say("enrol.done", wish.Gateway, Moments.Day(files.NotAfter)), Tone.Good, 2, "✔ ");
        screen.Raw($"certificate: {files.Certificate}");
        screen.Raw($"key: {files.Key}");
        screen.Raw($"ca: {files.Ca}");
        if (wish.Config is not { } config)
        {
            screen.Prose(words["enrol.put-config"], Tone.Plain, 2, "→ ");
            return;
        }

        if (Same(config.Certificate, files.Certificate) && Same(config.Key, files.Key) && Same(config.Ca, files.Ca))
        {
            screen.Prose(words.Say("enrol.config-has", wish.ConfigFile), Tone.Quiet);
        }
        else
        {
            var home = Path.GetDirectoryName(Path.GetFullPath(wish.ConfigFile))!;
            string Short(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) == home ? Path.GetFileName(path) : Path.GetFullPath(path);
            var text = File.ReadAllText(wish.ConfigFile);
            text = ConfigEdit.Set(text, "certificate", Short(files.Certificate));
            text = ConfigEdit.Set(text, "key", Short(files.Key));
            ConfigEdit.Save(wish.ConfigFile, ConfigEdit.Set(text, "ca", Short(files.Ca)));
            screen.Prose(words.Say("enrol.config-set", wish.ConfigFile), Tone.Quiet);
        }

        screen.Prose(words["enrol.next"], Tone.Plain, 2, "→ ");
    }

    /// <summary>The service's user owns the data directory; it has to read the key.</summary>
    private static void Own(Wish wish, params string[] files)
    {
        var like = wish.Config?.Data is { } data && Directory.Exists(data) ? data : Path.GetDirectoryName(Path.GetFullPath(files[0]))!;
        foreach (var file in files)
        {
            FileOwner.LikeFile(file, like);
        }
    }

    private static bool Same(string? configured, string made) => configured is not null && Path.GetFullPath(configured) == Path.GetFullPath(made);
}
