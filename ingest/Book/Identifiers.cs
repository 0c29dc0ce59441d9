using System.Buffers;

namespace SmartCity.Ingest.Book;

/// <summary>The form of ids and names, for text (the wire's UTF-8 form is judged in the telemetry room).</summary>
internal static class Identifiers
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");
    private static readonly SearchValues<char> AllowedInNames = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.@");

    /// <summary>1–63 of a-z 0-9 - _ (CONTRACTS, Identity).</summary>
    public static bool IsValid(string text) => text.Length is >= 1 and <= 63 && !text.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>A person's or program's login name: as an id, and . and @.</summary>
    public static bool IsLogin(string text) => text.Length is >= 1 and <= 63 && !text.AsSpan().ContainsAnyExcept(AllowedInNames);
}
