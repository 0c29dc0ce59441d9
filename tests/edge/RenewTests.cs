using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Enrolment;
using SmartCity.Edge.Tls;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

/// <summary>Renewing the certificate: when, and what lies on disk whenever the machine is switched off. The way over a real server is a system test.</summary>
public sealed class RenewTests : IDisposable
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("edge-renew").FullName;
    private readonly List<string> _notices = [];

    private string Certificate => Path.Combine(_directory, "gw.crt");

    private string Key => Path.Combine(_directory, "gw.key");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(0, false)]
    [InlineData(59, false)]
    [InlineData(60, false)]
    [InlineData(61, true)]
    [InlineData(89, true)]
    [InlineData(91, true)]
    public void Renewal_is_due_when_less_than_a_third_is_left(int day, bool due)
    {
        var (certificate, _) = Make();
        using var one = X509Certificate2.CreateFromPem(certificate);
        Assert.Equal(due, Renewer.IsDue(one, Begin.AddDays(day)));
    }

    [Fact]
    public void Whenever_the_replacement_is_cut_off_the_pair_that_is_left_fits()
    {
        var (oldCertificate, oldKey) = Make();
        var (newCertificate, newKey) = Make();

        // What the file system holds after each step of the replacement, old (false) or new (true) by its end.
        (string Step, Action Do, bool IsNew)[] steps =
        [
            ("nothing was done", () => { }, false),
            ("half the new key", () => File.WriteAllText(Key + ".new.next", newKey[..40]), false),
            ("the new key", () => File.WriteAllText(Key + ".new", newKey), false),
            ("half the new certificate", () => File.WriteAllText(Certificate + ".new.next", newCertificate[..40]), false),
            ("the new certificate", () => File.WriteAllText(Certificate + ".new", newCertificate), true),
            ("the key is in its place", () => File.Move(Key + ".new", Key, overwrite: true), true),
            ("both are", () => File.Move(Certificate + ".new", Certificate, overwrite: true), true),
        ];
        for (var cut = 0; cut < steps.Length; cut++)
        {
            foreach (var file in Directory.GetFiles(_directory))
            {
                File.Delete(file);
            }

            new CertificatePair(Certificate, Key).Replace(oldCertificate, oldKey);
            foreach (var step in steps[..(cut + 1)])
            {
                step.Do();
            }

            using var loaded = CertificateFiles.Own(Certificate, Key);
            using var expected = X509Certificate2.CreateFromPem(steps[cut].IsNew ? newCertificate : oldCertificate);
            Assert.True(loaded.HasPrivateKey);
            Assert.True(expected.Thumbprint == loaded.Thumbprint, steps[cut].Step);
            Assert.True(OperatingSystem.IsWindows() || cut > 0 || File.GetUnixFileMode(Key) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));

            // And it can be replaced again.
            new CertificatePair(Certificate, Key).Replace(newCertificate, newKey);
            using var again = CertificateFiles.Own(Certificate, Key);
            Assert.True(again.HasPrivateKey);
        }
    }

    [Fact]
    public async Task A_renewal_that_fails_is_told_and_the_pair_stays()
    {
        var (certificate, key) = Make();
        new CertificatePair(Certificate, Key).Replace(certificate, key);
        var time = new FakeTime(Begin.AddDays(70));
        using var clock = new EdgeClock(ClockMode.Trusted, _directory, new FakeEvidence(), time, null);
        var renewer = Make(clock, time, new Uri("https://127.0.0.1:1/"), new Uri("http://city.example/"));
        Assert.False(await renewer.LookAsync(default));
        Assert.Equal(2, _notices.Count);
        Assert.StartsWith("the certificate, good until 2026-04-01, was not renewed: https://127.0.0.1:1/: ", _notices[0], StringComparison.Ordinal);
        Assert.Contains("write https", _notices[1], StringComparison.Ordinal);
        Assert.Equal(certificate, await File.ReadAllTextAsync(Certificate));

        time.Advance(TimeSpan.FromDays(30));
        Assert.False(await renewer.LookAsync(default));
        Assert.Contains("must be enrolled again", _notices[^1], StringComparison.Ordinal);
    }

    /// <summary>Whatever a server answers, the gateway goes on: what ended the renewer would end the gateway with its sirens.</summary>
    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"gateway\":null,\"certificate\":null,\"ca\":null}")]
    [InlineData("{\"gateway\":\"gw\",\"certificate\":\"x\",\"ca\":\"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\"}")]
    [InlineData("garbage")]
    public async Task A_server_that_answers_nonsense_ends_nothing(string answer)
    {
        var (certificate, key) = Make();
        new CertificatePair(Certificate, Key).Replace(certificate, key);
        var time = new FakeTime(Begin.AddDays(70));
        using var clock = new EdgeClock(ClockMode.Trusted, _directory, new FakeEvidence(), time, null);
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, answer);
        var renewer = Make(clock, time, new Uri($"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}/"));
        Assert.False(await renewer.LookAsync(default));
        await Wait.ForAsync(serving, "the server answered");
        Assert.Contains("was not renewed", Assert.Single(_notices), StringComparison.Ordinal);
        Assert.Equal(certificate, await File.ReadAllTextAsync(Certificate));
    }

    [Fact]
    public async Task Nothing_is_asked_before_the_time_is_known()
    {
        var (certificate, key) = Make();
        new CertificatePair(Certificate, Key).Replace(certificate, key);
        var time = new FakeTime(Begin.AddDays(70));
        using var clock = new EdgeClock(ClockMode.Auto, _directory, new FakeEvidence(), time, null);
        using var stop = new CancellationTokenSource();
        var running = Make(clock, time, new Uri("https://127.0.0.1:1/")).RunAsync(stop.Token);
        time.Advance(TimeSpan.FromDays(1));
        Assert.Empty(_notices);
        EdgeClock.Confirm(_directory, new FakeEvidence());
        time.Advance(TimeSpan.FromSeconds(1));
        await Wait.UntilAsync(() => _notices.Count > 0, "the renewal was tried");
        await stop.CancelAsync();
        await Wait.ForAsync(running, "the renewer stopped");
    }

    private static async Task ServeAsync(System.Net.Sockets.TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        var text = "";
        var buffer = new byte[16_384];

        // The request ends with its body's brace.
        while (!text.EndsWith('}') && !text.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer);
            Assert.True(read > 0, $"the request ended after: {text}");
            text += System.Text.Encoding.UTF8.GetString(buffer, 0, read);
        }

        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(
            FormattableString.Invariant($"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\nConnection: close\r\n\r\n{answer}")));
    }

    private static (string Certificate, string Key) Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=gw", key, HashAlgorithmName.SHA256).CreateSelfSigned(Begin, Begin.AddDays(90));
        return (made.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private Renewer Make(EdgeClock clock, TimeProvider time, params Uri[] servers)
    {
        var own = CertificateFiles.Own(Certificate, Key);
        return new Renewer(
            new GatewayOptions
            {
                Gateway = "gw",
                Directory = _directory,
                Servers = [],
                Certificate = own,
                Authorities = [own],
                CertificateFile = Certificate,
                KeyFile = Key,
                Https = servers,
            },
            clock, time, _notices.Add);
    }
}
