using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Api;

public sealed class ProblemTests
{
    [Theory]
    [InlineData("GET", "/nothing/here", 404)]
    [InlineData("GET", "/api/v1/nothing", 404)]
    [InlineData("PATCH", "/api/v1/devices", 405)]
    [InlineData("GET", "/api/v1/users", 403)]
    [InlineData("GET", "/api/v1/devices/nobody", 404)]
    [InlineData("GET", "/api/v1/devices?limit=x", 400)]
    [InlineData("PUT", "/api/v2/write", 405)]
    public async Task Every_refusal_is_a_problem(string method, string path, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        using var answer = await (await rig.SignInAsync("viewer")).SendAsync(new HttpMethod(method), path);
        await IsProblemAsync(answer, status);
        Assert.Equal(status == 405, answer.Content.Headers.Allow.Count > 0);
    }

    [Fact]
    public async Task So_is_a_request_without_a_name_a_body_that_is_none_and_one_that_is_too_large()
    {
        await using var rig = await ApiRig.StartAsync();
        using (var stranger = await rig.Client.GetAsync("/api/v1/devices"))
        {
            await IsProblemAsync(stranger, 401);
            Assert.Equal("Bearer", stranger.Headers.WwwAuthenticate.Single().Scheme);
        }

        var admin = await rig.SignInAsync("admin");
        foreach (var (body, status) in new[]
        {
            ("", 415), ("null", 400), ("{", 400), ("[]", 400), ("""{"kind":5}""", 400), ("""{"kind":"x","kind":"y"}""", 400), ("""{"colour":1}""", 400),
            ("""{"name":""" + "\"" + new string('x', 70_000) + "\"}", 413),
        })
        {
            using var answer = await admin.SendAsync(HttpMethod.Put, "/api/v1/devices/d-1", body.Length == 0 ? null : body);
            await IsProblemAsync(answer, status);
        }
    }

    [Fact]
    public async Task Every_answer_carries_the_headers_of_security()
    {
        await using var rig = await ApiRig.StartAsync();
        foreach (var path in new[] { "/healthz", "/api/v1/devices", "/nothing" })
        {
            using var answer = await rig.Client.GetAsync(path);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
            Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        }

        using var api = await rig.Client.GetAsync("/healthz");
        Assert.Equal("no-store", api.Headers.CacheControl?.ToString());
        Assert.Contains("default-src 'none'", api.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_is_ever_answered_logged_or_kept_as_it_is()
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        var secrets = new List<string> { ApiRig.Password, admin.Cookie.Split('=')[1], admin.Csrf };
        using (var made = await admin.PostAsync("/api/v1/keys", """{"name":"k","scopes":["read","write:*"]}"""))
        {
            secrets.Add((await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!);
        }

        var (code, _) = await EnrolmentTests.CodeAsync(admin, "gw-1");
        secrets.Add(code);
        secrets.Add(code.Replace("-", "", StringComparison.Ordinal));
        var once = await rig.Identity.Sessions.NewCodeAsync("run", Roles.Admin, CancellationToken.None);
        secrets.Add(once);

        // Everything that can go well, and wrong, with them.
        await rig.RaiseAsync(BookRig.Change("a1"));
        var answers = new List<HttpResponseMessage>
        {
            await rig.Client.PostAsJsonAsync("/api/v1/login", new { user = "admin", password = ApiRig.Password + "x" }),
            await rig.Client.PostAsJsonAsync("/api/v1/login", new { user = "admin", password = ApiRig.Password }),
            await rig.Client.PostAsJsonAsync("/api/v1/login/code", new { code = once }),
            await rig.Client.PostAsJsonAsync("/api/v1/enrol", new { gateway = "gw-1", code, csr = "not a request" }),
            await rig.Client.PostAsJsonAsync("/api/v1/enrol", new { gateway = "gw-1", code, csr = EnrolmentTests.Request() }),
            await rig.Client.PostAsJsonAsync("/api/v1/enrol", new { gateway = "gw-1", code, csr = EnrolmentTests.Request() }),
            await rig.WithKeyAsync(secrets[3], HttpMethod.Get, "/api/v1/devices"),
            await rig.WithKeyAsync(secrets[3], HttpMethod.Get, "/api/v1/users"),
            await admin.GetAsync("/api/v1/users"),
            await admin.GetAsync("/api/v1/keys"),
            await admin.GetAsync("/api/v1/export"),
            await admin.GetAsync("/api/v1/gateways"),
            await admin.SendAsync(HttpMethod.Put, "/api/v1/users/admin", $$"""{"roles":"admin","password":"{{ApiRig.Password}}"}"""),
        };
        foreach (var answer in answers)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.All(secrets.Where(s => s != admin.Csrf), s => Assert.DoesNotContain(s, text, StringComparison.Ordinal));
            answer.Dispose();
        }

        Assert.True(rig.Log.Lines.Count > 20);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(rig.Log.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        }

        foreach (var file in Directory.EnumerateFiles(rig.Store.Folder, "city.db*"))
        {
            await using var shared = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(shared, System.Text.Encoding.Latin1);
            var bytes = await reader.ReadToEndAsync();
            Assert.All(secrets, s => Assert.DoesNotContain(s, bytes, StringComparison.Ordinal));
        }
    }

    private static async Task IsProblemAsync(HttpResponseMessage answer, int status)
    {
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.All(new[] { "type", "title", "detail", "instance" }, m => Assert.Equal(JsonValueKind.String, problem.GetProperty(m).ValueKind));
    }
}
