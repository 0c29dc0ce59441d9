using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Edge.Cli;
using SmartCity.Edge.Enrolment;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

/// <summary>Enrolment by a file carried to the server and back; the server's side is played by a small authority.</summary>
public sealed class CliEnrolTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cli-enrol").FullName;
    private readonly SmallCity _city = new();

    public void Dispose()
    {
        _city.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private string At(string name) => Path.Combine(_directory, name);

    [Fact]
    public async Task A_code_on_the_command_line_is_refused_and_not_repeated()
    {
        var run = await CliRun.RunAsync("enrol", "X0DPT-DQBND", "--gateway", "gw-1");
        Assert.Equal((ExitCodes.Usage, ""), (run.Exit, run.Out));
        Assert.DoesNotContain("X0DPT", run.Error, StringComparison.Ordinal);
        Assert.Contains(EnrolCommand.CodeVariable, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_goes_there_the_answer_comes_back_and_the_configuration_names_the_files()
    {
        await File.WriteAllTextAsync(At("gateway.yaml"), "# ours\ngateway: gw-1\ncertificate: old.crt # its certificate\nkey: old.key\n");
        var asked = await CliRun.RunAsync("enrol", "--config", At("gateway.yaml"), "--request", At("request"));
        Assert.Equal((ExitCodes.Done, ""), (asked.Exit, asked.Error));
        var request = _city.Read(At("request"));
        Assert.Contains(request.KeyFingerprint, asked.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", await File.ReadAllTextAsync(At("request")), StringComparison.Ordinal);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(At("gw-1.key.new")) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));

        _city.Answer(At("answer"), request.Csr, "gw-1");
        var installed = await CliRun.RunAsync("enrol", "--config", At("gateway.yaml"), "--answer", At("answer"), "--ca-fingerprint", _city.Fingerprint);
        Assert.Equal((ExitCodes.Done, ""), (installed.Exit, installed.Error));
        using var own = X509Certificate2.CreateFromPemFile(At("gw-1.crt"), At("gw-1.key"));
        Assert.True(own.HasPrivateKey);
        Assert.False(File.Exists(At("gw-1.key.new")));
        Assert.Equal(
            "# ours\ngateway: gw-1\ncertificate: gw-1.crt # its certificate\nkey: gw-1.key\nca: ca.crt\n", await File.ReadAllTextAsync(At("gateway.yaml")));
    }

    [Fact]
    public void A_request_written_again_keeps_its_key_so_that_either_answer_fits()
    {
        var first = OfflineEnrolment.Request("gw-1", _directory, At("one"));
        Assert.Equal(first, OfflineEnrolment.Request("gw-1", _directory, At("two")));
        _city.Answer(At("answer"), _city.Read(At("one")).Csr, "gw-1");
        OfflineEnrolment.Install("gw-1", _directory, At("answer"), _city.Fingerprint);
    }

    [Theory]
    [InlineData("other-key", EnrolFault.OtherKey)]
    [InlineData("other-gateway", EnrolFault.OtherGateway)]
    [InlineData("other-city", EnrolFault.OtherCity)]
    [InlineData("no-request", EnrolFault.NoRequest)]
    [InlineData("no-answer", EnrolFault.Malformed)]
    [InlineData("other-signer", EnrolFault.OtherCity)]
    public void An_answer_that_does_not_fit_changes_nothing(string how, object fault)
    {
        OfflineEnrolment.Request("gw-1", _directory, At("request"));
        var csr = _city.Read(At("request")).Csr;
        using var stranger = new SmallCity();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        switch (how)
        {
            case "other-key":
                _city.Answer(At("answer"), new CertificateRequest("CN=x", other, HashAlgorithmName.SHA256).CreateSigningRequestPem(), "gw-1");
                break;
            case "other-gateway":
                _city.Answer(At("answer"), csr, "gw-2");
                break;
            case "other-city":
                stranger.Answer(At("answer"), csr, "gw-1");
                break;
            case "other-signer":
                stranger.Answer(At("answer"), csr, "gw-1", _city.Pem);
                break;
            case "no-request":
                _city.Answer(At("answer"), csr, "gw-1");
                File.Delete(At("gw-1.key.new"));
                break;
            default:
                File.WriteAllText(At("answer"), "{}");
                break;
        }

        var e = Assert.Throws<EnrolException>(() => OfflineEnrolment.Install("gw-1", _directory, At("answer"), _city.Fingerprint));
        Assert.Equal(fault, e.Fault);
        Assert.False(File.Exists(At("gw-1.crt")) || File.Exists(At("gw-1.key")) || File.Exists(At("ca.crt")));
    }

    [Fact]
    public void An_answer_cut_anywhere_is_no_answer()
    {
        OfflineEnrolment.Request("gw-1", _directory, At("request"));
        _city.Answer(At("whole"), _city.Read(At("request")).Csr, "gw-1");
        var whole = File.ReadAllText(At("whole")).TrimEnd();
        for (var length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllText(At("answer"), whole[..length]);
            Assert.Throws<EnrolException>(() => OfflineEnrolment.Install("gw-1", _directory, At("answer"), _city.Fingerprint));
        }
    }

    [Fact]
    public async Task A_clock_before_the_certificate_is_told_and_the_certificate_installed_all_the_same()
    {
        OfflineEnrolment.Request("gw-1", _directory, At("request"));
        _city.Answer(At("answer"), _city.Read(At("request")).Csr, "gw-1");
        var run = await CliRun.RunAsync(
            host => host with { Time = new FakeTime(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero)) },
            "enrol", "--gateway", "gw-1", "--out", _directory, "--answer", At("answer"), "--ca-fingerprint", _city.Fingerprint);
        Assert.Equal(ExitCodes.Done, run.Exit);
        Assert.Contains("set-time", run.Out, StringComparison.Ordinal);
        Assert.True(File.Exists(At("gw-1.key")));
    }

    [Theory]
    [InlineData("", "key", "x.key", "key: x.key\n")]
    [InlineData("key: a\n", "key", "x", "key: x\n")]
    [InlineData("a: 1\nkey:   'old one'   # why\nb: 2", "key", "x", "a: 1\nkey: x   # why\nb: 2")]
    [InlineData("# key: no\n  key: nested\n", "key", "x", "# key: no\n  key: nested\nkey: x\n")]
    [InlineData("keys: 1\n", "key", "true", "keys: 1\nkey: \"true\"\n")]
    [InlineData("key: a\r\nb: 1\r\n", "key", "c d\\", "key: \"c d\\\\\"\r\nb: 1\r\n")]
    public void A_key_is_set_and_everything_else_left(string before, string key, string value, string after) =>
        Assert.Equal(after, ConfigEdit.Set(before, key, value));
}
