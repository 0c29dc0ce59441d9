using System.Text;

namespace SmartCity.Edge.Uplink;

/// <summary>Small files that are replaced whole: after a crash they hold the old text or the new one, never half of one.</summary>
internal static class SmallFile
{
    /// <summary>Replaces a file; the new text is on disk when this returns.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(string path, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead)
    {
        var next = path + ".next";
        File.Delete(next);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using (var file = new FileStream(next, options))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }
}
