using System.Diagnostics;

namespace SmartCity.SystemTests.Disk;

/// <summary>A tmpfs of a given size. Needs root; where mounting is not permitted the test says so and is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Free space in bytes.</summary>
    public long Free => new DriveInfo(Path).AvailableFreeSpace;

    public static SmallDisk Mount(int mebibytes)
    {
        var path = Directory.CreateTempSubdirectory("smartcity-disk-").FullName;
        var (exit, words) = Run("mount", "-t", "tmpfs", "-o", FormattableString.Invariant($"size={mebibytes}m"), "tmpfs", path);
        if (exit != 0)
        {
            Directory.Delete(path);
            Assert.Skip($"A small disk cannot be mounted here ({words.Trim()}): run the tests as root to see a full disk.");
        }

        return new SmallDisk(path);
    }

    /// <summary>Takes space with a file that is not the server's, until only so much is left.</summary>
    public void Fill(long leave)
    {
        using var file = new FileStream(Filler, FileMode.Append);
        var chunk = new byte[64 * 1024];
        while (Free > leave)
        {
            try
            {
                file.Write(chunk, 0, (int)Math.Min(chunk.Length, Math.Max(Free - leave, 1)));
                file.Flush();
            }
            catch (IOException)
            {
                return;                                     // full
            }
        }
    }

    /// <summary>Gives that space back.</summary>
    public void Clear() => File.Delete(Filler);

    public void Dispose()
    {
        var (exit, words) = Run("umount", Path);
        Assert.True(exit == 0, words);
        Directory.Delete(Path);
    }

    private static (int Exit, string Words) Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            var words = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, words);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (127, e.Message);
        }
    }
}
