namespace SmartCity.Ingest.Serve;

/// <summary>Every setting of the server. A key that is not here is refused by name.</summary>
internal static class SettingKeys
{
    public static readonly SettingKey Data = new("data", "data", "Folder of log, book, history and certificates. One server a folder.");
    public static readonly SettingKey Bind = new("bind", "127.0.0.1", "Address of the TLS ports (https, mqtts). 0.0.0.0 or :: for every interface.");
    public static readonly SettingKey PlainBind = new("plain-bind", "127.0.0.1",
        "Address of the plain ports (http, mqtt). Anything but loopback sends passwords in clear: the server warns.");
    public static readonly SettingKey HttpPort = new("http.port", "8080", "Plain HTTP port, 0 for a free one, off for none.");
    public static readonly SettingKey HttpsPort = new("https.port", "8443", "HTTPS port, 0 for a free one, off for none.");
    public static readonly SettingKey MqttPort = new("mqtt.port", "1883", "Plain MQTT port, 0 for a free one, off for none.");
    public static readonly SettingKey MqttsPort = new("mqtts.port", "8883", "MQTT over TLS with client certificates, 0 for a free one, off for none.");
    public static readonly SettingKey TlsNames = new("tls.names", "localhost,127.0.0.1", "Names and addresses in the server's certificate, by comma.");
    public static readonly SettingKey Open = new("open", "false", "Let anonymous clients on loopback try things. Never for a city.");
    public static readonly SettingKey OpenDevices = new("open.max-devices", "10000", "Devices that open mode registers at the most.");
    public static readonly SettingKey Kinds = new("kinds", "", "Folder of YAML device kinds that add to or replace the built-in ones.");
    public static readonly SettingKey TimeZone = new("time-zone", "Asia/Ho_Chi_Minh", "The city's IANA time zone (calendars, hourly means).");

    public static readonly SettingKey BookPostgres = new("book.postgres", "",
        "Connection string of the PostgreSQL database that keeps the book: Host=…;Database=…;Username=…;Password=…. Empty: book.db in the data folder.", Secret: true);

    public static readonly SettingKey ClusterName = new("cluster.name", "",
        "Name of this server among those of one book in PostgreSQL: 1-63 of a-z 0-9 - _. Empty: the host's name. It stays with the data folder.");
    public static readonly SettingKey ClusterUrl = new("cluster.url", "", "Where the other servers reach this one: https://HOST:PORT. Empty: they do not.");

    public static readonly SettingKey ClusterConsole = new("cluster.console", "", "Where a browser finds this server's console, http(s)://HOST:PORT: screens of the other servers link to it. Empty: cluster.url.");

    public static readonly SettingKey OpenData = new("open-data", "false", "Give everybody the newest values of weather, river and rain stations at /open/v1/stations.geojson.");
    public static readonly SettingKey CapSender = new("cap.sender", "smartcity.invalid", "Sender of CAP messages, unique in the world: a domain name of the city's. No spaces, commas, < or &.");
    public static readonly SettingKey CapSenderName = new("cap.sender-name", "", "The sender's name for people. Empty: the language file's.");
    public static readonly SettingKey CapScope = new("cap.scope", "restricted", "restricted: CAP messages are for the city's own services. public: for everybody.");

    public static readonly SettingKey InfluxUrl = new("influx.url", "", "InfluxDB's address, e.g. http://127.0.0.1:8086. Empty: history is kept in SQLite here.");
    public static readonly SettingKey InfluxDb = new("influx.db", "", "InfluxDB 1.x database.");
    public static readonly SettingKey InfluxBucket = new("influx.bucket", "", "InfluxDB 2.x bucket.");
    public static readonly SettingKey InfluxOrg = new("influx.org", "", "InfluxDB 2.x organisation.");
    public static readonly SettingKey InfluxUser = new("influx.user", "", "InfluxDB 1.x user.");
    public static readonly SettingKey InfluxPassword = new("influx.password", "", "InfluxDB 1.x password.", Secret: true);
    public static readonly SettingKey InfluxToken = new("influx.token", "", "InfluxDB 2.x token.", Secret: true);
    public static readonly SettingKey InfluxNumericOnly = new("influx.numeric-only", "false",
        "Send numbers with millisecond stamps only (VictoriaMetrics).");
    public static readonly SettingKey HistoryDays = new("history.days", "30", "Days that the embedded history keeps, 1 to 3650.");

    public static readonly SettingKey LogBudget = new("log.budget-mib", "4096", "Backlog of a lane at which telemetry sockets pause, MiB.");
    public static readonly SettingKey LogFree = new("log.minimum-free-mib", "512", "Free disk under which telemetry sockets pause, MiB.");
    public static readonly SettingKey LogSegment = new("log.segment-mib", "64", "Size of a log segment file, MiB, 1 to 1024.");
    public static readonly SettingKey LogMemory = new("log.memory-mib", "32", "Memory of a lane for readers that keep up, MiB, a power of two.");
    public static readonly SettingKey LogReserve = new("log.reserve-mib", "64", "Disk kept for alarms when everything else is full, MiB.");

    public static readonly SettingKey MaxConnections = new("mqtt.max-connections", "12000", "MQTT connections at the most.");
    public static readonly SettingKey MaxPerAddress = new("mqtt.max-connections-per-address", "1024",
        "MQTT connections of one address at the most; open mode has no such limit.");
    public static readonly SettingKey InFlight = new("mqtt.receive-maximum", "64", "Unacknowledged publishes a client may have, 1 to 65535.");
    public static readonly SettingKey QuarantineRows = new("quarantine.rows", "100000", "Bad lines kept; the oldest are evicted and counted.");

    public static readonly SettingKey CityName = new("city.name", "Thanh Hóa", "Name of the city, as receivers of webhooks are told it.");
    public static readonly SettingKey WebhooksPrivate = new("webhooks.private", "",
        "Hosts, addresses and networks (10.1.2.0/24), by comma, that webhooks may reach though they are not public; also without TLS.");

    public static readonly SettingKey MapStyle = new("console.map-style", "",
        "URL of a MapLibre style for the console's map, e.g. of the city's own tile server. Empty: the registry's streets and wards, and no request to anybody.");

    /// <summary>Settings of a flavour, which adds them before the command line runs.</summary>
    public static List<SettingKey> OfFlavour { get; } = [];

    /// <summary>All of them, in the order in which help shows them.</summary>
    public static IReadOnlyList<SettingKey> All => [.. Own, .. OfFlavour];

    private static IReadOnlyList<SettingKey> Own { get; } =
    [
        Data, Bind, PlainBind, HttpPort, HttpsPort, MqttPort, MqttsPort, TlsNames, Open, OpenDevices, Kinds, TimeZone, BookPostgres, ClusterName, ClusterUrl, ClusterConsole,
        OpenData, CapSender, CapSenderName, CapScope,
        InfluxUrl, InfluxDb, InfluxBucket, InfluxOrg, InfluxUser, InfluxPassword, InfluxToken, InfluxNumericOnly, HistoryDays,
        LogBudget, LogFree, LogSegment, LogMemory, LogReserve, MaxConnections, MaxPerAddress, InFlight, QuarantineRows, CityName, WebhooksPrivate,
        MapStyle,
    ];
}
