using System.Text.Json;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Commands;

/// <summary>Takes commands, sees that each is done once and in time, and gives the answers. One at a time.</summary>
/// <param name="act">Does one: its status and detail. Bounded by <see cref="Patience"/>.</param>
/// <param name="journal">Remembers them over a restart.</param>
/// <param name="clockKnown">Whether anybody knows the time: without it nobody knows what has expired.</param>
/// <param name="time">Clock for expiry.</param>
internal sealed class CommandDesk(
    Func<GatewayCommand, CancellationToken, ValueTask<(bool Done, string Detail)>> act, CommandJournal journal, Func<bool> clockKnown, TimeProvider time)
{
    /// <summary>A command is a few hundred bytes; more is no command.</summary>
    private const int LargestCommand = 16 * 1024;

    /// <summary>How long one act may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly string[] Acts = ["identify", "self-test", "reload", "silence-siren"];

    /// <summary>Commands that were no commands; counted because there is nobody to answer.</summary>
    public long Unreadable { get; private set; }

    /// <summary>Answers one command; null when it names no id to answer to.</summary>
    public async ValueTask<CommandResult?> TakeAsync(ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        if (Parse(payload) is not { } command)
        {
            Unreadable++;
            return null;
        }

        if (journal.Find(command.Id) is { } known)
        {
            return known;
        }

        var result = Refusal(command);
        if (result is null)
        {
            try
            {
                journal.Begin(command.Id);
            }
            catch (IOException e)
            {
                return new CommandResult(command.Id, "failed", $"not carried out, because it could not be noted: {e.Message}");
            }

            result = await CarryOutAsync(command, cancel);
        }

        try
        {
            journal.End(result);
        }
        catch (IOException)
        {
            // It is remembered until the restart; after one the journal says that it was interrupted, which is not done twice either.
        }

        return result;
    }

    private static GatewayCommand? Parse(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > LargestCommand)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(payload.Span, EdgeJson.Default.GatewayCommand) is { Id: not null } command
                && Identifier.IsValid(command.Id.ToLowerInvariant())
                ? command
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private CommandResult? Refusal(GatewayCommand command)
    {
        if (command.Expires is not { } expires)
        {
            return new CommandResult(command.Id, "refused", "a command needs 'expires'");
        }

        if (!clockKnown())
        {
            return new CommandResult(command.Id, "refused", "the gateway does not know the time, so it cannot tell whether this is still wanted");
        }

        if (time.GetUtcNow() >= expires)
        {
            return new CommandResult(command.Id, "expired", $"it expired at {expires:O}");
        }

        return command.Act is { } name && Acts.Contains(name, StringComparer.Ordinal)
            ? null
            : new CommandResult(command.Id, "refused", $"this gateway knows {string.Join(", ", Acts)}");
    }

    private async ValueTask<CommandResult> CarryOutAsync(GatewayCommand command, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            var (done, detail) = await act(command, both.Token);
            return new CommandResult(command.Id, done ? "done" : "failed", detail);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new CommandResult(command.Id, "failed", "it took longer than 10 s");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new CommandResult(command.Id, "failed", e.Message);
        }
    }
}
