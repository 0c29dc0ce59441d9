namespace SmartCity.Ingest.Identity;

/// <summary>Every limit of identity, its default and why.</summary>
internal sealed record IdentityOptions
{
    /// <summary>A session nobody uses ends after this. A shift and a half: a wall screen's stream counts as use.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromHours(12);

    /// <summary>No session lives longer than this.</summary>
    public TimeSpan SessionLife { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// A wall display's session ends when it has not been used for so long. A month: a screen that was dark over a holiday still shows
    /// the city on the first working day, and one that was taken away does not for ever.
    /// </summary>
    public TimeSpan WallIdle { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The time of last use is written at most this often.</summary>
    public TimeSpan SessionTouch { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Sessions a person may have at once; a further one ends the one unused for longest.</summary>
    public int SessionsPerUser { get; init; } = 20;

    /// <summary>Failed sign-ins of one user name in a window. Ten: nobody mistypes that often, and a guesser gets 960 a day.</summary>
    public int AttemptsPerUser { get; init; } = 10;

    /// <summary>Failed sign-ins from one address in a window. More than for one user: an office may share an address.</summary>
    public int AttemptsPerAddress { get; init; } = 30;

    /// <summary>Window of both.</summary>
    public TimeSpan AttemptWindow { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Servers that count attempts, each for itself: they share what is allowed, so that asking all of them gains a guesser nothing.</summary>
    public Func<int> Servers { get; init; } = static () => 1;

    /// <summary>Passwords hashed at once; hashing is costly on purpose and must not take the machine.</summary>
    public int HashesAtOnce { get; init; } = 2;

    /// <summary>Rounds of PBKDF2 (HMAC-SHA-512); the framework's own default of .NET 10.</summary>
    public int HashRounds { get; init; } = 100_000;

    /// <summary>Shortest password.</summary>
    public int MinimumPassword { get; init; } = 10;

    /// <summary>Life of a one-time login link.</summary>
    public TimeSpan LoginCodeLife { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Life of an enrolment code (CONTRACTS: 24 h).</summary>
    public TimeSpan EnrolmentLife { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Wrong attempts an enrolment code survives, and that an address has in an hour.</summary>
    public int EnrolmentAttempts { get; init; } = 5;

    /// <summary>Renewals without a good proof that an address has in an hour; a whole street may stand behind one.</summary>
    public int RenewalAttempts { get; init; } = 20;

    /// <summary>Renewals that a gateway gets in a day: it needs one in eight months.</summary>
    public int RenewalsPerGateway { get; init; } = 5;

    /// <summary>Users, keys: more than any city's office, few enough to list.</summary>
    public int MaximumUsers { get; init; } = 1000;

    /// <inheritdoc cref="MaximumUsers"/>
    public int MaximumKeys { get; init; } = 1000;
}

/// <summary>Identity refuses what was asked; the message is for the person who asked.</summary>
internal sealed class IdentityException(string field, string message) : Exception(message)
{
    /// <summary>Nothing is wrong with what was asked, but it cannot be while things are as they are.</summary>
    public bool Conflict { get; init; }

    /// <summary>Which field is at fault.</summary>
    public string Field { get; } = field;
}
