using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace SmartCity.SystemTests.Identity;

/// <summary>Codes, replayed and guessed. A city of its own: the guesses use up what an address may try.</summary>
public sealed class EnrolmentTests(GuardedCity city) : IClassFixture<GuardedCity>
{
    [Fact]
    public async Task An_enrolment_code_is_good_once_for_its_gateway_and_a_few_attempts()
    {
        var code = (await city.Admin.DoAsync(HttpMethod.Post, "/api/v1/gateways", new { id = "gw-code" })).GetProperty("code").GetString()!;
        var (key, pem) = CityPki.Request("CN=gw-a");
        using (key)
        {
            // For another gateway than the one it was given for: refused.
            Assert.Equal(HttpStatusCode.Forbidden, await EnrolAsync(new { code, csr = pem, gateway = "gw-a" }));

            // A request that is none costs an attempt, not the code.
            Assert.Equal(HttpStatusCode.BadRequest, await EnrolAsync(new { code, csr = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----" }));

            using var first = await city.Server.Client.PostAsJsonAsync("/api/v1/enrol", new { code, csr = pem });
            Assert.Equal(HttpStatusCode.Created, first.StatusCode);
            var enrolled = await first.Content.ReadFromJsonAsync<JsonElement>();

            // The request's subject said gw-a: the certificate says the code's gateway and nothing of the subject.
            using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(enrolled.GetProperty("certificate").GetString());
            Assert.DoesNotContain("gw-a", certificate.Subject, StringComparison.Ordinal);
            Assert.Equal("gw-code", enrolled.GetProperty("gateway").GetString());

            // Replayed: by the same request, by another.
            Assert.Equal(HttpStatusCode.Forbidden, await EnrolAsync(new { code, csr = pem }));
            var (otherKey, otherPem) = CityPki.Request();
            using (otherKey)
            {
                Assert.Equal(HttpStatusCode.Forbidden, await EnrolAsync(new { code, csr = otherPem }));
            }

            // Guessing ends soon, for everybody at this address and with words of when to come again.
            var answers = new List<HttpStatusCode>();
            for (var i = 0; i < 6; i++)
            {
                answers.Add(await EnrolAsync(new { code = "AAAAA-AAAAA-AAAAA-AAAAA", csr = pem }));
            }

            Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
            Assert.All(answers, a => Assert.True(a is HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests, a.ToString()));
        }

        Assert.DoesNotContain(code, city.Server.Log, StringComparison.Ordinal);
    }

    private async Task<HttpStatusCode> EnrolAsync(object body)
    {
        using var answer = await city.Server.Client.PostAsJsonAsync("/api/v1/enrol", body);
        return answer.StatusCode;
    }
}
