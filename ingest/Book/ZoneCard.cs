namespace SmartCity.Ingest.Book;

/// <summary>Whom to call about a zone.</summary>
/// <param name="Name">Who it is.</param>
/// <param name="Phone">The number: 3 to 32 of 0-9 + ( ) - . blank, # and *.</param>
/// <param name="Role">What they are there: caretaker, fire station.</param>
internal sealed record ZonePhone(string Name, string Phone, string? Role = null)
{
    private static readonly System.Buffers.SearchValues<char> Dialled = System.Buffers.SearchValues.Create("0123456789+()-. #*");

    /// <summary>What is wrong with it, or null.</summary>
    public string? Fault() =>
        string.IsNullOrWhiteSpace(Name) || Name.Length > 100 || Name.Any(char.IsControl) ? "each telephone number has a name of 1 to 100 characters"
        : Phone is null || Phone.Length is < 3 or > 32 || Phone.AsSpan().ContainsAnyExcept(Dialled) || !Phone.Any(char.IsAsciiDigit) ? "a telephone number has 3 to 32 of 0-9 + ( ) - . # * and blanks"
        : Role?.Length > 100 || Role?.Any(char.IsControl) == true ? "a role has at most 100 characters"
        : null;
}

/// <summary>Parts of a row that stay as they are when an edit does not speak of them, so that an older file takes nothing away.</summary>
[Flags]
internal enum EditParts
{
    None = 0,

    Boundary = 1,

    Runbook = 2,

    Phones = 4,

    Line = 8,
}

/// <summary>What duty officers may change of a zone.</summary>
internal static class ZoneCardLimits
{
    /// <summary>Characters of a runbook: three printed pages.</summary>
    public const int MaximumRunbook = 8000;

    /// <summary>Telephone numbers of one zone.</summary>
    public const int MaximumPhones = 20;
}
