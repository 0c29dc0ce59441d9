using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SmartCity.Ingest.Serve;

/// <summary>
/// Bounds the connections of a port before a byte of them is read, TLS included, so that nobody's idle sockets take the files that gateways
/// need. One beyond the bound is closed at once.
/// </summary>
/// <param name="all">Connections at once.</param>
/// <param name="perAddress">Of one address; this machine, where a proxy may stand, is bounded by <paramref name="all"/> alone.</param>
internal sealed class ConnectionGate(int all, int perAddress)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private int _open;
    private long _refused;

    /// <summary>Connections now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Connections refused since the start.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Stands before everything else of the port: call it first.</summary>
    public void Guard(ListenOptions listen) => listen.Use(next => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (!TryEnter(address))
        {
            Interlocked.Increment(ref _refused);
            connection.Abort(new ConnectionAbortedException("Too many connections."));
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Leave(address);
        }
    });

    private bool TryEnter(IPAddress address)
    {
        lock (_gate)
        {
            var here = _byAddress.GetValueOrDefault(address);
            if (_open >= all || (here >= perAddress && !IPAddress.IsLoopback(address)))
            {
                return false;
            }

            _open++;
            _byAddress[address] = here + 1;
            return true;
        }
    }

    private void Leave(IPAddress address)
    {
        lock (_gate)
        {
            _open--;
            if (--_byAddress[address] == 0)
            {
                _byAddress.Remove(address);
            }
        }
    }
}
