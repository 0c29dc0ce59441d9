using System.Net;
using System.Net.Sockets;

namespace SmartCity.Simulators.Run;

/// <summary>A gateway's modem: a TCP relay on loopback that can lose its link. While it is cut, connections are refused by being closed.</summary>
internal sealed class LinkProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _relays = [];
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private CancellationTokenSource _link = new();
    private bool _cut;

    /// <summary>Listens on a free port and relays to a server.</summary>
    public LinkProxy(string host, int port)
    {
        _host = host;
        _port = port;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Breaks every connection, and every new one until <see cref="Restore"/>.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _cut = true;
            _link.Cancel();
        }
    }

    /// <summary>Lets connections through again.</summary>
    public void Restore()
    {
        lock (_gate)
        {
            if (_cut)
            {
                _cut = false;
                _link.Dispose();
                _link = new CancellationTokenSource();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Cut();
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        Task[] relays;
        lock (_gate)
        {
            relays = [.. _relays];
        }

        await Task.WhenAll(relays);
        _stop.Dispose();
        _link.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TcpClient inner;
            try
            {
                inner = await _listener.AcceptTcpClientAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            lock (_gate)
            {
                if (_cut)
                {
                    inner.Dispose();
                    continue;
                }

                var relay = RelayAsync(inner, _link.Token);
                _relays.Add(relay);
                _ = relay.ContinueWith(Forget, TaskScheduler.Default);
            }
        }
    }

    private void Forget(Task relay)
    {
        lock (_gate)
        {
            _relays.Remove(relay);
        }
    }

    private async Task RelayAsync(TcpClient inner, CancellationToken link)
    {
        await Task.Yield();
        using var near = inner;
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(link);
        try
        {
            await far.ConnectAsync(_host, _port, over.Token);
            var up = near.GetStream().CopyToAsync(far.GetStream(), over.Token);
            var down = far.GetStream().CopyToAsync(near.GetStream(), over.Token);
            await Task.WhenAny(up, down);
            await over.CancelAsync();
            await Task.WhenAll(up, down);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // A broken connection is this class's purpose.
        }
        finally
        {
            // No farewell: a lost link sends no FIN with the data still under way.
            near.LingerState = new LingerOption(true, 0);
            far.LingerState = new LingerOption(true, 0);
        }
    }
}
