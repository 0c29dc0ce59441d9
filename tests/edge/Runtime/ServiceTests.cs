using System.Net.Sockets;
using System.Text;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Tests.Runtime;

public sealed class ServiceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_service_manager_is_told_on_its_socket(bool isAbstract)
    {
        var home = Directory.CreateTempSubdirectory("edge-notify").FullName;
        try
        {
            var name = isAbstract ? "@" + home : Path.Combine(home, "notify");
            using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
            manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + home : name));
            using var notifier = new ServiceNotifier(n => n switch
            {
                "NOTIFY_SOCKET" => name,
                "WATCHDOG_USEC" => "60000000",
                _ => null,
            });
            notifier.Ready("two\nlines");
            notifier.Alive();
            notifier.Stopping();
            Assert.Equal(TimeSpan.FromSeconds(30), notifier.Watchdog);
            Assert.Equal(["READY=1\nSTATUS=two lines", "WATCHDOG=1", "STOPPING=1"], Enumerable.Range(0, 3).Select(_ => Receive(manager)));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("nonsense", null)]
    [InlineData("/nowhere/at/all", null)]
    [InlineData(null, "0")]
    [InlineData(null, "-5")]
    [InlineData(null, "1e6")]
    public void Without_a_service_manager_nothing_is_told_and_nothing_breaks(string? socket, string? watchdog)
    {
        using var notifier = new ServiceNotifier(n => n == "NOTIFY_SOCKET" ? socket : n == "WATCHDOG_USEC" ? watchdog : null);
        notifier.Ready("x");
        notifier.Alive();
        Assert.Null(notifier.Watchdog);
    }

    [Fact]
    public void A_watchdog_of_another_process_is_not_ours()
    {
        using var notifier = new ServiceNotifier(n => n switch { "WATCHDOG_USEC" => "1000000", "WATCHDOG_PID" => "1", _ => null });
        Assert.Null(notifier.Watchdog);
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[256];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
