using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Lights;

/// <summary>Which lamps something is about.</summary>
internal enum LightScope
{
    /// <summary>Every lamp.</summary>
    City,

    /// <summary>Lamps of the streets of a ward.</summary>
    Ward,

    /// <summary>Lamps of a street.</summary>
    Street,

    /// <summary>Lamps of a group.</summary>
    Group,

    /// <summary>One lamp.</summary>
    Lamp,
}

/// <summary>A place of lamps as text: <c>city</c>, <c>ward/W</c>, <c>street/S</c>, <c>group/G</c>, <c>lamp/L</c>. A ward is named as its streets name it.</summary>
/// <param name="Scope">What kind of place.</param>
/// <param name="Id">Which; empty for the city.</param>
internal readonly record struct LightTarget(LightScope Scope, string Id)
{
    /// <summary>Longest name of a ward.</summary>
    public const int LongestWard = 200;

    /// <summary>Every lamp.</summary>
    public static LightTarget City { get; } = new(LightScope.City, "");

    /// <summary>Reads one; false when it is none.</summary>
    public static bool TryParse(string? text, out LightTarget target)
    {
        target = City;
        if (text is null or "city")
        {
            return text is not null;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return false;
        }

        LightScope? scope = text[..slash] switch
        {
            "ward" => LightScope.Ward,
            "street" => LightScope.Street,
            "group" => LightScope.Group,
            "lamp" => LightScope.Lamp,
            _ => null,
        };
        var id = text[(slash + 1)..];
        if (scope is not { } known || !(known == LightScope.Ward ? id.Length is > 0 and <= LongestWard : Identifiers.IsValid(id)))
        {
            return false;
        }

        if ((known == LightScope.Ward ? WardOf(id) : id) is not { } name)
        {
            return false;
        }

        target = new LightTarget(known, name);
        return true;
    }

    /// <summary>A ward's name in the one form in which it is compared: Vietnamese letters may be written as one character or as a letter and its marks (Unicode TR 15).</summary>
    /// <returns>Null when there is none, or it is no text.</returns>
    public static string? WardOf(string? name)
    {
        try
        {
            return name?.Normalize();
        }
        catch (ArgumentException)
        {
            return null; // half of a surrogate pair
        }
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => Scope == LightScope.City ? "city" : $"{Scope.ToString().ToLowerInvariant()}/{Id}";
}
