using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;

namespace SmartCity.SystemTests.Identity;

/// <summary>The HTTP port in the hands of somebody who means harm.</summary>
public sealed class HttpAttackTests(GuardedCity city) : IClassFixture<GuardedCity>
{
    private static readonly string[] Secrets = ["ca/ca.key", "ca/server.pem", "book.db", "appsettings.json", "smartcity-ingest.dll"];

    [Fact]
    public async Task No_path_leads_out_of_the_consoles_files()
    {
        foreach (var secret in Secrets)
        {
            foreach (var prefix in (string[])["/", "/../", "/..%2f", "/%2e%2e/", "/assets/../../", "/..\\", "/..%5c", "/%2e%2e%2f%2e%2e%2f", "//", "/./", "/.%00/", "/assets/..;/"])
            {
                var answer = await RawAsync($"GET {prefix}{secret} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                Assert.True(answer.Status is 400 or 401 or 404, $"{prefix}{secret}: {answer.Status}");
                Assert.DoesNotContain("PRIVATE KEY", answer.Text, StringComparison.Ordinal);
                Assert.DoesNotContain("SQLite format", answer.Text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_change_needs_the_sessions_own_token_and_an_id_is_an_id()
    {
        // Cookies without the token: what a foreign page could make a browser send.
        using var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = city.Server.Http };
        using var login = await browser.PostAsJsonAsync("/api/v1/login", new { user = "listener", password = GuardedCity.Password });
        Assert.Equal(HttpStatusCode.OK, login.StatusCode);
        var cookie = Assert.Single(login.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        using var bare = await browser.PostAsync("/api/v1/logout", null);
        Assert.Equal(HttpStatusCode.Forbidden, bare.StatusCode);
        using var guessed = new HttpRequestMessage(HttpMethod.Post, "/api/v1/logout") { Headers = { { "X-CSRF-Token", "guess" } } };
        using var refused = await browser.SendAsync(guessed);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        // A session that an attacker has planted is not the one that is signed in to.
        using var fixation = new HttpRequestMessage(HttpMethod.Post, "/api/v1/login")
        {
            Content = JsonContent.Create(new { user = "listener", password = GuardedCity.Password }),
            Headers = { { "Cookie", "smartcity=planted" } },
        };
        using var planted = await city.Server.Client.SendAsync(fixation);
        Assert.DoesNotContain("planted", Assert.Single(planted.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);

        foreach (var id in (string[])["a%27%20OR%201=1--", "A", "..%2f..%2fetc", "a%00b", "%22;drop%20table%20devices", new string('a', 64), "%F0%9F%94%A5"])
        {
            using var put = await city.Admin.SendAsync(HttpMethod.Put, "/api/v1/devices/" + id, new { kind = "streetlight" });
            Assert.True(put.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{id}: {put.StatusCode}");
        }

        foreach (var (metric, expected) in ((string, int)[])[("power_w' OR '1'='1", 400), ("\"; DROP MEASUREMENT streetlight; --", 400), ("nothing_of_the_kind", 400), (new string('x', 5000), 400)])
        {
            using var history = await city.Admin.SendAsync(HttpMethod.Get, "/api/v1/devices/lamp-a/history?metric=" + Uri.EscapeDataString(metric));
            Assert.True((int)history.StatusCode is 400 or 404, $"{metric[..Math.Min(30, metric.Length)]}: {(int)history.StatusCode}, expected {expected}");
        }

        // Nor do lines bring in what the figures would then say.
        var (_, key) = await city.Admin.KeyAsync("injector", "write:*");
        using var write = new HttpRequestMessage(HttpMethod.Post, "/api/v2/write")
        {
            Content = new StringContent("streetlight,device=x\"}\\ 1\nevil\\ metric{a\\=\"b,device=y power_w=1\n"),
            Headers = { Authorization = new AuthenticationHeaderValue("Token", key) },
        };
        using var wrote = await city.Server.Client.SendAsync(write);
        Assert.Equal(HttpStatusCode.BadRequest, wrote.StatusCode);
        Assert.DoesNotContain("evil", await city.Server.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_too_large_is_refused_before_it_is_held()
    {
        var before = city.Server.ResidentBytes;
        var (_, key) = await city.Admin.KeyAsync("bomber", "write:*");

        // A bomb: 2 GiB of zeros in a few MB. Ten at once.
        var bomb = Bomb(2L << 30);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v2/write")
            {
                Content = new ByteArrayContent(bomb) { Headers = { ContentEncoding = { "gzip" } } },
                Headers = { Authorization = new AuthenticationHeaderValue("Token", key) },
            };
            using var answer = await city.Server.Client.SendAsync(request);
            return answer.StatusCode;
        }));
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.ServiceUnavailable, a.ToString()));

        // Bodies that announce too much, or never end; headers by the thousand.
        foreach (var path in (string[])["/api/v1/login", "/api/v1/enrol", "/api/v1/login/code"])
        {
            var announced = await RawAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\nConnection: close\r\n\r\n{{");
            Assert.Equal(413, announced.Status);
            var deep = await RawAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\nConnection: close\r\n\r\n{new string('[', 60_000)}");
            Assert.Equal(400, deep.Status);
        }

        Assert.Equal(431, (await RawAsync($"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {new string('x', 40_000)}\r\n\r\n")).Status);
        Assert.Equal(431, (await RawAsync($"GET /healthz HTTP/1.1\r\nHost: localhost\r\n{string.Concat(Enumerable.Range(0, 500).Select(i => $"X{i}: y\r\n"))}\r\n")).Status);
        Assert.Equal(414, (await RawAsync($"GET /{new string('x', 20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);

        // Two lengths: the body ends where both agree or the connection does; what is behind it is no second request.
        var two = await RawAsync("POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("smartcity_", two.Text, StringComparison.Ordinal);

        // What ten callers may hold by the options: 4 MiB packed, and 16 MiB unpacked, twice while a buffer grows. The bombs are 20 GiB.
        Assert.InRange(city.Server.ResidentBytes - before, long.MinValue, 10L * (4 + (2 * 16)) << 20);
    }

    [Fact]
    public async Task Guessing_passwords_ends_soon_and_says_nothing()
    {
        // Where in the world nobody is known: each address has thirty, each name fewer; over MQTT the same ones.
        List<HttpStatusCode> answers = [];
        for (var i = 0; i < 40 && !answers.Contains(HttpStatusCode.TooManyRequests); i++)
        {
            using var answer = await city.Server.Client.PostAsJsonAsync("/api/v1/login", new { user = i % 2 == 0 ? "listener-2" : "nobody-" + i, password = "wrong password " + i });
            answers.Add(answer.StatusCode);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain("listener-2", text, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
        Assert.All(answers[..^1], a => Assert.Equal(HttpStatusCode.Unauthorized, a));
        Assert.DoesNotContain("wrong password", city.Server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_of_one_caller_are_counted()
    {
        var (_, key) = await city.Admin.KeyAsync("hoarder", "read");
        List<HttpResponseMessage> streams = [];
        try
        {
            HttpStatusCode status;
            do
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
                streams.Add(await city.Server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
                status = streams[^1].StatusCode;
            }
            while (status == HttpStatusCode.OK && streams.Count < 100);
            Assert.Equal(HttpStatusCode.TooManyRequests, status);
            Assert.Equal(21, streams.Count);
        }
        finally
        {
            streams.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task No_secret_is_in_the_servers_log_or_its_answers()
    {
        var keys = await city.Admin.DoAsync(HttpMethod.Get, "/api/v1/keys");
        Assert.DoesNotContain(city.ReaderKey, keys.GetRawText(), StringComparison.Ordinal);
        var users = await city.Admin.DoAsync(HttpMethod.Get, "/api/v1/users");
        Assert.DoesNotContain("AQAAAA", users.GetRawText(), StringComparison.Ordinal); // how the framework's hashes begin
        foreach (var secret in (string[])[city.ReaderKey, GuardedCity.Password])
        {
            Assert.DoesNotContain(secret, city.Server.Log, StringComparison.Ordinal);
            foreach (var file in Directory.EnumerateFiles(city.Server.Data, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "lock"))
            {
                await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var reader = new StreamReader(open, Encoding.Latin1);
                if (open.Length < 32 << 20)
                {
                    Assert.False((await reader.ReadToEndAsync()).Contains(secret, StringComparison.Ordinal), $"{file} holds a secret");
                }
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(city.Server.Data, "ca", "ca.key")));
        }
    }

    private static byte[] Bomb(long zeros)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            var block = new byte[1 << 20];
            for (var written = 0L; written < zeros; written += block.Length)
            {
                zip.Write(block);
            }
        }

        return packed.ToArray();
    }

    private async Task<(int Status, string Text)> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, city.Server.Http.Port);
        await using var stream = socket.GetStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        }
        catch (IOException)
        {
            // answered and closed before it was all said
        }

        using var reader = new StreamReader(stream, Encoding.Latin1);
        var text = new StringBuilder();
        try
        {
            var buffer = new char[4096];
            while (text.Length < 1 << 20 && await reader.ReadAsync(buffer).AsTask().WaitAsync(Wire.Patience) is > 0 and var count)
            {
                text.Append(buffer, 0, count);
            }
        }
        catch (IOException)
        {
            // a reset behind the answer
        }

        var all = text.ToString();
        return (all.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(all.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture) : 0, all);
    }
}
