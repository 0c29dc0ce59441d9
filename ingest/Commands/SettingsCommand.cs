using System.CommandLine;
using SmartCity.Ingest.Serve;

namespace SmartCity.Ingest.Commands;

/// <summary><c>settings</c>: every setting, its default and what it does; and the reading of settings for all other commands.</summary>
internal static class SettingsCommand
{
    public static Command Make()
    {
        var command = new Command("settings", "List every setting with its default and its environment variable");
        command.SetAction(_ =>
        {
            foreach (var key in SettingKeys.All)
            {
                Console.WriteLine($"{key.Name} = {(key.Default.Length == 0 ? "(none)" : key.Default)}");
                Console.WriteLine($"    {key.Help}");
                Console.WriteLine($"    {key.Variable}{(key.Secret ? " (environment or file only)" : "")}");
            }

            return 0;
        });
        return command;
    }

    /// <summary>Reads the settings; null after saying what is wrong with them.</summary>
    public static ServeOptions? Read(ParseResult parsed, IEnumerable<(string Key, string Value)> more)
    {
        var given = more.ToList();
        if (parsed.GetValue(CommandLine.Data) is { } data)
        {
            given.Add((SettingKeys.Data.Name, data));
        }

        foreach (var pair in parsed.GetValue(CommandLine.Set) ?? [])
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            given.Add(at < 0 ? (pair, "") : (pair[..at], pair[(at + 1)..]));
        }

        var settings = Settings.Load(parsed.GetValue(CommandLine.Config), Environment.GetEnvironmentVariable, given);
        var options = ServeOptions.From(settings);
        if (settings.Errors.Count == 0)
        {
            return options;
        }

        foreach (var error in settings.Errors)
        {
            Console.Error.WriteLine(error);
        }

        return null;
    }
}
