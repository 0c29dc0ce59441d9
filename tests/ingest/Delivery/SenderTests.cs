using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SmartCity.Ingest.Delivery;

namespace SmartCity.Ingest.Tests.Delivery;

/// <summary>One try over real sockets against receivers that behave badly.</summary>
public sealed class SenderTests
{
    private static readonly byte[] Key = Encoding.UTF8.GetBytes("a key of the test's");
    private static readonly byte[] Body = """{"type":"test","city":"Thanh Hóa"}"""u8.ToArray();

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204, null)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, null)]
    [InlineData("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 202, null)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nclosed by the end", 200, null)]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\nno\u0007\r\n", 500, "The receiver answered 500: no")]
    [InlineData("HTTP/1.1 429 Slow\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n", 429, "The receiver answered 429.")]
    [InlineData("HTTP/1.1 404 Nothing\r\nContent-Length: 0\r\n\r\n", 404, "The receiver answered 404.")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", null, "broke off")]           // it ends in the middle of the body
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", null, "broke off")]
    [InlineData("HTTP/1.1 20", null, "broke off")]                                                 // … in the middle of the status
    [InlineData("", null, "broke off")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", null, "no HTTP")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", null, "")]
    public async Task An_answer_counts_when_it_is_whole(string answer, int? status, string? error)
    {
        await using var receiver = new Receiver(answer);
        var attempt = await receiver.SendAsync();
        Assert.Equal((status, error is null), (attempt.Status, attempt.Delivered));
        Assert.Contains(error ?? "", attempt.Error ?? "", StringComparison.Ordinal);
        Assert.Equal(status == 429 ? TimeSpan.FromSeconds(17) : null, attempt.RetryAfter);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_never_followed(int status)
    {
        await using var elsewhere = new Receiver("HTTP/1.1 204 No Content\r\n\r\n");
        await using var receiver = new Receiver($"HTTP/1.1 {status} Go\r\nLocation: http://127.0.0.1:{elsewhere.Port}/secret\r\nContent-Length: 0\r\n\r\n");
        var attempt = await receiver.SendAsync();
        Assert.True(attempt is { Redirected: true, Delivered: false } && attempt.Status == status);
        Assert.Equal((1, 0), (receiver.Requests.Count, elsewhere.Requests.Count));
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_the_answer_is_no_delivery()
    {
        await using var receiver = new Receiver("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") { Reset = true };
        Assert.False((await receiver.SendAsync()).Delivered);
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off_and_its_status_counts()
    {
        await using var receiver = new Receiver("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n") { Endless = new string('x', 65_536) };
        Assert.Equal(200, (await receiver.SendAsync()).Status);
        Assert.InRange(receiver.Sent, 1, 8 << 20); // what fits into the sockets' buffers, not the gigabyte
    }

    [Fact]
    public async Task Headers_without_end_are_no_answer()
    {
        await using var receiver = new Receiver("HTTP/1.1 200 OK\r\n") { Endless = string.Concat(Enumerable.Repeat("X-Long: " + new string('y', 1000) + "\r\n", 60)) };
        var attempt = await receiver.SendAsync();
        Assert.Equal((null, false), (attempt.Status, attempt.Delivered));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    public async Task Who_is_slow_is_given_up_after_the_limit(string beginning)
    {
        await using var receiver = new Receiver(beginning) { Hang = true };
        var time = new TestSupport.FakeTime();
        var sending = receiver.SendAsync(time: time);
        await receiver.Arrived;
        time.Advance(TimeSpan.FromSeconds(11));
        var attempt = await sending.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((null, "No whole answer within 10 s."), (attempt.Status, attempt.Error));
    }

    [Fact]
    public async Task Nobody_there_is_told_so()
    {
        Receiver gone;
        await using (gone = new Receiver(""))
        {
        }

        Assert.Equal("No connection: ConnectionRefused.", (await gone.SendAsync()).Error);
    }

    /// <summary>A name that is public when it is entered and private when it is connected to; and every spelling of this machine.</summary>
    [Theory]
    [InlineData("rebind.example", "127.0.0.1")]
    [InlineData("rebind.example", "::1")]
    [InlineData("rebind.example", "::ffff:127.0.0.1")]
    [InlineData("rebind.example", "10.0.0.7")]
    [InlineData("rebind.example", "169.254.169.254")]
    [InlineData("rebind.example", "fe80::1")]
    [InlineData("rebind.example", "fd00::1")]
    [InlineData("rebind.example", "0.0.0.0")]
    public async Task A_name_that_leads_inside_is_refused_at_the_connection(string host, string address)
    {
        await using var receiver = new Receiver("HTTP/1.1 204 No Content\r\n\r\n");
        var asked = 0;
        Task<IPAddress[]> Resolve(string name, CancellationToken cancel)
        {
            asked++;
            return Task.FromResult((IPAddress[])[IPAddress.Parse(address)]);
        }

        using var sender = Sender(AddressPolicy.PublicOnly, Resolve);
        var attempt = await sender.SendAsync(new Uri($"https://{host}:{receiver.Port}/"), "id", Body, [Key], CancellationToken.None);
        Assert.Contains("not a public address", attempt.Error, StringComparison.Ordinal);
        Assert.Equal((1, 0), (asked, receiver.Requests.Count));
    }

    [Fact]
    public async Task Of_several_addresses_only_those_are_tried_that_may_be()
    {
        await using var receiver = new Receiver("HTTP/1.1 204 No Content\r\n\r\n");
        Assert.Null(AddressPolicy.Parse("127.0.0.2, sms.internal", out var all));
        Assert.Null(AddressPolicy.Parse("127.0.0.2", out var one));
        Task<IPAddress[]> Resolve(string name, CancellationToken cancel) => Task.FromResult((IPAddress[])[IPAddress.Loopback]);
        using var named = Sender(all, Resolve);
        Assert.Equal(204, (await named.SendAsync(new Uri($"http://sms.internal:{receiver.Port}/"), "id", Body, [Key], CancellationToken.None)).Status);
        using var other = Sender(one, Resolve);
        Assert.Contains("not a public address", (await other.SendAsync(new Uri($"https://sms.internal:{receiver.Port}/"), "id", Body, [Key], CancellationToken.None)).Error, StringComparison.Ordinal);
        Assert.Contains("Without TLS", (await other.SendAsync(new Uri($"http://sms.internal:{receiver.Port}/"), "id", Body, [Key], CancellationToken.None)).Error, StringComparison.Ordinal);
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task Who_speaks_no_TLS_gets_no_byte_of_the_event()
    {
        await using var receiver = new Receiver("HTTP/1.1 204 No Content\r\n\r\n") { Plain = false };
        Assert.Null(AddressPolicy.Parse("127.0.0.1", out var policy));
        using var sender = Sender(policy);
        var attempt = await sender.SendAsync(new Uri($"https://127.0.0.1:{receiver.Port}/"), "id", Body, [Key], CancellationToken.None);
        Assert.False(attempt.Delivered);
        Assert.DoesNotContain("Thanh", string.Concat(receiver.Requests), StringComparison.Ordinal);
    }

    /// <summary>The bytes on the wire: these headers, and a signature that is made again here by hand.</summary>
    [Fact]
    public async Task The_request_is_signed_and_holds_what_it_should()
    {
        await using var receiver = new Receiver("HTTP/1.1 204 No Content\r\n\r\n");
        await receiver.SendAsync(time: new TestSupport.FakeTime(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)));
        var request = Assert.Single(receiver.Requests);
        var (head, body) = (request[..request.IndexOf("\r\n\r\n", StringComparison.Ordinal)], request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        var headers = head.Split("\r\n").Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        Assert.StartsWith("POST /in?room=1 HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Equal(["Content-Length", "Content-Type", "Host", "User-Agent", "webhook-id", "webhook-signature", "webhook-timestamp"], headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("evt_1", "1700000000", "application/json; charset=utf-8"), (headers["webhook-id"], headers["webhook-timestamp"], headers["Content-Type"]));
        Assert.Equal(Encoding.UTF8.GetString(Body), body);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Key);
        hmac.AppendData("evt_1"u8);
        hmac.AppendData("."u8);
        hmac.AppendData("1700000000."u8);
        hmac.AppendData(Body);
        Assert.Equal("v1," + Convert.ToBase64String(hmac.GetHashAndReset()), headers["webhook-signature"]);
    }

    private static WebhookSender Sender(AddressPolicy policy, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, TimeProvider? time = null)
    {
        var options = new DeliveryOptions();
        return new WebhookSender(GuardedHttp.Create(policy, resolve ?? GuardedHttp.Resolver, options.Timeout), policy, options, time ?? TimeProvider.System);
    }

    /// <summary>Reads a request and says what it is told to say, whatever that is.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly string _answer;
        private readonly Task _running;
        private long _sent;

        public Receiver(string answer)
        {
            _answer = answer;
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _running = Task.Run(RunAsync);
        }

        public int Port { get; }

        public List<string> Requests { get; } = [];

        public bool Reset { get; init; }

        public bool Hang { get; init; }

        public bool Plain { get; init; } = true;

        public string? Endless { get; init; }

        public long Sent => Volatile.Read(ref _sent);

        public Task Arrived => _arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));

        public async Task<Attempt> SendAsync(TimeProvider? time = null)
        {
            Assert.Null(AddressPolicy.Parse("127.0.0.1", out var policy));
            using var sender = Sender(policy, time: time);
            return await sender.SendAsync(new Uri($"http://127.0.0.1:{Port}/in?room=1"), "evt_1", Body, [Key], CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Stop();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private async Task RunAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                using var socket = await _listener.AcceptSocketAsync(_stop.Token);
                try
                {
                    await ServeAsync(socket);
                }
                catch (SocketException)
                {
                    // the sender has gone
                }
            }
        }

        private async Task ServeAsync(Socket socket)
        {
            var buffer = new byte[16_384];
            var all = new StringBuilder();
            do
            {
                var read = await socket.ReceiveAsync(buffer, _stop.Token);
                if (read == 0)
                {
                    return;
                }

                all.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
            while (Plain && !all.ToString().EndsWith('}'));

            Requests.Add(all.ToString());
            await socket.SendAsync(Encoding.UTF8.GetBytes(_answer), _stop.Token);
            _arrived.TrySetResult();
            while (Endless is not null)
            {
                Interlocked.Add(ref _sent, await socket.SendAsync(Encoding.UTF8.GetBytes(Endless), _stop.Token));
            }

            if (Hang)
            {
                await Task.Delay(Timeout.Infinite, _stop.Token);
            }

            if (Reset)
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }
        }
    }
}
