using System.Net.Sockets;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Control;

/// <summary>
/// The Unix socket <c>control.sock</c> in the data directory, through which the command line asks a running gateway: one JSON request a
/// line, answers as JSON lines. Who may open the file may ask (mode 0660: the gateway's user and group).
/// </summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    /// <summary>Clients at once; a further one is told so and sent away.</summary>
    public const int MostClients = 8;

    /// <summary>Longest path of a Unix socket (sockaddr_un.sun_path of unix(7), without its end).</summary>
    private const int LongestPath = 107;

    private readonly EdgeRuntime _runtime;
    private readonly TimeProvider _time;
    private readonly string _path;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _clients = [];
    private readonly Task _accepting;

    private ControlSocket(EdgeRuntime runtime, string path, Socket listener, TimeProvider time)
    {
        _runtime = runtime;
        _path = path;
        _listener = listener;
        _time = time;
        _accepting = AcceptAsync();
    }

    /// <summary>Listens; null, with a word, where that is not possible: a gateway without its socket measures all the same.</summary>
    /// <param name="runtime">The gateway. It holds its data directory's lock: whoever left a socket there is gone.</param>
    /// <param name="directory">Its data directory.</param>
    /// <param name="time">Clock.</param>
    /// <param name="notice">Told why not.</param>
    public static ControlSocket? Listen(EdgeRuntime runtime, string directory, TimeProvider time, Action<string>? notice)
    {
        var path = Path.Combine(directory, "control.sock");
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            notice?.Invoke($"{path} is longer than the {LongestPath} bytes of a Unix socket's name: watch and test will not find this gateway; give it a shorter 'data' directory");
            return null;
        }

        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            }

            listener.Listen(MostClients);
            return new ControlSocket(runtime, path, listener, time);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            listener.Dispose();
            notice?.Invoke($"{path}: {e.Message}; watch and test will not find this gateway");
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task[] clients;
        lock (_gate)
        {
            clients = [.. _clients];
        }

        await Task.WhenAll(clients);
        File.Delete(_path);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors, or a client that went away again; the next one may fare better.
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time, CancellationToken.None);
                continue;
            }

            lock (_gate)
            {
                var session = new ControlSession(_runtime, client, _time);
                var work = _clients.Count < MostClients ? session.RunAsync(_stop.Token) : session.RefuseAsync($"{MostClients} clients are connected already", _stop.Token);
                _clients.Add(work);
                _ = ForgetAsync(work);
            }
        }
    }

    private async Task ForgetAsync(Task work)
    {
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_gate)
        {
            _clients.Remove(work);
        }
    }
}
