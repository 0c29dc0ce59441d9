using System.Text;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>A small file of sysfs: one value, read and written whole. Errors keep the kernel's number.</summary>
internal static class SysFile
{
    private const int Longest = 4_096;

    /// <summary>Its first line, or null with the error number.</summary>
    public static string? TryRead(string path, out int error) => TryReadAll(path, out error)?.Split('\n', 2)[0].Trim();

    /// <summary>Its text, at most a page of memory (as sysfs gives), or null with the error number.</summary>
    public static string? TryReadAll(string path, out int error)
    {
        error = 0;
        using var file = Kernel.Open(path, Kernel.ReadOnly);
        if (file.IsInvalid)
        {
            error = Kernel.Errno;
            return null;
        }

        Span<byte> text = stackalloc byte[Longest];
        var length = 0;
        while (length < Longest)
        {
            var read = Kernel.Read(file, text[length..]);
            if (read < 0)
            {
                error = Kernel.Errno;
                return null;
            }

            if (read == 0)
            {
                break;
            }

            length += read;
        }

        return Encoding.ASCII.GetString(text[..length]);
    }

    /// <summary>Its first line, or the given text when it cannot be read.</summary>
    public static string Read(string path, string otherwise) => TryRead(path, out _) ?? otherwise;

    /// <summary>Writes a value; 0 or the error number.</summary>
    public static int TryWrite(string path, string value)
    {
        using var file = Kernel.Open(path, Kernel.WriteOnly);
        return file.IsInvalid || Kernel.Write(file, Encoding.ASCII.GetBytes(value + "\n")) < 0 ? Kernel.Errno : 0;
    }

    /// <summary>Name of what a link leads to (<c>driver</c>, <c>module</c>); null when there is none.</summary>
    public static string? LinkName(string path)
    {
        try
        {
            return Path.GetFileName(new FileInfo(path).LinkTarget);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
