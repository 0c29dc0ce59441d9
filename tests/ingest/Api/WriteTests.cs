using System.IO.Compression;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using SmartCity.Ingest.Api;

namespace SmartCity.Ingest.Tests.Api;

public sealed class WriteTests
{
    [Theory]
    [InlineData("", "Nanosecond")]
    [InlineData("&precision=ns", "Nanosecond")]
    [InlineData("&precision=us", "Microsecond")]
    [InlineData("&precision=ms", "Millisecond")]
    [InlineData("&precision=s", "Second")]
    public async Task Good_lines_are_taken(string query, string precision)
    {
        await using var rig = await ApiRig.StartAsync();
        using var answer = await rig.WithKeyAsync(await rig.KeyAsync("write:*"), HttpMethod.Post, "/api/v2/write?org=o&bucket=b" + query, new StringContent("x,device=a v=1 5"), "Token");
        Assert.Equal(204, (int)answer.StatusCode);
        Assert.Equal([precision + " x,device=a v=1 5"], rig.Written.Taken);
    }

    [Fact]
    public async Task Bad_lines_are_named_and_the_good_ones_beside_them_are_kept()
    {
        await using var rig = await ApiRig.StartAsync();
        using var answer = await rig.WithKeyAsync(
            await rig.KeyAsync("write:a", "write:bad"), HttpMethod.Post, "/api/v2/write", new StringContent("x,device=a v=1\nx,device=bad v=1\nx,device=other v=1\n"));
        Assert.Equal(400, (int)answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("invalid", problem.GetProperty("code").GetString());
        Assert.Contains("2 of 3 lines", problem.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal([(2, "syntax"), (3, "forbidden")], problem.GetProperty("errors").EnumerateArray().Select(e => (e.GetProperty("line").GetInt32(), e.GetProperty("reason").GetString())));
        Assert.Single(rig.Written.Taken);
    }

    [Fact]
    public async Task Gzip_is_taken_and_a_bomb_is_not()
    {
        await using var rig = await ApiRig.StartAsync();
        var key = await rig.KeyAsync("write:*");
        Assert.Equal(204, await SendAsync(Zip(Encoding.UTF8.GetBytes("x,device=a v=1"))));
        Assert.Equal(413, await SendAsync(Zip(new byte[64 * 1024 * 1024])));
        Assert.Equal(400, await SendAsync(Encoding.UTF8.GetBytes("x,device=a v=1")));
        Assert.Equal(415, await SendAsync([1], "br"));
        Assert.Equal(413, await SendAsync(new byte[(4 * 1024 * 1024) + 1], null));
        Assert.Equal(0, rig.Services.Writes.Used);
        Assert.Single(rig.Written.Taken);

        async Task<int> SendAsync(byte[] bytes, string? encoding = "gzip")
        {
            using var content = new ByteArrayContent(bytes);
            if (encoding is not null)
            {
                content.Headers.ContentEncoding.Add(encoding);
            }

            using var answer = await rig.WithKeyAsync(key, HttpMethod.Post, "/api/v2/write", content);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_paused_log_and_too_many_writes_say_come_again()
    {
        await using var rig = await ApiRig.StartAsync(o => o with { WritesInFlight = 1024 * 1024 });
        var key = await rig.KeyAsync("write:*");
        rig.Written.Paused = "disk budget reached";
        using (var answer = await rig.WithKeyAsync(key, HttpMethod.Post, "/api/v2/write", new StringContent("x,device=a v=1")))
        {
            Assert.Equal(503, (int)answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.Equal("unavailable", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        }

        rig.Written.Paused = null;
        using var large = await rig.WithKeyAsync(key, HttpMethod.Post, "/api/v2/write", new ByteArrayContent(new byte[1024 * 1024]));
        Assert.Equal(503, (int)large.StatusCode);
        Assert.Equal(0, rig.Services.Writes.Used);
    }

    [Fact]
    public void A_principal_may_write_its_own_devices_only()
    {
        Assert.True(new WritePrincipal("k", true, []).May("anything"u8));
        var some = new WritePrincipal("k", false, ["a", "b"]);
        Assert.True(some.May("b"u8));
        Assert.False(some.May("ab"u8));
        Assert.False(some.May(""u8));
    }

    private static byte[] Zip(byte[] plain)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal))
        {
            gzip.Write(plain);
        }

        return zipped.ToArray();
    }
}
