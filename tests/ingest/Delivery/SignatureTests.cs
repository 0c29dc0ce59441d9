using System.Text;
using SmartCity.Ingest.Delivery;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Tests.Delivery;

public sealed class SignatureTests
{
    /// <summary>The example of the libraries of Standard Webhooks.</summary>
    [Fact]
    public void The_published_example_has_the_published_signature() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSecrets.Sign([Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, Encoding.UTF8.GetBytes("""{"test": 2432232314}""")));

    [Fact]
    public void A_secret_is_the_same_after_a_restart_and_another_for_every_webhook_and_generation()
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-hook-").FullName;
        var path = Path.Combine(folder, "webhooks.key");
        var first = WebhookSecrets.OpenOrCreate(path);
        var again = WebhookSecrets.OpenOrCreate(path);
        Assert.True(first.IsNew);
        Assert.False(again.IsNew);
        Assert.Equal(first.Text("wh_1", 1), again.Text("wh_1", 1));
        Assert.Equal(4, new[] { first.Text("wh_1", 1), first.Text("wh_1", 2), first.Text("wh_2", 1), first.Text("wh_1 1", 2) }.Distinct().Count());
        Assert.StartsWith("whsec_", first.Text("wh_1", 1), StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(first.Text("wh_1", 1)["whsec_".Length..]).Length);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Assert.Contains("chmod 600", Assert.Throws<CityCaException>(() => WebhookSecrets.OpenOrCreate(path)).Message, StringComparison.Ordinal);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.WriteAllText(path, "half a key");
        Assert.Contains("damaged", Assert.Throws<CityCaException>(() => WebhookSecrets.OpenOrCreate(path)).Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A book that was restored gives old numbers to new events; their ids differ, or receivers would take them for repeats.</summary>
    [Fact]
    public void The_id_is_of_the_event_and_not_of_its_number_alone()
    {
        var one = new OutgoingEvent(7, "fire", "raised", "a", 0, "{\"id\":\"a\"}"u8.ToArray());
        Assert.Equal(WebhookBody.IdOf(one), WebhookBody.IdOf(one with { RecordedAt = 5 }));
        Assert.NotEqual(WebhookBody.IdOf(one), WebhookBody.IdOf(one with { Json = "{\"id\":\"b\"}"u8.ToArray() }));
        Assert.Matches("^evt_7_[0-9a-f]{12}$", WebhookBody.IdOf(one));
    }
}
