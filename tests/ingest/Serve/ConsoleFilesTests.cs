using SmartCity.Ingest.Serve;

namespace SmartCity.Ingest.Tests.Serve;

public sealed class ConsoleFilesTests
{
    [Fact]
    public void The_console_asks_nobody_but_its_server()
    {
        var policy = ConsoleFiles.ContentPolicy(null);

        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("worker-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self';", policy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_style_of_the_citys_own_opens_its_origin_for_data_and_pictures_and_for_nothing_else()
    {
        var policy = ConsoleFiles.ContentPolicy(new Uri("https://tiles.example.vn:8443/city/style.json?key=1"));

        Assert.Contains("img-src 'self' blob: https://tiles.example.vn:8443;", policy, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self' https://tiles.example.vn:8443;", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("key", policy, StringComparison.Ordinal);
    }
}
