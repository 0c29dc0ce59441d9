using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>Commands to devices: one-shot acts only (CONTRACTS, command). What is to last is state, and travels as desired.</summary>
internal static class CommandApi
{
    private const int MaximumCommand = 4096;

    /// <summary>What a gateway can be asked, and by whom: to silence a siren is an officer's act (fire.md).</summary>
    private static readonly Dictionary<string, Roles> Acts = new(StringComparer.Ordinal)
    {
        ["identify"] = Roles.Operator | Roles.Lighting | Roles.Technician | Roles.Admin,
        ["self-test"] = Roles.Operator | Roles.Lighting | Roles.Technician | Roles.Admin,
        ["silence-siren"] = Roles.Operator | Roles.Admin,
        ["reload"] = Roles.Technician | Roles.Admin,
    };

    /// <param name="Command">An object whose <c>type</c> is identify, self-test, silence-siren or reload.</param>
    /// <param name="ExpiresInSeconds">1 second to 1 hour; 5 minutes when missing.</param>
    internal sealed record CommandBody(JsonElement Command, int? ExpiresInSeconds = null);

    public static async Task ListAsync(Call call)
    {
        var (items, next) = await call.Services.Book.Commands.ListAsync(call.Query("device"), call.Before, call.Limit, call.Cancel);
        await call.ReplyAsync(new Page<CommandRow>(items, next));
    }

    public static async Task SendAsync(Call call)
    {
        var device = DeviceApi.Find(call);
        var body = await call.BodyAsync<CommandBody>();
        var type = body.Command.ValueKind == JsonValueKind.Object && body.Command.TryGetProperty("type", out var t) && t.ValueKind == JsonValueKind.String
            ? t.GetString()!
            : "";
        if (!Acts.TryGetValue(type, out var roles) || body.Command.GetRawText().Length > MaximumCommand)
        {
            throw ProblemException.Bad($"\"command\" is an object of at most 4 KiB whose \"type\" is one of {string.Join(", ", Acts.Keys)}.");
        }

        if ((call.Caller.Roles & roles) == 0)
        {
            throw ProblemException.Forbidden($"Your role does not allow \"{type}\".");
        }

        if (device.State != Service.Active || device.Gateway is null)
        {
            throw new ProblemException(409, "Conflict", "This device is out of service or hangs on no gateway.");
        }

        if (body.ExpiresInSeconds is not (null or (>= 1 and <= 3600)))
        {
            throw ProblemException.Bad("\"expiresInSeconds\" is from 1 to 3600.");
        }

        var life = body.ExpiresInSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : call.Services.Options.CommandLife;
        var command = await call.Services.Book.Commands.AddAsync(device.Id, device.Gateway, body.Command, life, call.Caller.Name, call.Cancel);
        await call.ReplyAsync(await SendStoredAsync(call, command), StatusCodes.Status202Accepted);
    }

    /// <summary>Sends a stored command if its gateway is here; otherwise the gateway gets it when it comes.</summary>
    public static async Task<CommandRow> SendStoredAsync(Call call, CommandRow command)
    {
        if (!await call.Services.SendCommand(command, call.Cancel))
        {
            return command;
        }

        await call.Services.Book.Commands.SentAsync(command.Id, CancellationToken.None);
        return command with { Status = "sent" };
    }
}
