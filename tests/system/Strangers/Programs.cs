using System.Diagnostics;
using SmartCity.SystemTests.Identity;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Strangers;

/// <summary>Other people's programs: mosquitto's, curl, and node with clients from npm.</summary>
internal static class Programs
{
    /// <summary>The folder of the scripts for node.</summary>
    public static string Npm { get; } = Path.Combine(Repository.Root, "tests", "system", "npm");

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        using var process = Start(program, arguments, environment);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Wire.Patience);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, output, await errors);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} did not end:\n{await errors}", e);
        }
    }

    /// <summary>Runs a script of <see cref="Npm"/>.</summary>
    public static Task<(int Code, string Output, string Errors)> NodeAsync(string script, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        Assert.True(
            Directory.Exists(Path.Combine(Npm, "node_modules", "mqtt")),
            "The npm clients are not installed; run: (cd tests/system/npm && npm ci)");
        return RunAsync("node", [Path.Combine(Npm, script), .. arguments], environment);
    }

    /// <summary>Starts a program whose output is read line by line.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    /// <summary>A line that must come.</summary>
    public static async Task<string> LineAsync(Process process, Func<string, bool> wanted)
    {
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Wire.Patience) is { } line)
        {
            if (wanted(line))
            {
                return line;
            }
        }

        throw new InvalidOperationException("The program ended without saying it: " + await process.StandardError.ReadToEndAsync());
    }
}
