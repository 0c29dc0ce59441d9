using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>Who else may, beside those with a role or a scope.</summary>
[Flags]
internal enum Door
{
    None = 0,

    /// <summary>Everybody, from everywhere: the handler asks for its own proof.</summary>
    Everybody = 1,

    /// <summary>Whoever is on this machine (health, metrics).</summary>
    Loopback = 2,

    /// <summary>Whoever is on this machine, when the server was started with --open.</summary>
    Open = 4,
}

/// <summary>Who may use a route.</summary>
/// <param name="Roles">People with one of these roles.</param>
/// <param name="Scope">Programs whose key has this scope; null for none. <c>write:</c> stands for any scope that writes.</param>
/// <param name="Door">And who else.</param>
internal sealed record Access(Roles Roles, string? Scope, Door Door = Door.None)
{
    public static readonly Access Everybody = new(Roles.Anybody, null, Door.Everybody);

    public static readonly Access Probe = new(Roles.Anybody, Scopes.Read, Door.Loopback);

    public static readonly Access Self = new(Roles.Anybody, null);

    public static readonly Access See = new(Roles.Anybody, Scopes.Read, Door.Open);

    /// <summary>Acting on alerts; <see cref="AlertPolicy"/> judges each alert beside.</summary>
    public static readonly Access Act = new(Roles.Operator | Roles.Lighting | Roles.Technician | Roles.Admin, Scopes.Alerts);

    /// <summary>Tests, drills and works: by a person, never by a key.</summary>
    public static readonly Access Maintain = new(Roles.Operator | Roles.Technician | Roles.Admin, null);

    public static readonly Access Command = new(Roles.Operator | Roles.Lighting | Roles.Technician | Roles.Admin, null);

    /// <summary>What stands where in the street.</summary>
    public static readonly Access Registry = new(Roles.Technician | Roles.Admin, Scopes.Registry);

    /// <summary>What to do at an alarm and whom to call: those who do it know it best.</summary>
    public static readonly Access Card = new(Roles.Operator | Roles.Technician | Roles.Admin, Scopes.Registry);

    /// <summary>Programmes, calendars, groups: the lighting operator's.</summary>
    public static readonly Access Light = new(Roles.Lighting | Roles.Admin, null);

    /// <summary>Orders for lamps. A duty officer may only ask for light, never for darkness, which the handler judges.</summary>
    public static readonly Access LightOrder = new(Roles.Lighting | Roles.Operator | Roles.Admin, null);

    /// <summary>Letting gateways in and out: never by a key.</summary>
    public static readonly Access Enrol = new(Roles.Technician | Roles.Admin, null);

    /// <summary>Who is on call, with phone numbers: for who works here, not for a wall or a program.</summary>
    public static readonly Access OnCall = new(Roles.Operator | Roles.Lighting | Roles.Technician | Roles.Admin, null);

    /// <summary>Telephone numbers of a zone: for who works here and for a program that keeps the registry, not for a wall or one that only reads.</summary>
    public static readonly Access Phones = new(OnCall.Roles, Scopes.Registry);

    public static readonly Access Admin = new(Roles.Admin, null);

    /// <summary>Who did what: for those who lead a shift or the system.</summary>
    public static readonly Access Record = new(Roles.Operator | Roles.Admin, null);

    public static readonly Access Write = new(Roles.None, Scopes.WritePrefix, Door.Open);

    /// <summary>Whether a caller may.</summary>
    public bool Allows(Caller caller) => caller.Kind switch
    {
        CallerKind.Session => (caller.Roles & Roles) != 0,
        CallerKind.Key => Scope is not null && (Scope == Scopes.WritePrefix ? caller.Scopes.Any(Scopes.IsWrite) : caller.Scopes.Contains(Scope)),
        CallerKind.Neighbour => (Door & Door.Loopback) != 0,
        CallerKind.Open => (Door & (Door.Loopback | Door.Open)) != 0,
        _ => false,
    } || (Door & Door.Everybody) != 0;
}

/// <summary>How a caller is known.</summary>
internal enum CallerKind
{
    /// <summary>Not at all.</summary>
    Stranger,

    /// <summary>Only as somebody on this machine.</summary>
    Neighbour,

    /// <summary>As somebody on this machine, and the server is open.</summary>
    Open,

    /// <summary>A person with a session.</summary>
    Session,

    /// <summary>A program with a key.</summary>
    Key,
}

/// <summary>Who calls.</summary>
/// <param name="Kind">How they are known.</param>
/// <param name="Name">For the record: the user, <c>key:</c> and the key's name, <c>open</c>.</param>
/// <param name="Roles">A person's roles.</param>
/// <param name="Scopes">A key's scopes.</param>
/// <param name="Csrf">What a person's changes must carry.</param>
internal sealed record Caller(CallerKind Kind, string Name, Roles Roles, IReadOnlyList<string> Scopes, string? Csrf)
{
    /// <summary>When a person's session ends; null for others.</summary>
    public DateTimeOffset? Expires { get; init; }

    public static readonly Caller Stranger = new(CallerKind.Stranger, "stranger", Roles.None, [], null);

    public static readonly Caller Neighbour = new(CallerKind.Neighbour, "loopback", Roles.None, [], null);

    public static readonly Caller Open = new(CallerKind.Open, "open", Roles.Viewer, [], null);
}
