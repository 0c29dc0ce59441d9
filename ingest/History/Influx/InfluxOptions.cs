using System.Text;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History.Influx;

/// <summary>Which write API the server speaks.</summary>
internal enum InfluxApi
{
    /// <summary>InfluxDB 1.x: <c>POST /write?db=</c>.</summary>
    V1,

    /// <summary>InfluxDB 2.x and its kin: <c>POST /api/v2/write?org=&amp;bucket=</c>.</summary>
    V2,
}

/// <summary>Where InfluxDB is and how to speak to it. Printing it shows no secret.</summary>
internal sealed record InfluxOptions
{
    /// <summary>Base address, <c>http(s)://host:port[/path]</c>, without user name or password in it.</summary>
    public required Uri Url { get; init; }

    /// <summary>Which write API.</summary>
    public InfluxApi Api { get; init; } = InfluxApi.V1;

    /// <summary>Database (v1) or bucket (v2).</summary>
    public required string Database { get; init; }

    /// <summary>Retention policy (v1); null for the database's default.</summary>
    public string? RetentionPolicy { get; init; }

    /// <summary>Organisation (v2).</summary>
    public string? Organisation { get; init; }

    /// <summary>User (v1); null when the server asks for none.</summary>
    public string? Username { get; init; }

    /// <summary>Password of <see cref="Username"/>. Secret.</summary>
    public string? Password { get; init; }

    /// <summary>API token (v2). Secret.</summary>
    public string? Token { get; init; }

    /// <summary>Write numbers only (booleans as 1 and 0, no strings), as VictoriaMetrics stores nothing else.</summary>
    public bool NumericOnly { get; init; }

    /// <summary>Precision of written time stamps. VictoriaMetrics keeps milliseconds. InfluxDB: leave at nanoseconds.</summary>
    public Precision Precision { get; init; } = Precision.Nanosecond;

    /// <summary>Compress bodies (gzip, fastest level).</summary>
    public bool Gzip { get; init; } = true;

    /// <summary>How long one request may take. InfluxDB's own write timeout is 10 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How much goes into one request.</summary>
    public HistoryBatching Batching { get; init; } = HistoryBatching.Influx;

    /// <summary>What this store is called in logs: no secret in it. Also the key of its cursors.</summary>
    public string Name => $"influxdb-{(Api == InfluxApi.V1 ? "v1" : "v2")} {Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)} {Database}";

    /// <summary>Every fault in these options, each naming the key and the fix; empty when there is none.</summary>
    public IEnumerable<string> Validate()
    {
        if (!Url.IsAbsoluteUri || (Url.Scheme != Uri.UriSchemeHttp && Url.Scheme != Uri.UriSchemeHttps))
        {
            yield return "influx.url: must start with http:// or https://, for example http://127.0.0.1:8086";
            yield break;
        }

        if (Url.UserInfo.Length > 0)
        {
            yield return "influx.url: holds a user name or password; give them as influx.user and the environment's password instead";
        }

        if (Database.Length == 0)
        {
            yield return Api == InfluxApi.V1
                ? "influx.db: is empty; name the database (--influx-db NAME)"
                : "influx.bucket: is empty; name the bucket (--influx-bucket NAME)";
        }

        if (Api == InfluxApi.V2 && string.IsNullOrEmpty(Organisation) && !NumericOnly)
        {
            yield return "influx.org: InfluxDB v2 needs an organisation (--influx-org NAME)";
        }
    }

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Name = ").Append(Name);
        return true;
    }
}
