using System.Net;

namespace SmartCity.Ingest.Serve;

/// <summary>Where history goes besides the embedded store. Exactly one of <see cref="Database"/> and <see cref="Bucket"/> is set.</summary>
internal sealed record InfluxSettings(Uri Url, string? Database, string? Bucket, string? Organisation)
{
    /// <summary>1.x user, with <see cref="Password"/>.</summary>
    public string? User { get; init; }

    /// <summary>1.x password; never printed.</summary>
    public string? Password { get; init; }

    /// <summary>2.x token; never printed.</summary>
    public string? Token { get; init; }

    /// <summary>Numbers and millisecond stamps only (VictoriaMetrics).</summary>
    public bool NumericOnly { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Url} {Database ?? Bucket}";
}

/// <summary>The server's configuration, checked.</summary>
internal sealed record ServeOptions
{
    public required string Data { get; init; }

    public required IPAddress Bind { get; init; }

    public required IPAddress PlainBind { get; init; }

    public int? HttpPort { get; init; }

    public int? HttpsPort { get; init; }

    public int? MqttPort { get; init; }

    public int? MqttsPort { get; init; }

    public required IReadOnlyList<string> TlsNames { get; init; }

    public bool Open { get; init; }

    public int OpenDevices { get; init; }

    public string? Kinds { get; init; }

    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>Stations' newest values are for everybody.</summary>
    public bool OpenData { get; init; }

    /// <summary>Who sends CAP messages, and for whom.</summary>
    public required Cap.CapOptions Cap { get; init; }

    /// <summary>A style of the city's own for the console's map; null for none.</summary>
    public Uri? MapStyle { get; init; }

    public InfluxSettings? Influx { get; init; }

    /// <summary>Connection string of the book's PostgreSQL, with its password; null when it is a file in <see cref="Data"/>.</summary>
    public string? BookPostgres { get; init; }

    /// <summary>Where the book is.</summary>
    public Book.BookOptions Book => new() { Path = Path.Combine(Data, "book.db"), Postgres = BookPostgres, Server = Cluster.Name };

    /// <summary>This server among others; without a name where the book is a file, which no other one can open.</summary>
    public Cluster.ClusterOptions Cluster { get; init; } = new();

    /// <summary>Texts of <see cref="SettingKeys.OfFlavour"/>, by name.</summary>
    public IReadOnlyDictionary<string, string> OfFlavour { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public int HistoryDays { get; init; }

    public long LogBudgetBytes { get; init; }

    public long LogFreeBytes { get; init; }

    public long LogSegmentBytes { get; init; }

    public int LogMemoryBytes { get; init; }

    public long LogReserveBytes { get; init; }

    public int MaximumConnections { get; init; }

    public int MaximumConnectionsPerAddress { get; init; }

    public int ReceiveMaximum { get; init; }

    public int QuarantineRows { get; init; }

    /// <summary>Name of the city.</summary>
    public string City { get; init; } = "";

    /// <summary>Where webhooks may go.</summary>
    public Delivery.AddressPolicy Webhooks { get; init; } = Delivery.AddressPolicy.PublicOnly;

    /// <summary>Reads typed options; what is wrong is in <see cref="Settings.Errors"/>.</summary>
    public static ServeOptions From(Settings settings)
    {
        var http = settings.Port(SettingKeys.HttpPort);
        var mqtt = settings.Port(SettingKeys.MqttPort);
        var options = new ServeOptions
        {
            Data = Path.GetFullPath(settings.Text(SettingKeys.Data)),
            Bind = settings.Address(SettingKeys.Bind),
            PlainBind = settings.Address(SettingKeys.PlainBind),
            HttpPort = http,
            MqttPort = mqtt,
            HttpsPort = TlsPort(settings, SettingKeys.HttpPort, SettingKeys.HttpsPort),
            MqttsPort = TlsPort(settings, SettingKeys.MqttPort, SettingKeys.MqttsPort),
            TlsNames = settings.Text(SettingKeys.TlsNames).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            Open = settings.Flag(SettingKeys.Open),
            OpenDevices = settings.Number(SettingKeys.OpenDevices, 0, 1_000_000),
            Kinds = settings.TextOrNull(SettingKeys.Kinds),
            TimeZone = Zone(settings),
            OpenData = settings.Flag(SettingKeys.OpenData),
            Cap = CapOf(settings),
            MapStyle = MapStyleOf(settings),
            Influx = ReadInflux(settings),
            BookPostgres = ReadBook(settings),
            Cluster = ReadCluster(settings),
            OfFlavour = SettingKeys.OfFlavour.ToDictionary(k => k.Name, settings.Text, StringComparer.Ordinal),
            HistoryDays = settings.Number(SettingKeys.HistoryDays, 1, 3650),
            LogBudgetBytes = MiB(settings, SettingKeys.LogBudget, 1, 16 * 1024 * 1024),
            LogFreeBytes = MiB(settings, SettingKeys.LogFree, 0, 16 * 1024 * 1024),
            LogSegmentBytes = MiB(settings, SettingKeys.LogSegment, 1, 1024),
            LogMemoryBytes = (int)MiB(settings, SettingKeys.LogMemory, 1, 1024),
            LogReserveBytes = MiB(settings, SettingKeys.LogReserve, 1, 16 * 1024),
            MaximumConnections = settings.Number(SettingKeys.MaxConnections, 1, 1_000_000),
            MaximumConnectionsPerAddress = settings.Number(SettingKeys.MaxPerAddress, 1, 1_000_000),
            ReceiveMaximum = settings.Number(SettingKeys.InFlight, 1, 65535),
            QuarantineRows = settings.Number(SettingKeys.QuarantineRows, 1, 100_000_000),
            City = settings.Text(SettingKeys.CityName),
            Webhooks = WebhookPolicy(settings),
        };
        if ((options.LogMemoryBytes & (options.LogMemoryBytes - 1)) != 0)
        {
            settings.Complain(SettingKeys.LogMemory, "must be a power of two: 1, 2, 4, 8, 16, 32, 64 …");
        }

        if (options.Open && !(IPAddress.IsLoopback(options.PlainBind) && IPAddress.IsLoopback(options.Bind)))
        {
            settings.Complain(SettingKeys.Open, "open mode works on loopback only: set bind and plain-bind to 127.0.0.1, or leave --open out");
        }

        if (options.Kinds is { } kinds && !Directory.Exists(kinds))
        {
            settings.Complain(SettingKeys.Kinds, "no such folder: make it, or leave the setting out for the built-in kinds");
        }

        return options;
    }

    // Somebody who names the plain port has a place in mind and should not find a TLS port beside it that he did not ask for.
    private static int? TlsPort(Settings settings, SettingKey plain, SettingKey tls) =>
        settings.IsSet(plain) && !settings.IsSet(tls) ? null : settings.Port(tls);

    private static long MiB(Settings settings, SettingKey key, int minimum, int maximum) =>
        settings.Number(key, minimum, maximum) * 1024L * 1024;

    private static Delivery.AddressPolicy WebhookPolicy(Settings settings)
    {
        if (Delivery.AddressPolicy.Parse(settings.Text(SettingKeys.WebhooksPrivate), out var policy) is { } part)
        {
            settings.Complain(SettingKeys.WebhooksPrivate, $"\"{part}\" is no host, address or network; write for example sms.internal, 10.1.2.0/24");
        }

        return policy;
    }

    private static TimeZoneInfo Zone(Settings settings)
    {
        if (TimeZoneInfo.TryFindSystemTimeZoneById(settings.Text(SettingKeys.TimeZone), out var zone))
        {
            return zone;
        }

        settings.Complain(SettingKeys.TimeZone, "is no IANA time zone of this machine, for example Asia/Ho_Chi_Minh (package tzdata)");
        return TimeZoneInfo.Utc;
    }

    private static Cap.CapOptions CapOf(Settings settings)
    {
        var sender = settings.Text(SettingKeys.CapSender);
        if (sender.Length is 0 or > 200 || SmartCity.Ingest.Cap.CapText.Token(sender) != sender)
        {
            settings.Complain(SettingKeys.CapSender, "must be a name such as ioc.example.gov.vn: no spaces, commas, <, >, &, quotation marks or letters with marks");
        }

        var scope = settings.Text(SettingKeys.CapScope);
        if (scope is not ("public" or "restricted"))
        {
            settings.Complain(SettingKeys.CapScope, "must be public or restricted");
        }

        return new() { Sender = sender, SenderName = settings.TextOrNull(SettingKeys.CapSenderName), Public = scope == "public" };
    }

    private static Uri? MapStyleOf(Settings settings)
    {
        if (settings.TextOrNull(SettingKeys.MapStyle) is not { } text)
        {
            return null;
        }

        // The origin goes into a header: nothing but a plain http(s) address may.
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
            && Uri.CheckHostName(uri.DnsSafeHost) != UriHostNameType.Unknown)
        {
            return uri;
        }

        settings.Complain(SettingKeys.MapStyle, "must be the http or https address of a MapLibre style, without a user or password in it");
        return null;
    }

    private static string? ReadBook(Settings settings)
    {
        var text = settings.TextOrNull(SettingKeys.BookPostgres);
        if (text is not null && SmartCity.Ingest.Book.Engines.PostgresAddress.Fault(text) is { } fault)
        {
            settings.Complain(SettingKeys.BookPostgres, fault);
            return null;
        }

        return text;
    }

    private static Cluster.ClusterOptions ReadCluster(Settings settings)
    {
        var name = settings.TextOrNull(SettingKeys.ClusterName);
        if (name is not null && !SmartCity.Ingest.Book.Identifiers.IsValid(name))
        {
            settings.Complain(SettingKeys.ClusterName, "must be 1-63 of a-z 0-9 - _");
        }

        var url = settings.TextOrNull(SettingKeys.ClusterUrl);
        if (url is not null && !IsBare(url, "https"))
        {
            settings.Complain(SettingKeys.ClusterUrl, "must be https://HOST:PORT, without a user or path");
        }

        var console = settings.TextOrNull(SettingKeys.ClusterConsole);
        if (console is not null && !IsBare(console, "https", "http"))
        {
            settings.Complain(SettingKeys.ClusterConsole, "must be https://HOST:PORT or http://HOST:PORT, without a user or path");
        }

        return settings.TextOrNull(SettingKeys.BookPostgres) is null
            ? new()
            : new() { Name = name ?? HostName(), Url = url?.TrimEnd('/'), Console = (console ?? url)?.TrimEnd('/') };
    }

    private static bool IsBare(string text, params ReadOnlySpan<string> schemes) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && schemes.Contains(uri.Scheme) && uri.UserInfo.Length == 0 && uri.PathAndQuery == "/" && uri.Fragment.Length == 0;

    private static string HostName()
    {
        var name = new string([.. Environment.MachineName.ToLowerInvariant().Split('.')[0].Take(63).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')]);
        return name.Length > 0 ? name : "server";
    }

    private static InfluxSettings? ReadInflux(Settings settings)
    {
        var database = settings.TextOrNull(SettingKeys.InfluxDb);
        var bucket = settings.TextOrNull(SettingKeys.InfluxBucket);
        if (settings.TextOrNull(SettingKeys.InfluxUrl) is not { } text)
        {
            if (database is not null || bucket is not null)
            {
                settings.Complain(SettingKeys.InfluxUrl, "is missing though a database or bucket is named: set it, e.g. http://127.0.0.1:8086");
            }

            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            settings.Complain(SettingKeys.InfluxUrl, "must be an http or https address, e.g. http://127.0.0.1:8086");
            return null;
        }

        if (!string.IsNullOrEmpty(url.UserInfo))
        {
            settings.Complain(SettingKeys.InfluxUser, "a password does not belong in influx.url: use influx.user and SMARTCITY_INFLUX_PASSWORD");
            return null;
        }

        if (database is null == bucket is null)
        {
            settings.Complain(SettingKeys.InfluxDb, "name either influx.db (InfluxDB 1.x) or influx.bucket and influx.org (2.x)");
            return null;
        }

        if (bucket is not null && settings.TextOrNull(SettingKeys.InfluxOrg) is null)
        {
            settings.Complain(SettingKeys.InfluxOrg, "InfluxDB 2.x needs the organisation's name");
            return null;
        }

        return new InfluxSettings(url, database, bucket, settings.TextOrNull(SettingKeys.InfluxOrg))
        {
            User = settings.TextOrNull(SettingKeys.InfluxUser),
            Password = settings.TextOrNull(SettingKeys.InfluxPassword),
            Token = settings.TextOrNull(SettingKeys.InfluxToken),
            NumericOnly = settings.Flag(SettingKeys.InfluxNumericOnly),
        };
    }
}
