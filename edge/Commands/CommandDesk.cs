using System.Text.Json;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Commands;

/// <summary>Takes commands, sees that each is done once and in time, and gives the answers.</summary>
/// <param name="act">Does one: its status and detail. Bounded by <see cref="Patience"/>.</param>
/// <param name="time">Clock for expiry.</param>
internal sealed class CommandDesk(Func<GatewayCommand, CancellationToken, ValueTask<(bool Done, string Detail)>> act, TimeProvider time)
{
    /// <summary>A command is a few hundred bytes; more is no command.</summary>
    private const int LargestCommand = 16 * 1024;

    /// <summary>Answers remembered, so that a command that comes again is answered again and not done again.</summary>
    private const int Remembered = 1_000;

    /// <summary>How long one act may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly string[] Acts = ["identify", "self-test", "reload", "silence-siren"];

    private readonly Dictionary<string, CommandResult> _answers = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

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

        if (_answers.TryGetValue(command.Id, out var known))
        {
            return known;
        }

        var result = await DecideAsync(command, cancel);
        if (_order.Count == Remembered)
        {
            _answers.Remove(_order.Dequeue());
        }

        _order.Enqueue(command.Id);
        return _answers[command.Id] = result;
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

    private async ValueTask<CommandResult> DecideAsync(GatewayCommand command, CancellationToken cancel)
    {
        if (command.Expires is not { } expires)
        {
            return new CommandResult(command.Id, "refused", "a command needs 'expires'");
        }

        if (time.GetUtcNow() >= expires)
        {
            return new CommandResult(command.Id, "expired", $"it expired at {expires:O}");
        }

        if (command.Act is not { } name || !Acts.Contains(name, StringComparer.Ordinal))
        {
            return new CommandResult(command.Id, "refused", $"this gateway knows {string.Join(", ", Acts)}");
        }

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
    }
}
