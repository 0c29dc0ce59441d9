using SmartCity.Ingest.Serve;

namespace SmartCity.Ingest.Tests.Serve;

public sealed class SettingsTests
{
    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "http:\n  port: 1\nmqtt:\n  port: 2\nlog:\n  budget-mib: 9\n");
        var settings = Settings.Load(file, name => name == "SMARTCITY_MQTT_PORT" ? "3" : null, [("http.port", "4")]);
        var options = ServeOptions.From(settings);
        Assert.Empty(settings.Errors);
        Assert.Equal((4, 3), (options.HttpPort, options.MqttPort));
        Assert.Equal(9L << 20, options.LogBudgetBytes);
        File.Delete(file);
    }

    [Theory]
    [InlineData("http.port", "eighty", "http.port", "0 for a free one")]
    [InlineData("http.port", "65536", "http.port", "0 for a free one")]
    [InlineData("bind", "everywhere", "bind", "IP address")]
    [InlineData("open", "maybe", "open", "true or false")]
    [InlineData("log.memory-mib", "3", "log.memory-mib", "power of two")]
    [InlineData("time-zone", "Hanoi", "time-zone", "Asia/Ho_Chi_Minh")]
    [InlineData("influx.db", "city", "influx.url", "http://127.0.0.1:8086")]
    [InlineData("influx.url", "localhost:8086", "influx.url", "http")]
    [InlineData("influx.url", "http://u:hunter2@h:1", "influx.user", "SMARTCITY_INFLUX_PASSWORD")]
    [InlineData("cap.sender", "ioc thanh hoa", "cap.sender", "no spaces")]
    [InlineData("cap.scope", "private", "cap.scope", "public or restricted")]
    [InlineData("open-data", "perhaps", "open-data", "true or false")]
    [InlineData("kinds", "/no/such/folder", "kinds", "no such folder")]
    [InlineData("console.map-style", "tiles.example.vn", "console.map-style", "http or https address")]
    [InlineData("console.map-style", "javascript:alert(1)", "console.map-style", "http or https address")]
    [InlineData("console.map-style", "https://u:abc@tiles.example.vn/style.json", "console.map-style", "without a user")]
    [InlineData("console.map-style", "https://tiles;script-src */style.json", "console.map-style", "http or https address")]
    [InlineData("cluster.name", "Máy 1", "cluster.name", "a-z 0-9 - _")]
    [InlineData("cluster.url", "http://b:8443", "cluster.url", "https://HOST:PORT")]
    [InlineData("cluster.console", "javascript:alert(1)", "cluster.console", "http://HOST:PORT")]
    [InlineData("prot", "1", "prot", "no such setting")]
    [InlineData("webhooks.private", "sms.internal, http://10.1.2.3", "webhooks.private", "10.1.2.0/24")]
    [InlineData("influx.token", "abc", "influx.token", "SMARTCITY_INFLUX_TOKEN")]
    [InlineData("book.postgres", "Host=h;Database=d;Password=abc", "book.postgres", "SMARTCITY_BOOK_POSTGRES")]
    public void A_wrong_value_is_told_by_key_and_fix(string key, string value, string names, string fix)
    {
        var settings = Settings.Load(null, _ => null, [(key, value)]);
        ServeOptions.From(settings);
        var error = Assert.Single(settings.Errors);
        Assert.StartsWith(names, error, StringComparison.Ordinal);
        Assert.Contains(fix, error, StringComparison.Ordinal);
        Assert.DoesNotContain("abc", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://u:hunter2@h/d", "connection string")]
    [InlineData("Host=h;Database=d;Password=x;hunter2=y", "connection string")]
    [InlineData("Host=h;Password=hunter2", "no Database")]
    [InlineData("Database=d;Password=hunter2", "no Host")]
    [InlineData("Host=a,b;Database=d;Password=hunter2", "takes writes")]
    public void An_address_of_the_book_that_is_none_is_told_without_its_password(string value, string fix)
    {
        var settings = Settings.Load(null, name => name == "SMARTCITY_BOOK_POSTGRES" ? value : null, []);
        ServeOptions.From(settings);
        var error = Assert.Single(settings.Errors);
        Assert.Contains(fix, error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_in_the_file_is_told_by_line()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "http:\n  port: 80\n  prot: 1\n");
        var settings = Settings.Load(file, _ => null, []);
        Assert.Contains($"http.prot ({file}:3)", Assert.Single(settings.Errors), StringComparison.Ordinal);
        File.WriteAllText(file, "http: [unclosed\n");
        Assert.Contains(file + ":", Assert.Single(Settings.Load(file, _ => null, []).Errors), StringComparison.Ordinal);
        File.Delete(file);
        Assert.Contains("no such file", Assert.Single(Settings.Load(file, _ => null, []).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_mode_is_refused_beyond_loopback()
    {
        var settings = Settings.Load(null, _ => null, [("open", "true"), ("bind", "0.0.0.0")]);
        ServeOptions.From(settings);
        Assert.Contains("loopback only", Assert.Single(settings.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_plain_port_brings_no_tls_port_with_it()
    {
        var options = ServeOptions.From(Settings.Load(null, _ => null, [("http.port", "0"), ("mqtt.port", "0")]));
        Assert.Null(options.HttpsPort);
        Assert.Null(options.MqttsPort);
        options = ServeOptions.From(Settings.Load(null, _ => null, []));
        Assert.Equal((8443, 8883), (options.HttpsPort, options.MqttsPort));
    }
}
