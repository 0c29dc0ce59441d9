using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Commands;

/// <summary>Turns what a person can mend into a sentence and exit code 1; anything else is a defect and shows its trace.</summary>
internal static class Faults
{
    public static async Task<int> ToldAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        catch (Exception e) when (Words(e) is { } words)
        {
            await Console.Error.WriteLineAsync(words);
            return 1;
        }
    }

    private static string? Words(Exception e) => e switch
    {
        BookEngineException => $"The database cannot be used: {e.Message}",
        KindException or BookException or CityCaException or LogInUseException or LogDamagedException or LogCursorException => e.Message,
        IdentityException identity => $"{identity.Field}: {identity.Message}",
        RegistryException or CommandFault => e.Message,
        SqliteException => $"The database cannot be used: {e.Message}",
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException inner } => $"{e.Message} Choose another port (0 for a free one). [{inner.Message}]",
        IOException or UnauthorizedAccessException or SocketException => e.Message,
        _ => null,
    };
}

/// <summary>A fault that a command found; the message says what to do.</summary>
internal sealed class CommandFault(string message) : Exception(message);
