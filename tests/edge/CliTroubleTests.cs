using SmartCity.Edge.Cli;
using SmartCity.Edge.Enrolment;

namespace SmartCity.Edge.Tests;

/// <summary>What the command line says when something stands in its way: the right reason, once, in the person's language.</summary>
public sealed class CliTroubleTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cli-trouble").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string ConfigFile => Path.Combine(_directory, "gateway.yaml");

    /// <summary>A file that is there must never be answered by how to make one: the advice would be followed, with --force.</summary>
    [Theory]
    [InlineData("watch", "--once")]
    [InlineData("handover")]
    [InlineData("test", "siren", "siren-1")]
    [InlineData("enrol")]
    public async Task A_configuration_with_a_fault_is_told_by_its_line_and_not_as_missing(params string[] args)
    {
        await File.WriteAllTextAsync(ConfigFile, "gateway: gw-1\ndata: data\ndevices: [\n");
        var run = await CliRun.RunAsync([.. args, "--config", ConfigFile]);
        Assert.Equal((ExitCodes.Usage, ""), (run.Exit, run.Out));
        Assert.Contains(ConfigFile + ":", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("init", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("watch", "--once")]
    [InlineData("handover")]
    [InlineData("run")]
    [InlineData("doctor")]
    [InlineData("test", "siren", "siren-1")]
    [InlineData("enrol")]
    public async Task A_configuration_that_this_user_may_not_read_asks_for_sudo(params string[] args)
    {
        if (OperatingSystem.IsWindows() || FileOwner.Me == 0)
        {
            Assert.Skip("root may read everything");
            return;
        }

        await File.WriteAllTextAsync(ConfigFile, "gateway: gw-1\ndata: data\n");
        File.SetUnixFileMode(ConfigFile, UnixFileMode.None);
        var run = await CliRun.RunAsync([.. args, "--config", ConfigFile]);
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("sudo", run.All, StringComparison.Ordinal);
        Assert.DoesNotContain("init", run.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_that_is_missing_is_told_so_by_run_too()
    {
        var run = await CliRun.RunAsync("--lang", "vi", "run", "--config", ConfigFile);
        Assert.Equal(ExitCodes.Usage, run.Exit);
        Assert.Contains("smartcity-edge init", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Could not", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wat", "'wat'", "wat")]
    [InlineData("DEVICE", "test siren", "test", "siren")]
    [InlineData("'fr'", "--help", "doctor", "--lang", "fr")]
    public async Task Wrong_usage_is_told_once(string names, string too, params string[] args)
    {
        var run = await CliRun.RunAsync(args);
        Assert.Equal(ExitCodes.Usage, run.Exit);
        Assert.Contains(names, run.Error, StringComparison.Ordinal);
        Assert.Contains(too, run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.Error.Split('✘').Length);
        Assert.DoesNotContain("No command", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_missing_is_told_in_Vietnamese()
    {
        await File.WriteAllTextAsync(ConfigFile, "gateway: gw-1\ndata: data\n");
        var request = Path.Combine(_directory, "none", "request");
        var run = await CliRun.RunAsync("--lang", "vi", "enrol", "--config", ConfigFile, "--request", request);
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("Không có", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Could not", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_typed_after_a_request_was_carried_has_the_same_options()
    {
        await File.WriteAllTextAsync(ConfigFile, "gateway: gw-1\ndata: data\n");
        var run = await CliRun.RunAsync("enrol", "--config", ConfigFile, "--out", _directory, "--request", Path.Combine(_directory, "request"));
        Assert.Contains($"sudo smartcity-edge enrol --answer gw-1.answer --config {ConfigFile} --out {_directory}", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https: [ https://a:8443 ] # ours\nkey: k\n", "https: [ https://b:1, https://a:8443 ] # ours\nkey: k\n")]
    [InlineData("https: []\n", "https: [ https://b:1 ]\n")]
    [InlineData("https:\n  - https://a:8443\n", null)]
    [InlineData("key: k\n", null)]
    public void A_server_is_put_in_front_of_a_list_on_one_line(string before, string? after) =>
        Assert.Equal(after, ConfigEdit.SetList(before, "https", "https://b:1"));

    [Fact]
    public async Task An_authority_s_file_without_a_certificate_is_damaged_and_not_another_authority()
    {
        await File.WriteAllTextAsync(ConfigFile, "gateway: gw-1\ndata: data\nservers: [ mqtts://127.0.0.1:1 ]\ncertificate: a\nkey: a\nca: a\n");
        await File.WriteAllTextAsync(Path.Combine(_directory, "a"), "garbage");
        var run = await CliRun.RunAsync("doctor", "--config", ConfigFile);
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("damaged", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("(–)", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_port_is_not_another_city()
    {
        using var plain = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        plain.Start();
        var answered = Task.Run(async () =>
        {
            using var client = await plain.AcceptSocketAsync();
            var buffer = new byte[4096];
            await client.ReceiveAsync(buffer);
            await client.SendAsync("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"u8.ToArray());
        });
        var server = new Uri($"https://127.0.0.1:{((System.Net.IPEndPoint)plain.LocalEndpoint).Port}");
        var fault = await Assert.ThrowsAsync<EnrolException>(() => CityHttp.TextAsync(server, "/", CancellationToken.None));
        Assert.Equal(EnrolFault.NoTls, fault.Fault);
        await Wait.ForAsync(answered, "somebody asked");
    }

    [Fact]
    public void A_table_fits_the_screen_and_loses_no_word()
    {
        var output = new StringWriter();
        var screen = new Screen(CliRun.Host(output, TextWriter.Null), Words.Of("vi"));
        var metric = "Trạng thái mạch (0 bình thường, 1 báo cháy, 2 đứt, 3 chập)";
        screen.Table(["Thiết bị", "Đại lượng", "Giá trị", "Cách đây"], [[("fire-01", Tone.Strong), (metric, Tone.Plain), ("0", Tone.Plain), ("12 phút", Tone.Quiet)]]);
        Assert.All(output.ToString().Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.All(metric.Split(' '), word => Assert.Contains(word, output.ToString(), StringComparison.Ordinal));
    }
}
