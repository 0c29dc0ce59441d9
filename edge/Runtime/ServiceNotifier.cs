using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace SmartCity.Edge.Runtime;

/// <summary>
/// Tells systemd how the program stands (sd_notify(3)): datagrams to the socket of <c>NOTIFY_SOCKET</c>, a path or, after an <c>@</c>,
/// an abstract name. Without that variable nothing is told. A datagram that cannot be sent is not sent: nobody's measuring waits for it.
/// </summary>
internal sealed class ServiceNotifier : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _to;

    /// <summary>A notifier by the environment's variables.</summary>
    /// <param name="variable">Reads one; null where it is not set.</param>
    public ServiceNotifier(Func<string, string?> variable)
    {
        Watchdog = WatchdogOf(variable);
        if (variable("NOTIFY_SOCKET") is not { Length: > 1 } name || name[0] is not ('/' or '@') || !Socket.OSSupportsUnixDomainSockets)
        {
            return;
        }

        try
        {
            _to = new UnixDomainSocketEndPoint(name[0] == '@' ? '\0' + name[1..] : name);
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        }
        catch (Exception e) when (e is ArgumentException or SocketException)
        {
            // A name that is none: as if it were not set.
        }
    }

    /// <summary>How often the watchdog wants to hear of us: half of what it waits; null when there is none.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>The gateway is at work.</summary>
    public void Ready(string status) => Send($"READY=1\nSTATUS={Line(status)}");

    /// <summary>One line for people, as <c>systemctl status</c> shows it.</summary>
    public void Status(string status) => Send($"STATUS={Line(status)}");

    /// <summary>It is alive.</summary>
    public void Alive() => Send("WATCHDOG=1");

    /// <summary>It stops.</summary>
    public void Stopping() => Send("STOPPING=1");

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    /// <summary>Half of <c>WATCHDOG_USEC</c>, as sd_watchdog_enabled(3) advises; a <c>WATCHDOG_PID</c> that is another's is not ours.</summary>
    private static TimeSpan? WatchdogOf(Func<string, string?> variable)
    {
        if (variable("WATCHDOG_PID") is { Length: > 0 } pid && pid != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        {
            return null;
        }

        return long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds is > 0 and < 86_400_000_000
            ? TimeSpan.FromMicroseconds(microseconds / 2.0)
            : null;
    }

    private static string Line(string text) => text.ReplaceLineEndings(" ");

    private void Send(string message)
    {
        try
        {
            _socket?.SendTo(Encoding.UTF8.GetBytes(message), _to!);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // systemd is gone or busy; the next one may get through.
        }
    }
}
