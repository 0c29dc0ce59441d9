using Npgsql;

namespace SmartCity.Ingest.Book.Engines;

/// <summary>Where the PostgreSQL book is, and how connections to it behave.</summary>
internal sealed class PostgresAddress
{
    private readonly NpgsqlConnectionStringBuilder _to;
    private readonly BookOptions _options;

    private PostgresAddress(NpgsqlConnectionStringBuilder to, BookOptions options) => (_to, _options) = (to, options);

    /// <summary>As people are told it: no user, no password.</summary>
    public string Place => FormattableString.Invariant($"{_to.Database} on PostgreSQL at {_to.Host}:{_to.Port}");

    /// <summary>The schema that the address names, or null.</summary>
    public string? Schema => _to.SearchPath is { Length: > 0 } path ? path.Split(',')[0].Trim().Trim('"') : null;

    /// <summary>The same for PostgreSQL's own programs (https://www.postgresql.org/docs/15/libpq-envars.html), the password among it.</summary>
    public IReadOnlyDictionary<string, string> Variables => new (string Name, string? Value)[]
    {
        ("PGHOST", _to.Host),
        ("PGPORT", FormattableString.Invariant($"{_to.Port}")),
        ("PGDATABASE", _to.Database),
        ("PGUSER", _to.Username),
        ("PGPASSWORD", _to.Password),
        ("PGPASSFILE", _to.Passfile),
        ("PGSSLMODE", _to.SslMode switch { SslMode.VerifyCA => "verify-ca", SslMode.VerifyFull => "verify-full", var mode => mode.ToString().ToLowerInvariant() }),
        ("PGSSLROOTCERT", _to.RootCertificate),
        ("PGSSLCERT", _to.SslCertificate),
        ("PGSSLKEY", _to.SslKey),
    }.Where(v => !string.IsNullOrEmpty(v.Value)).ToDictionary(v => v.Name, v => v.Value!, StringComparer.Ordinal);

    /// <summary>What is wrong with the text of an address; null when it can be used. Never repeats the text: a password may be in it.</summary>
    public static string? Fault(string text)
    {
        try
        {
            var to = new NpgsqlConnectionStringBuilder(text);
            return string.IsNullOrEmpty(to.Host) ? "it names no Host"
                : string.IsNullOrEmpty(to.Database) ? "it names no Database"
                : to.Host.Contains(',', StringComparison.Ordinal) ? "it names more than one Host; give the one that takes writes"
                : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or OverflowException)
        {
            return "it is no connection string, such as Host=db.example;Database=smartcity;Username=smartcity;Password=…";
        }
    }

    /// <summary>Reads the address of the options.</summary>
    /// <exception cref="BookException">It cannot be one.</exception>
    public static PostgresAddress Of(BookOptions options) => Fault(options.Postgres!) is { } fault
        ? throw new BookException($"book.postgres: {fault}.")
        : new PostgresAddress(new NpgsqlConnectionStringBuilder(options.Postgres), options);

    /// <summary>What connections of one use are called in pg_stat_activity.</summary>
    public static string NameOf(string what) => "smartcity book " + what;

    /// <summary>Where connections of one use come from.</summary>
    /// <param name="what">writer, reader or listener: so it is called in pg_stat_activity.</param>
    /// <param name="only">Server settings of the session, as <c>-c name=value</c>.</param>
    /// <param name="patience">How long anything may take, connecting too; null: what the options say.</param>
    public NpgsqlDataSource Source(string what, string only, TimeSpan? patience = null)
    {
        var from = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(_to.ConnectionString)
        {
            // Sessions live as long as their connection: a pool would give ours to somebody else.
            Pooling = false,
            Enlist = false,
            PersistSecurityInfo = false,
            IncludeErrorDetail = false,
            ApplicationName = NameOf(what),
            Timeout = (int)Math.Max(1, Math.Min(_options.ConnectTimeout.TotalSeconds, (patience ?? _options.ConnectTimeout).TotalSeconds)),
            CommandTimeout = (int)Math.Max(1, (patience ?? (_options.BusyTimeout + _options.AnswerTimeout)).TotalSeconds),
            CancellationTimeout = -1, // whoever does not answer a question does not answer that it is withdrawn
            KeepAlive = what == "listener" ? 10 : 0,

            // Every text of the program is prepared at its second use; the number is above that of its texts.
            MaxAutoPrepare = 512,
            AutoPrepareMinUsages = 2,
            Options = FormattableString.Invariant($"{_to.Options} -c lock_timeout={(long)_options.BusyTimeout.TotalMilliseconds} -c client_min_messages=warning {only}").Trim(),
        }.ConnectionString);

        // Only types that every PostgreSQL has: nothing needs to be asked at connecting.
        from.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return from.Build();
    }
}
