using System.CommandLine;

namespace SmartCity.Ingest.Commands;

/// <summary>The server's command line. Exit codes: 0 done, 1 it found a fault and says which, 2 wrong usage (CONTRACTS).</summary>
internal static class CommandLine
{
    public static readonly Option<string?> Config = new("--config") { Description = "YAML file of settings; `settings` lists them", Recursive = true, HelpName = "FILE" };
    public static readonly Option<string?> Data = new("--data") { Description = "Folder of log, book, history and certificates", Recursive = true, HelpName = "DIR" };
    public static readonly Option<string[]> Set = new("--set") { Description = "Any setting, as key=value; may be given again", Recursive = true, HelpName = "KEY=VALUE" };

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("SmartCity.IoT: takes a city's readings over MQTT, loses none, and raises its alerts.")
        {
            Config, Data, Set,
            ServeCommand.Make(),
            UserCommands.Make(),
            GatewayCommands.Make(),
            ServerCommands.Make(),
            KeyCommands.Make(),
            RegistryCommands.MakeImport(),
            MaintenanceCommands.MakeReplay(),
            MaintenanceCommands.MakeBackup(),
            BookCommands.Make(),
            SettingsCommand.Make(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message);
            }

            await Console.Error.WriteLineAsync("`--help` shows what there is.");
            return 2;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
