using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>Debian's PostgreSQL on a free loopback port, its cluster in a folder of its own, run by a user without rights; ended by its process handle.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Programs = "/usr/lib/postgresql";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-postgres-").FullName;
    private readonly List<string> _output = [];
    private TaskCompletionSource _ready = new();
    private Process? _process;
    private string? _beside;

    /// <summary>Folder of the newest version's programs; null where it is not installed.</summary>
    public static string? Bin { get; } = !Directory.Exists(Programs) ? null : Directory.GetDirectories(Programs)
        .Where(d => File.Exists(Path.Combine(d, "bin", "initdb")))
        .OrderByDescending(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var version) ? version : 0)
        .Select(d => Path.Combine(d, "bin")).FirstOrDefault();

    public int Port { get; private set; }

    /// <summary>As <c>book.postgres</c> takes it.</summary>
    public string Address => AddressFrom(null);

    /// <summary>The same for somebody who reaches it at another of its addresses.</summary>
    public string AddressFrom(string? host) => FormattableString.Invariant($"Host={host ?? "127.0.0.1"};Port={Port};Database=postgres;Username=city;Password=hunter2");

    /// <param name="beside">An address of this machine to listen on beside loopback; everybody there is asked for the password.</param>
    public static async Task<PostgresServer> StartAsync(string? beside = null)
    {
        var server = new PostgresServer { _beside = beside };
        try
        {
            var secret = Path.Combine(server._folder, "password");
            await File.WriteAllTextAsync(secret, "hunter2");
            await server.RunAsync("chown", asRoot: true, "-R", IsRoot ? "postgres" : Environment.UserName, server._folder);
            await server.RunAsync(
                Path.Combine(Bin!, "initdb"), asRoot: false, "-D", Path.Combine(server._folder, "data"), "-U", "city", "--pwfile", secret, "-A", "password", "-E", "UTF8",
                "--locale=C.UTF-8", "--no-sync", "--no-instructions");
            if (beside is not null)
            {
                await File.AppendAllTextAsync(Path.Combine(server._folder, "data", "pg_hba.conf"), "host all all samenet password\n");
            }

            await server.BeginAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it (again, on the same port).</summary>
    public async Task BeginAsync()
    {
        Port = Port == 0 ? FreePort() : Port;
        _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = Start(
            Path.Combine(Bin!, "postgres"), asRoot: false, "-D", Path.Combine(_folder, "data"), "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1" + (_beside is null ? "" : "," + _beside), "-c", "unix_socket_directories=", "-c", "max_connections=500", "-c", "shared_buffers=64MB", "-c", "fsync=off",
            "-c", "full_page_writes=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "autovacuum=off", "-c", "jit=off", "-c", "lc_messages=C"); // hundreds of books, each for a second
        _process.ErrorDataReceived += Keep;
        _process.OutputDataReceived += Keep;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        if (await Task.WhenAny(_ready.Task, _process.WaitForExitAsync(), Task.Delay(Patience)) != _ready.Task)
        {
            Assert.Fail("PostgreSQL did not start:\n" + Output());
        }
    }

    /// <summary>As a person restarts it: everybody's connection is ended, what is under way is taken back, and it begins again.</summary>
    public async Task RestartAsync()
    {
        var process = _process!;
        _process = null;
        using (var ask = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await ask.WaitForExitAsync();
        }

        await process.WaitForExitAsync();
        process.Dispose();
        await BeginAsync();
    }

    /// <summary>As <c>kill -9</c> does it.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();

            // What it leaves does not know that nobody holds it: without it the next one starts at once.
            File.Delete(Path.Combine(_folder, "data", "postmaster.pid"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        for (var again = 0; ; again++)
        {
            try
            {
                Directory.Delete(_folder, recursive: true);
                return;
            }
            catch (IOException) when (again < 50)
            {
                await Task.Delay(20); // its children end a moment later, and write a last file
            }
        }
    }

    private static bool IsRoot => Environment.UserName == "root";

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // PostgreSQL refuses to run as root.
    private static Process Start(string program, bool asRoot, params string[] arguments)
    {
        var start = new ProcessStartInfo(IsRoot && !asRoot ? "setpriv" : program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/" };
        if (IsRoot && !asRoot)
        {
            foreach (var word in (string[])["--reuid=postgres", "--regid=postgres", "--clear-groups", program])
            {
                start.ArgumentList.Add(word);
            }
        }

        foreach (var word in arguments)
        {
            start.ArgumentList.Add(word);
        }

        return Process.Start(start)!;
    }

    private async Task RunAsync(string program, bool asRoot, params string[] arguments)
    {
        using var process = Start(program, asRoot, arguments);
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {said[0]}{said[1]}");
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            if (line.Data is { } text && _output.Count < 1000)
            {
                _output.Add(text);
            }
        }

        if (line.Data?.Contains("ready to accept connections", StringComparison.Ordinal) == true)
        {
            _ready.TrySetResult();
        }
    }

    private string Output()
    {
        lock (_output)
        {
            return string.Join('\n', _output);
        }
    }
}
