using System.Net;
using System.Net.Sockets;

namespace SmartCity.Benchmarks;

/// <summary>The least that can stand behind a durable acknowledgement: one thread that takes so many bytes from a socket, writes them to
/// a file, flushes it and sends so many bytes back. It looks at none of them.</summary>
internal sealed class BareServer : IDisposable
{
    private readonly BareFile _file = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Thread _thread;
    private readonly int _in;
    private readonly int _out;

    public BareServer(int bytesIn, int bytesOut)
    {
        (_in, _out) = (bytesIn, bytesOut);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>After the client has closed its socket.</summary>
    public void Dispose()
    {
        _thread.Join();
        _listener.Dispose();
        _file.Dispose();
    }

    private void Serve()
    {
        var (request, answer) = (new byte[_in], new byte[_out]);
        using var socket = _listener.Accept();
        socket.NoDelay = true;
        while (true)
        {
            for (int held = 0, got; held < _in; held += got)
            {
                if ((got = socket.Receive(request.AsSpan(held))) == 0)
                {
                    return;
                }
            }

            _file.Append(request);
            socket.Send(answer);
        }
    }
}
