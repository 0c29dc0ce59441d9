using System.CommandLine;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Commands;

/// <summary><c>user</c>: people who sign in.</summary>
internal static class UserCommands
{
    private const string Who = "command-line";

    private static readonly Argument<string> Name = new("name") { Description = "1-63 of a-z 0-9 - _ . @" };
    private static readonly Option<string[]> RoleNames = new("--role") { Description = "viewer, operator, lighting, technician, admin or wall; may be given again", Required = true, HelpName = "ROLE" };
    private static readonly Option<string> Base = new("--url") { Description = "Address of the server in the link", DefaultValueFactory = _ => "http://127.0.0.1:8080", HelpName = "URL" };

    public static Command Make()
    {
        var add = new Command("add", "Add a user, or change roles and password; the password is read from standard input") { Name, RoleNames };
        add.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, (data, stop) => AddAsync(parsed, data, stop), cancel, mayCreate: true));
        var list = new Command("list", "List users and their roles");
        list.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, ListAsync, cancel));
        var remove = new Command("remove", "Remove a user; what they did stays on the record") { Name };
        remove.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, (data, stop) => RemoveAsync(parsed.GetRequiredValue(Name), data, stop), cancel));
        var link = new Command("link", "Print a link that signs a user in once, within 15 minutes") { Name, Base };
        link.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, (data, stop) => LinkAsync(parsed, data, stop), cancel));
        return new Command("user", "People who sign in") { add, list, remove, link };
    }

    private static async Task<int> AddAsync(ParseResult parsed, OpenData data, CancellationToken cancel)
    {
        var roles = RoleWords.Parse(parsed.GetRequiredValue(RoleNames))
            ?? throw new CommandFault($"There is no such role: use {RoleWords.All}.");
        var password = await PasswordAsync(cancel);
        await data.Identity.Users.PutAsync(parsed.GetRequiredValue(Name), roles, password, disabled: false, Who, cancel);
        Console.WriteLine($"{parsed.GetRequiredValue(Name)}: {string.Join(", ", roles.ToWords())}");
        return 0;
    }

    private static async Task<int> ListAsync(OpenData data, CancellationToken cancel)
    {
        foreach (var user in await data.Identity.Users.ListAsync(cancel))
        {
            Console.WriteLine($"{user.Name,-24} {string.Join(',', user.Roles.ToWords())}{(user.Disabled ? "  disabled" : "")}");
        }

        return 0;
    }

    private static async Task<int> RemoveAsync(string name, OpenData data, CancellationToken cancel)
    {
        if (!await data.Identity.Users.RemoveAsync(name, Who, cancel))
        {
            throw new CommandFault($"There is no user {name}: `user list` shows who there is.");
        }

        return 0;
    }

    private static async Task<int> LinkAsync(ParseResult parsed, OpenData data, CancellationToken cancel)
    {
        var name = parsed.GetRequiredValue(Name);
        if ((await data.Identity.Users.ListAsync(cancel)).TrueForAll(u => u.Name != name))
        {
            throw new CommandFault($"There is no user {name}: `user list` shows who there is, `user add` makes one.");
        }

        var code = await data.Identity.Sessions.NewCodeAsync(name, Roles.None, cancel);
        Console.WriteLine($"{parsed.GetRequiredValue(Base).TrimEnd('/')}/#code={code}");
        return 0;
    }

    private static async Task<string> PasswordAsync(CancellationToken cancel)
    {
        if (!Console.IsInputRedirected)
        {
            await Console.Error.WriteAsync("Password (it is shown; pipe it in to hide it): ");
        }

        return (await Console.In.ReadLineAsync(cancel))?.Trim('\r', '\n') is { Length: > 0 } password
            ? password
            : throw new CommandFault("No password on standard input: echo -n 'secret words' | smartcity-ingest user add NAME --role ROLE");
    }
}
