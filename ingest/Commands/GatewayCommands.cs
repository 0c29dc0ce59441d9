using System.CommandLine;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Commands;

/// <summary><c>gateway</c>: enrolment codes, signing by file, revocation.</summary>
internal static class GatewayCommands
{
    private const string Who = "command-line";

    private static readonly Argument<string[]> Names = new("id") { Description = "Gateways, 1-63 of a-z 0-9 - _ each", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<bool> All = new("--all") { Description = "Every gateway of the registry" };

    public static Command Make()
    {
        var some = new Argument<string[]>("id") { Description = "Gateways", Arity = ArgumentArity.ZeroOrMore };
        var code = new Command("code", "Register gateways if need be, and print an enrolment code for each: good once, for 24 hours") { some, All };
        code.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, (data, stop) => CodeAsync(parsed.GetValue(some) ?? [], parsed.GetValue(All), data, stop), cancel, mayCreate: true));
        var list = new Command("list", "List gateways");
        list.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, ListAsync, cancel));
        var revoke = new Command("revoke", "Withdraw the certificates of gateways; a running server closes their connections") { Names };
        revoke.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, (data, stop) => RevokeAsync(parsed.GetRequiredValue(Names), data, stop), cancel));
        return new Command("gateway", "Gateways: enrolment codes, signing by file, revocation") { code, GatewaySign.Make(), list, revoke };
    }

    private static async Task<int> CodeAsync(string[] ids, bool all, OpenData data, CancellationToken cancel)
    {
        var registry = data.Book.Registry;
        IReadOnlyList<string> wanted = all
            ? [.. registry.Current.Gateways.Values.Where(g => g.State == Service.Active).Select(g => g.Id).Order(StringComparer.Ordinal)]
            : ids;
        if (wanted.Count == 0)
        {
            throw new CommandFault("Name a gateway, or say --all.");
        }

        var unknown = wanted.Where(id => !registry.Current.Gateways.ContainsKey(id)).ToList();
        if (unknown.Count > 0)
        {
            await registry.PutAsync(new RegistryEdits { Gateways = [.. unknown.Select(id => new GatewayEdit { Id = id })] }, Who, cancel);
        }

        foreach (var id in wanted)
        {
            var made = await data.Identity.Enrolment.NewCodeAsync(id, Who, cancel);
            Console.WriteLine($"{id} {made.Code} {made.CaFingerprint}");
        }

        return 0;
    }

    private static Task<int> ListAsync(OpenData data, CancellationToken cancel)
    {
        foreach (var gateway in data.Book.Registry.Current.Gateways.Values.OrderBy(g => g.Id, StringComparer.Ordinal))
        {
            Console.WriteLine($"{gateway.Id,-40} {(gateway.State == Service.Active ? "" : gateway.State.ToString().ToLowerInvariant()),-16} {gateway.Name}");
        }

        return Task.FromResult(0);
    }

    private static async Task<int> RevokeAsync(string[] ids, OpenData data, CancellationToken cancel)
    {
        foreach (var id in ids)
        {
            var count = await data.Identity.Trust.RevokeAsync(id, Who, cancel);
            Console.WriteLine($"{id}: {count} certificate(s) revoked");
        }

        return 0;
    }
}
