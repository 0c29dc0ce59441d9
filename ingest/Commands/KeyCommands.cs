using System.CommandLine;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Commands;

/// <summary><c>key</c>: API keys of programs.</summary>
internal static class KeyCommands
{
    private const string Who = "command-line";

    private static readonly Argument<string> Name = new("name") { Description = "What program it is for" };
    private static readonly Argument<string> Id = new("id") { Description = "As `key list` shows it" };
    private static readonly Option<string[]> ScopeNames = new("--scope") { Description = Scopes.Known, Required = true, HelpName = "SCOPE" };

    public static Command Make()
    {
        var add = new Command("add", "Make a key and print it: it is shown this once") { Name, ScopeNames };
        add.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, async (data, stop) =>
        {
            var (_, secret) = await data.Identity.Keys.CreateAsync(parsed.GetRequiredValue(Name), parsed.GetRequiredValue(ScopeNames), null, Who, stop);
            Console.WriteLine(secret);
            return 0;
        }, cancel));
        var list = new Command("list", "List keys, without their secrets");
        list.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, async (data, stop) =>
        {
            foreach (var key in await data.Identity.Keys.ListAsync(stop))
            {
                Console.WriteLine($"{key.Id}  {key.Name,-24} {string.Join(',', key.Scopes)}{(key.RevokedAt is null ? "" : "  revoked")}");
            }

            return 0;
        }, cancel));
        var revoke = new Command("revoke", "End a key") { Id };
        revoke.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, async (data, stop) =>
            await data.Identity.Keys.RevokeAsync(parsed.GetRequiredValue(Id), Who, stop) ? 0 : throw new CommandFault("There is no such key in force: `key list` shows them."), cancel));
        return new Command("key", "API keys of programs") { add, list, revoke };
    }
}
