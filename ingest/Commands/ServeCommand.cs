using System.CommandLine;
using SmartCity.Ingest.Serve;

namespace SmartCity.Ingest.Commands;

/// <summary><c>serve</c>: the server itself.</summary>
internal static class ServeCommand
{
    private static readonly (Option<string?> Option, SettingKey Key)[] Texts =
    [
        (Text("--http", "Plain HTTP port (0: a free one, off: none); loopback unless plain-bind says otherwise", "PORT"), SettingKeys.HttpPort),
        (Text("--https", "HTTPS port", "PORT"), SettingKeys.HttpsPort),
        (Text("--mqtt", "Plain MQTT port", "PORT"), SettingKeys.MqttPort),
        (Text("--mqtts", "MQTT over TLS with client certificates", "PORT"), SettingKeys.MqttsPort),
        (Text("--bind", "Address of the TLS ports", "ADDRESS"), SettingKeys.Bind),
        (Text("--influx", "InfluxDB's address; without it history is kept in SQLite", "URL"), SettingKeys.InfluxUrl),
        (Text("--influx-db", "InfluxDB 1.x database", "NAME"), SettingKeys.InfluxDb),
        (Text("--influx-bucket", "InfluxDB 2.x bucket", "NAME"), SettingKeys.InfluxBucket),
        (Text("--influx-org", "InfluxDB 2.x organisation", "NAME"), SettingKeys.InfluxOrg),
    ];

    private static readonly Option<bool> Open = new("--open") { Description = "Let anonymous clients on loopback try things" };
    private static readonly Option<bool> OneTimeLogin = new("--one-time-login") { Description = "Print a link that signs an administrator in once" };

    public static Command Make()
    {
        var command = new Command("serve", "Run the server");
        foreach (var (option, _) in Texts)
        {
            command.Options.Add(option);
        }

        command.Options.Add(Open);
        command.Options.Add(OneTimeLogin);
        command.SetAction((parsed, cancel) => RunAsync(parsed, cancel));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var given = Texts
            .Select(t => (t.Key.Name, Value: parsed.GetValue(t.Option)))
            .Where(t => t.Value is not null)
            .Select(t => (t.Name, t.Value!))
            .ToList();
        if (parsed.GetValue(Open))
        {
            given.Add((SettingKeys.Open.Name, "true"));
        }

        if (SettingsCommand.Read(parsed, given) is not { } options)
        {
            return 2;
        }

        return await Faults.ToldAsync(async () =>
        {
            await using var server = await CityServer.StartAsync(options, TimeProvider.System, cancel);
            Console.WriteLine("ready " + string.Join(' ', server.Addresses.Select(a => $"{a.Name}={a.Address}")));
            if (parsed.GetValue(OneTimeLogin))
            {
                Console.WriteLine("login " + await server.OneTimeLoginAsync(cancel));
            }

            await Console.Out.FlushAsync(cancel);
            var over = await Task.WhenAny(server.WaitForShutdownAsync(cancel), server.Engine.Superseded);
            if (over != server.Engine.Superseded)
            {
                return 0;
            }

            // What still runs here is of no use to anybody; its supervisor is waiting to start it anew.
            await Console.Error.WriteLineAsync(await server.Engine.Superseded);
            _ = Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None).ContinueWith(static _ => Environment.Exit(1), TaskScheduler.Default);
            return 1;
        });
    }

    private static Option<string?> Text(string name, string description, string help) => new(name) { Description = description, HelpName = help };
}
