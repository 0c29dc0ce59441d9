using SmartCity.Ingest.Delivery;

namespace SmartCity.Ingest.Tests.Delivery;

public sealed class WebhookRulesTests
{
    [Theory]
    [InlineData("https://sms.example.vn/in", null)]
    [InlineData("https://sms.example.vn:8443/in?room=1", null)]
    [InlineData("https://8.8.8.8/in", null)]
    [InlineData("http://sms.internal/in", null)]
    [InlineData("http://10.1.2.3:9000/in", null)]
    [InlineData("https://10.1.2.3/in", null)]
    [InlineData("http://sms.example.vn/in", "begins with https:")]
    [InlineData("http://8.8.8.8/in", "begins with https:")]
    [InlineData("https://10.2.0.1/in", "not a public address")]
    [InlineData("https://127.0.0.1/in", "not a public address")]
    [InlineData("https://2130706433/in", "not a public address")]
    [InlineData("https://0x7f.1/in", "not a public address")]
    [InlineData("https://[::1]/in", "not a public address")]
    [InlineData("https://[::ffff:10.2.0.1]/in", "not a public address")]
    [InlineData("https://localhost/in", "not a public address")]
    [InlineData("https://a.localhost./in", "not a public address")]
    [InlineData("https://user:hunter2@sms.example.vn/in", "no user and no password")]
    [InlineData("https://user@sms.example.vn/in", "no user and no password")]
    [InlineData("https://sms.example.vn/in#part", "no fragment")]
    [InlineData("ftp://sms.example.vn/in", "https address")]
    [InlineData("file:///etc/passwd", "https address")]
    [InlineData("//sms.example.vn/in", "https address")]
    [InlineData("https://", "https address")]
    [InlineData("https://sms.example.vn/\r\nX-Evil: 1", "https address")]
    [InlineData(" https://sms.example.vn/", "https address")]
    [InlineData("", "https address")]
    [InlineData(null, "https address")]
    public void An_address_is_taken_or_refused_with_words(string? url, string? fault)
    {
        Assert.Null(AddressPolicy.Parse("sms.internal, 10.1.0.0/16", out var policy));
        var told = WebhookRules.Url(url, policy, out _);
        if (fault is null)
        {
            Assert.Null(told);
        }
        else
        {
            Assert.Contains(fault, told!.Words, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", told.Words, StringComparison.Ordinal);
        }
    }
}
