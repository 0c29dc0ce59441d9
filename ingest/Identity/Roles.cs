namespace SmartCity.Ingest.Identity;

/// <summary>What a person may be. A person may have several roles.</summary>
[Flags]
internal enum Roles
{
    None = 0,

    /// <summary>Sees everything, changes nothing.</summary>
    Viewer = 1,

    /// <summary>Duty officer: acts on alerts.</summary>
    Operator = 2,

    /// <summary>Lighting operator: lamps, and alerts about lamps.</summary>
    Lighting = 4,

    /// <summary>Field technician: gateways and devices, enrolment, and the alerts they mend.</summary>
    Technician = 8,

    /// <summary>People, keys, and everything else.</summary>
    Admin = 16,

    /// <summary>A wall display: sees what a viewer sees, and its session does not end while it is used. Never beside another role.</summary>
    Wall = 32,

    /// <summary>Whoever has signed in.</summary>
    Anybody = Viewer | Operator | Lighting | Technician | Admin | Wall,
}

/// <summary>Roles as words.</summary>
internal static class RoleWords
{
    private static readonly (Roles Role, string Word)[] Words =
    [
        (Roles.Viewer, "viewer"), (Roles.Operator, "operator"), (Roles.Lighting, "lighting"),
        (Roles.Technician, "technician"), (Roles.Admin, "admin"), (Roles.Wall, "wall"),
    ];

    /// <summary>Every word, for messages.</summary>
    public static string All { get; } = string.Join(", ", Words.Select(w => w.Word));

    public static string[] ToWords(this Roles roles) => [.. Words.Where(w => roles.HasFlag(w.Role)).Select(w => w.Word)];

    /// <summary>The roles of these words; null when one of them is no role or there is none.</summary>
    public static Roles? Parse(IEnumerable<string> words)
    {
        var roles = Roles.None;
        foreach (var word in words)
        {
            var role = Array.Find(Words, w => w.Word == word).Role;
            if (role == Roles.None)
            {
                return null;
            }

            roles |= role;
        }

        return roles == Roles.None ? null : roles;
    }
}
