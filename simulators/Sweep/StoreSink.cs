using System.Net;
using System.Net.Sockets;

namespace SmartCity.Simulators.Sweep;

/// <summary>An InfluxDB that keeps nothing: takes every write at once, or, while it is down, refuses it. It costs next to nothing, so that what
/// a store which has stopped does to the server can be seen beside one that keeps up.</summary>
internal sealed class StoreSink : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Listens on a free port of this machine.</summary>
    public StoreSink()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = FormattableString.Invariant($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }

        _listener.Prefixes.Add(Address);
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>For the server's <c>--influx</c>.</summary>
    public string Address { get; }

    /// <summary>Refuses writes.</summary>
    public bool IsDown { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Close();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext one)
    {
        try
        {
            await one.Request.InputStream.CopyToAsync(Stream.Null);
            var isWrite = one.Request.Url!.AbsolutePath.EndsWith("/write", StringComparison.Ordinal);
            one.Response.StatusCode = IsDown ? 503 : isWrite || one.Request.Url.AbsolutePath == "/ping" ? 204 : 200;
            if (one.Response.StatusCode == 200)
            {
                one.Response.ContentType = "application/json";
                await one.Response.OutputStream.WriteAsync("{\"results\":[{\"statement_id\":0}]}"u8.ToArray());
            }

            one.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
        {
            // the server went away
        }
    }
}
