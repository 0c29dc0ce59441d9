using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Tests.Api;

public sealed class SessionTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task The_cookie_is_for_this_server_and_for_no_script()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.SignInAsync("viewer");
        using var answer = await rig.Client.PostAsJsonAsync("/api/v1/login", new { user = "viewer", password = ApiRig.Password });
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie")).ToLowerInvariant();
        Assert.Contains("; httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("; samesite=strict", cookie, StringComparison.Ordinal);
        Assert.Contains("; path=/", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("domain", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("secure", cookie, StringComparison.Ordinal); // plain HTTP here; Secure under TLS is checked below
        Assert.True(cookie.Split(';')[0].Length >= "smartcity=".Length + 43); // 256 bits
    }

    [Fact]
    public async Task Under_tls_the_cookie_is_secure()
    {
        await using var rig = await ApiRig.StartAsync(tls: true);
        await rig.SignInAsync("viewer");
        using var answer = await rig.Client.PostAsJsonAsync("/api/v1/login", new { user = "viewer", password = ApiRig.Password });
        Assert.Contains("; secure", Assert.Single(answer.Headers.GetValues("Set-Cookie")).ToLowerInvariant(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("wrong")]
    public async Task A_change_without_the_right_token_is_refused(string? token)
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        var other = await rig.SignInAsync("viewer");
        foreach (var sent in new[] { token, other.Csrf })
        {
            using var request = admin.Request(HttpMethod.Put, "/api/v1/zones/z-1", "{}", withToken: false);
            if (sent is not null)
            {
                request.Headers.TryAddWithoutValidation("X-CSRF-Token", sent);
            }

            using var answer = await rig.Client.SendAsync(request);
            Assert.Equal(403, (int)answer.StatusCode);
        }

        Assert.Empty(rig.Book.Registry.Current.Zones);
        using var good = await admin.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1", "{}");
        Assert.Equal(200, (int)good.StatusCode);
    }

    [Fact]
    public async Task A_session_ends_by_sign_out_by_idleness_by_age_and_with_its_user()
    {
        await using var rig = await ApiRig.StartAsync();
        var person = await rig.SignInAsync("viewer");
        using (var bye = await person.PostAsync("/api/v1/logout"))
        {
            Assert.Equal(204, (int)bye.StatusCode);
            Assert.Contains("smartcity=;", Assert.Single(bye.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
        }

        await RefusedAsync(person);

        person = await rig.SignInAsync("viewer");
        rig.Store.Time.Advance(rig.Identity.Options.SessionIdle + TimeSpan.FromSeconds(1));
        await RefusedAsync(person);

        person = await rig.SignInAsync("viewer");
        for (var age = TimeSpan.Zero; age < rig.Identity.Options.SessionLife - TimeSpan.FromHours(6); age += TimeSpan.FromHours(6))
        {
            await person.ReadAsync("/api/v1/me");
            rig.Store.Time.Advance(TimeSpan.FromHours(6));
        }

        await person.ReadAsync("/api/v1/me");
        rig.Store.Time.Advance(TimeSpan.FromHours(7));
        await RefusedAsync(person);

        person = await rig.SignInAsync("viewer");
        await rig.Identity.Users.PutAsync("viewer", Roles.Viewer, null, disabled: true, "test", Cancel);
        await RefusedAsync(person);

        static async Task RefusedAsync(Person who)
        {
            using var answer = await who.GetAsync("/api/v1/devices");
            Assert.Equal(401, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_role_taken_away_is_gone_at_the_next_request_and_a_new_password_ends_sessions()
    {
        await using var rig = await ApiRig.StartAsync();
        var person = await rig.SignInAsync("technician");
        await rig.Identity.Users.PutAsync("technician", Roles.Viewer, null, false, "test", Cancel);
        using (var put = await person.SendAsync(HttpMethod.Put, "/api/v1/zones/z", "{}"))
        {
            Assert.Equal(403, (int)put.StatusCode);
        }

        await rig.Identity.Users.PutAsync("technician", Roles.Technician, "another-good-password", false, "test", Cancel);
        using var answer = await person.GetAsync("/api/v1/me");
        Assert.Equal(401, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Guessing_is_slowed_by_user_and_by_address_and_stops_being_so()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.Identity.Users.PutAsync("lan", Roles.Viewer, ApiRig.Password, false, "test", Cancel);
        for (var i = 0; i < rig.Identity.Options.AttemptsPerUser; i++)
        {
            Assert.Equal(401, await TryAsync("lan", "guess"));
        }

        // The right password does not help now: the limit comes first.
        Assert.Equal(429, await TryAsync("lan", ApiRig.Password));
        for (var i = rig.Identity.Options.AttemptsPerUser + 1; i < rig.Identity.Options.AttemptsPerAddress; i++)
        {
            Assert.Equal(401, await TryAsync($"nobody-{i}", "guess"));
        }

        Assert.Equal(429, await TryAsync("somebody-else", "guess"));
        rig.Store.Time.Advance(rig.Identity.Options.AttemptWindow);
        Assert.Equal(200, await TryAsync("lan", ApiRig.Password));

        async Task<int> TryAsync(string user, string password)
        {
            using var answer = await rig.Client.PostAsJsonAsync("/api/v1/login", new { user, password });
            Assert.Equal(answer.StatusCode == System.Net.HttpStatusCode.TooManyRequests, answer.Headers.RetryAfter is not null);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_one_time_link_works_once_and_not_for_long()
    {
        await using var rig = await ApiRig.StartAsync();
        var code = await rig.Identity.Sessions.NewCodeAsync("run", Roles.Admin, Cancel);
        using (var first = await rig.Client.PostAsJsonAsync("/api/v1/login/code", new { code }))
        {
            Assert.Equal(200, (int)first.StatusCode);
            using var me = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me");
            me.Headers.Add("Cookie", Assert.Single(first.Headers.GetValues("Set-Cookie")).Split(';')[0]);
            using var answer = await rig.Client.SendAsync(me);
            Assert.Equal("admin", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("roles")[0].GetString());
        }

        Assert.Equal(401, (int)(await rig.Client.PostAsJsonAsync("/api/v1/login/code", new { code })).StatusCode);
        code = await rig.Identity.Sessions.NewCodeAsync("run", Roles.Admin, Cancel);
        rig.Store.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal(401, (int)(await rig.Client.PostAsJsonAsync("/api/v1/login/code", new { code })).StatusCode);
    }

    [Fact]
    public async Task Who_can_read_goes_on_reading_when_the_disk_takes_nothing_more()
    {
        Assert.SkipWhen(Book.TestBook.IsPostgres, Book.TestBook.FileOnly);
        await using var rig = await ApiRig.StartAsync();
        var viewer = await rig.SignInAsync("viewer");
        var key = await rig.KeyAsync("read");
        await rig.Book.Store.WriteAsync(
            t =>
            {
                t.Sql.Execute("CREATE TRIGGER full_1 BEFORE UPDATE ON sessions BEGIN SELECT raise(ABORT, 'disk full'); END");
                t.Sql.Execute("CREATE TRIGGER full_2 BEFORE UPDATE ON api_keys BEGIN SELECT raise(ABORT, 'disk full'); END");
            },
            Cancel);
        rig.Store.Time.Advance(TimeSpan.FromHours(2));
        await viewer.ReadAsync("/api/v1/alerts");
        Assert.Equal(200, (int)(await rig.WithKeyAsync(key, HttpMethod.Get, "/api/v1/alerts")).StatusCode);
        Assert.Equal((1, 1), (rig.Identity.Sessions.Untouched, rig.Identity.Keys.Untouched));
    }

    [Fact]
    public async Task A_key_is_shown_once_expires_and_can_be_revoked()
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        var expires = rig.Store.Time.GetUtcNow().AddDays(1).ToString("O");
        using var made = await admin.PostAsync("/api/v1/keys", $$"""{"name":"grafana","scopes":["read"],"expiresAt":"{{expires}}"}""");
        Assert.Equal(201, (int)made.StatusCode);
        var key = await made.Content.ReadFromJsonAsync<JsonElement>();
        var secret = key.GetProperty("key").GetString()!;
        Assert.StartsWith("sck_", secret, StringComparison.Ordinal);
        Assert.True(secret.Length >= 4 + 43);
        Assert.Equal(200, (int)(await rig.WithKeyAsync(secret, HttpMethod.Get, "/api/v1/devices")).StatusCode);
        Assert.Equal(200, (int)(await rig.WithKeyAsync(secret, HttpMethod.Get, "/api/v1/devices", scheme: "Token")).StatusCode);
        Assert.DoesNotContain(secret, (await admin.ReadAsync("/api/v1/keys")).ToString(), StringComparison.Ordinal);

        using var revoked = await admin.SendAsync(HttpMethod.Delete, "/api/v1/keys/" + key.GetProperty("id").GetString());
        Assert.Equal(204, (int)revoked.StatusCode);
        Assert.Equal(401, (int)(await rig.WithKeyAsync(secret, HttpMethod.Get, "/api/v1/devices")).StatusCode);

        var (_, other) = await rig.Identity.Keys.CreateAsync("short", ["read"], rig.Store.Time.GetUtcNow().AddHours(1), "test", Cancel);
        rig.Store.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(401, (int)(await rig.WithKeyAsync(other, HttpMethod.Get, "/api/v1/devices")).StatusCode);
        using var bad = await admin.PostAsync("/api/v1/keys", """{"name":"x","scopes":["everything"]}""");
        Assert.Equal(400, (int)bad.StatusCode);
    }

    [Fact]
    public async Task An_administrator_cannot_lock_themselves_out()
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        Assert.Equal(409, (int)(await admin.SendAsync(HttpMethod.Put, "/api/v1/users/admin", """{"roles":["viewer"]}""")).StatusCode);
        Assert.Equal(409, (int)(await admin.SendAsync(HttpMethod.Delete, "/api/v1/users/admin")).StatusCode);
        Assert.Equal(204, (int)(await admin.SendAsync(HttpMethod.Put, "/api/v1/users/lan", """{"roles":["operator"],"password":"long-enough-one"}""")).StatusCode);
        Assert.Equal(400, (int)(await admin.SendAsync(HttpMethod.Put, "/api/v1/users/lan", """{"roles":["operator"],"password":"short"}""")).StatusCode);
        Assert.Equal(400, (int)(await admin.SendAsync(HttpMethod.Put, "/api/v1/users/lan", """{"roles":["king"]}""")).StatusCode);
    }

    [Theory]
    [InlineData("PUT", """{"roles":["operator"]}""")]
    [InlineData("PUT", """{"roles":["admin"],"disabled":true}""")]
    [InlineData("DELETE", null)]
    public async Task The_last_administrator_stays_one(string method, string? body)
    {
        await using var rig = await ApiRig.StartAsync();
        var (lan, minh) = (await rig.SignInAsync("admin", "lan"), await rig.SignInAsync("admin", "minh"));

        // Two who put each other out at once: whoever comes second is refused, whatever either saw before.
        await rig.Identity.Users.PutAsync("minh", Roles.Admin, null, false, "test", Cancel);
        Assert.Equal(204, (int)(await lan.SendAsync(new HttpMethod(method), "/api/v1/users/minh", body)).StatusCode);
        var refused = await Assert.ThrowsAsync<IdentityException>(() => method == "DELETE"
            ? rig.Identity.Users.RemoveAsync("lan", "command-line", Cancel)
            : rig.Identity.Users.PutAsync("lan", Roles.Viewer, null, body!.Contains("disabled", StringComparison.Ordinal), "command-line", Cancel));
        Assert.True(refused.Conflict);
        Assert.Contains("last administrator", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Roles.Admin, (await rig.Identity.Users.ListAsync(Cancel)).Single(u => u.Name == "lan").Roles);
        Assert.Contains((int)(await minh.GetAsync("/api/v1/users")).StatusCode, new[] { 401, 403 });
        Assert.Equal(200, (int)(await lan.GetAsync("/api/v1/users")).StatusCode);
    }

    [Fact]
    public async Task A_wall_display_looks_for_ever_and_may_do_nothing()
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        Assert.Equal(400, (int)(await admin.SendAsync(HttpMethod.Put, "/api/v1/users/wall", """{"roles":["wall","operator"]}""")).StatusCode);
        Assert.Equal(204, (int)(await admin.SendAsync(HttpMethod.Put, "/api/v1/users/wall", """{"roles":["wall"]}""")).StatusCode);
        Assert.Equal(409, (int)(await admin.PostAsync("/api/v1/users/admin/code")).StatusCode);
        Assert.Equal(404, (int)(await admin.PostAsync("/api/v1/users/nobody/code")).StatusCode);
        using var made = await admin.PostAsync("/api/v1/users/wall/code");
        Assert.Equal(201, (int)made.StatusCode);
        var code = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();
        using var login = await rig.Client.PostAsJsonAsync("/api/v1/login/code", new { code });
        var cookie = Assert.Single(login.Headers.GetValues("Set-Cookie"));
        Assert.Contains("max-age=2592000", cookie, StringComparison.Ordinal);
        var wall = new Person(rig, "wall", cookie.Split(';')[0], (await login.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("csrf").GetString()!);
        Assert.Equal(401, (int)(await rig.Client.PostAsJsonAsync("/api/v1/login/code", new { code })).StatusCode);

        // Half a year, used every three weeks; its browser is told each time to keep the cookie.
        for (var n = 0; n < 9; n++)
        {
            rig.Store.Time.Advance(TimeSpan.FromDays(21));
            using var me = await wall.GetAsync("/api/v1/me");
            Assert.Equal(200, (int)me.StatusCode);
            Assert.StartsWith(cookie.Split(';')[0], Assert.Single(me.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
            Assert.Equal(rig.Store.Time.GetUtcNow().AddDays(30), (await me.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("expires").GetDateTimeOffset());
        }

        await wall.ReadAsync("/api/v1/alerts");
        Assert.Equal(403, (int)(await wall.SendAsync(HttpMethod.Put, "/api/v1/zones/z", "{}")).StatusCode);
        Assert.Equal(403, (int)(await wall.SendAsync(HttpMethod.Post, "/api/v1/alerts/a/acknowledge", "{}", revision: 1)).StatusCode);

        // Made an officer, it has an officer's session, and that one is over.
        await rig.Identity.Users.PutAsync("wall", Roles.Operator, null, false, "test", Cancel);
        Assert.Equal(401, (int)(await wall.GetAsync("/api/v1/me")).StatusCode);
        await rig.Identity.Users.PutAsync("wall", Roles.Wall, null, false, "test", Cancel);
        await wall.ReadAsync("/api/v1/me");
        rig.Store.Time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(401, (int)(await wall.GetAsync("/api/v1/me")).StatusCode);
    }

    [Fact]
    public async Task A_person_is_told_when_the_session_ends()
    {
        await using var rig = await ApiRig.StartAsync();
        var viewer = await rig.SignInAsync("viewer");
        var end = rig.Store.Time.GetUtcNow() + rig.Identity.Options.SessionLife;
        rig.Store.Time.Advance(TimeSpan.FromHours(5));
        using var me = await viewer.GetAsync("/api/v1/me");
        Assert.Equal(end, (await me.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("expires").GetDateTimeOffset());
        Assert.False(me.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Programs_read_alerts_over_mqtt_by_password_or_key()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.Identity.Users.PutAsync("wall", Roles.Viewer, ApiRig.Password, false, "test", Cancel);
        var readers = new MqttReaders(rig.Identity);
        Assert.Equal("wall", (await TryAsync("wall", ApiRig.Password))?.Name);
        Assert.Null(await TryAsync("wall", "guess"));
        Assert.Null(await TryAsync(null, ApiRig.Password));
        Assert.NotNull(await TryAsync("anything", await rig.KeyAsync("mqtt:read")));
        Assert.Null(await TryAsync("anything", await rig.KeyAsync("read")));

        async Task<ReaderIdentity?> TryAsync(string? name, string password) =>
            (await readers.AuthenticateAsync(name, System.Text.Encoding.UTF8.GetBytes(password), System.Net.IPAddress.Loopback, Cancel)).Reader;
    }
}
