using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace SmartCity.Simulators.Up;

/// <summary>
/// Debian's PostgreSQL on loopback for a trial with two servers: its cluster in a folder of the trial's, in a session of its own, so that Ctrl-C ends the servers
/// first. It refuses to run as root: root runs it as the user <c>postgres</c>.
/// </summary>
internal sealed class ScratchPostgres : IAsyncDisposable
{
    private const string Programs = "/usr/lib/postgresql";
    private const string User = "smartcity";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _bin;
    private readonly string _folder;
    private readonly string[] _settings;
    private Process? _process;

    private ScratchPostgres(string bin, string folder, int port, string secret, string[] settings) => (_bin, _folder, _settings, Port, Address) =
        (bin, folder, settings, port, string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Database=postgres;Username={User};Password={secret}"));

    /// <summary>As <c>book.postgres</c> takes it; the password is in it.</summary>
    public string Address { get; }

    /// <summary>Of loopback.</summary>
    public int Port { get; }

    /// <summary>The first of its processes, the last there was.</summary>
    public int Id => _process!.Id;

    /// <summary>What happened to it last, for the view; empty while nothing has.</summary>
    public string State { get; private set; } = "";

    /// <summary>Makes the cluster if the folder has none, and starts it.</summary>
    /// <param name="folder">Of the cluster and its password.</param>
    /// <param name="port">Of loopback.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="settings">Further ones of PostgreSQL, as <c>max_connections=300</c>.</param>
    /// <exception cref="InvalidOperationException">It is not installed, may not use the folder, or did not start; the message says what to do.</exception>
    public static async Task<ScratchPostgres> StartAsync(string folder, int port, CancellationToken cancel, params string[] settings)
    {
        var bin = Directory.Exists(Programs)
            ? Directory.GetDirectories(Programs).Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault()
            : null;
        if (bin is null)
        {
            throw new InvalidOperationException("Two servers need PostgreSQL: apt-get install postgresql");
        }

        var secretFile = Path.Combine(folder, "password");
        var cluster = Path.Combine(folder, "cluster");
        Directory.CreateDirectory(folder);
        if (!File.Exists(secretFile))
        {
            await File.WriteAllTextAsync(secretFile, Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), cancel);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(secretFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        if (IsRoot)
        {
            await RunAsync(["chown", "-R", "postgres:", folder], $"The folder {folder} cannot be given to the user postgres", cancel);
            await RunAsync([.. AsPostgres, "test", "-w", folder], $"PostgreSQL does not run as root, and its user cannot reach {folder}: run this as an ordinary user, or with --data in a folder that everybody may enter, such as /tmp/city", cancel);
        }

        var secret = (await File.ReadAllTextAsync(secretFile, cancel)).Trim();
        if (!File.Exists(Path.Combine(cluster, "PG_VERSION")))
        {
            await RunAsync(
                [.. IsRoot ? AsPostgres : [], Path.Combine(bin, "initdb"), "-D", cluster, "-U", User, "--pwfile", secretFile, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"],
                "PostgreSQL's initdb failed",
                cancel);
        }

        if (File.Exists(Path.Combine(cluster, "postmaster.pid"))
            && int.TryParse(File.ReadLines(Path.Combine(cluster, "postmaster.pid")).FirstOrDefault(), CultureInfo.InvariantCulture, out var other)
            && File.Exists($"/proc/{other}/comm") && (await File.ReadAllTextAsync($"/proc/{other}/comm", cancel)).Trim() == "postgres")
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"PostgreSQL of an earlier run still has {folder}: kill -INT {other}, then start this again."));
        }

        var postgres = new ScratchPostgres(bin, folder, port, secret, settings);
        await postgres.LaunchAsync(again: false, cancel);
        return postgres;
    }

    /// <summary>Starts it again whenever it has ended, <paramref name="pause"/> later, until cancelled: long enough to look at a city without its book.</summary>
    public async Task KeepAsync(TimeSpan pause, TimeProvider time, Action<string> say, CancellationToken cancel)
    {
        while (true)
        {
            await _process!.WaitForExitAsync(cancel);
            Told(string.Create(CultureInfo.InvariantCulture, $"ended at {Clock()}; started again {pause.TotalSeconds:0} s later"));
            await Task.Delay(pause, time, cancel);
            try
            {
                await LaunchAsync(again: true, cancel);
                Told(string.Create(CultureInfo.InvariantCulture, $"back at {Clock()}, process {Id}"));
            }
            catch (InvalidOperationException e)
            {
                say(e.Message);
            }
        }

        void Told(string what) => say($"PostgreSQL {State = what}");
        string Clock() => time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
    }

    /// <summary>Ends it, whoever is still connected.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not { } process)
        {
            return;
        }

        if (!process.HasExited)
        {
            using var ask = Process.Start(new ProcessStartInfo("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    private async Task LaunchAsync(bool again, CancellationToken cancel)
    {
        var process = Start(
        [
            "setsid", .. IsRoot ? AsPostgres : [], Path.Combine(_bin, "postgres"), "-D", Path.Combine(_folder, "cluster"), "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "lc_messages=C",
            .. _settings.SelectMany(s => (string[])["-c", s]),
        ]);
        _process?.Dispose();
        _process = process;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var words = new StreamWriter(Path.Combine(Path.GetDirectoryName(_folder)!, "postgres.log"), append: again) { AutoFlush = true };
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (await Task.WhenAny(ready.Task, process.WaitForExitAsync(cancel), Task.Delay(Patience, cancel)) != ready.Task)
        {
            await DisposeAsync();
            throw new InvalidOperationException($"PostgreSQL did not start: see postgres.log beside {_folder}.");
        }

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (words)
            {
                words.WriteLine(line.Data);
            }

            if (line.Data?.Contains("ready to accept connections", StringComparison.Ordinal) == true)
            {
                ready.TrySetResult();
            }
        }
    }

    private static bool IsRoot => Environment.UserName == "root";

    private static string[] AsPostgres => ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];

    private static async Task RunAsync(string[] words, string otherwise, CancellationToken cancel)
    {
        using var process = Start(words);
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{otherwise}. {said[1].Trim()}".Trim());
        }
    }

    private static Process Start(string[] words) =>
        Process.Start(new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/" })
        ?? throw new InvalidOperationException($"{words[0]} did not start.");
}
