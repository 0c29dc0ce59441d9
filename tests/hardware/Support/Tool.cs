using System.Diagnostics;

namespace SmartCity.Hardware.Tests.Support;

/// <summary>What a program said and how it ended.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="Text">Standard output and error, in the order of lines.</param>
internal sealed record Said(int Code, string Text);

/// <summary>Programs of the guest: busybox's i2c tools are the second opinion about a register, the published gateway is what is proved.</summary>
internal static class Tool
{
    /// <summary>Runs one to its end.</summary>
    public static Task<Said> RunAsync(string program, params string[] arguments) => RunAsync(program, TimeSpan.FromSeconds(110), arguments);

    /// <summary>Runs one to its end, or ends it after a while with SIGKILL (code 137).</summary>
    public static async Task<Said> RunAsync(string program, TimeSpan limit, params string[] arguments)
    {
        using var running = Start(program, arguments);
        var lines = new List<string>();
        Collect(running, lines.Add);
        using var patience = new CancellationTokenSource(limit);
        try
        {
            await running.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            running.Kill(entireProcessTree: true);
            await running.WaitForExitAsync(CancellationToken.None);
        }

        return new Said(running.ExitCode, string.Join('\n', lines));
    }

    /// <summary>Starts one; the caller ends it.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    /// <summary>Has every line told, one at a time.</summary>
    public static void Collect(Process running, Action<string> line)
    {
        var gate = new Lock();
        void Tell(object _, DataReceivedEventArgs said)
        {
            if (said.Data is { } text)
            {
                lock (gate)
                {
                    line(text);
                }
            }
        }

        running.OutputDataReceived += Tell;
        running.ErrorDataReceived += Tell;
        running.BeginOutputReadLine();
        running.BeginErrorReadLine();
    }
}
