using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace SmartCity.Benchmarks.Peers;

/// <summary>One process of a pipeline under test. It is ended by its own id, and never outlives this program's own end of a run.</summary>
internal sealed partial class Child : IDisposable
{
    private const int Terminate = 15;
    private static readonly double _tick = 1.0 / 100; // USER_HZ, which Linux shows to programs whatever it was built with
    private readonly Process _process;

    private Child(Process process, string name)
    {
        _process = process;
        Name = name;
    }

    /// <summary>What it is called in messages.</summary>
    public string Name { get; }

    /// <summary>Processor time so far, user and kernel, in seconds.</summary>
    public double CpuSeconds
    {
        get
        {
            // After the name, which may hold anything: fields 14 and 15 of proc(5).
            var fields = Read("stat") is { Length: > 0 } stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ') : [];
            return fields.Length < 13 ? 0 : (Number(fields[11]) + Number(fields[12])) * _tick;
        }
    }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes =>
        Read("status").Split('\n').FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)) is { } line
            ? Number(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim()) * 1024
            : 0;

    /// <summary>Starts a program; what it says goes to a file.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="log">File for its output.</param>
    /// <param name="program">Program, found in the path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Set beside what this program has.</param>
    public static Child Start(string name, string log, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        // The shell is replaced by the program, so the id is the program's.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("log=$1; shift; exec \"$@\" >> \"$log\" 2>&1");
        start.ArgumentList.Add(name);
        start.ArgumentList.Add(log);
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[key] = value;
        }

        return new Child(Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start"), name);
    }

    /// <summary>Waits until a condition holds.</summary>
    /// <exception cref="InvalidOperationException">The process ended, or the condition did not hold in time.</exception>
    public async Task UntilAsync(Func<Task<bool>> ready, CancellationToken stop)
    {
        for (var i = 0; i < 300; i++)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{Name} ended with {_process.ExitCode}"));
            }

            if (await ready())
            {
                return;
            }

            await Task.Delay(100, stop);
        }

        throw new InvalidOperationException($"{Name} was not ready within 30 s");
    }

    /// <summary>As a power cut would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _ = Signal(_process.Id, Terminate);
            if (!_process.WaitForExit(10_000))
            {
                Kill();
            }
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);

    private static long Number(string text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private string Read(string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/{file}"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
