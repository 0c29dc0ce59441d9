using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SmartCity.Edge.Cli;

/// <summary>Owners of files. A technician works with sudo, but the service reads the files as its own user.</summary>
internal static partial class FileOwner
{
    private const int AtWorkingDirectory = -100;
    private const uint BasicStatistics = 0x7ff;

    /// <summary>User and group of a file or directory; null where that cannot be told.</summary>
    /// <remarks>statx(2), the call whose structure is the same on every machine: <c>stx_uid</c> is at byte 20, <c>stx_gid</c> at 24.</remarks>
    public static (uint User, uint Group)? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> statistics = stackalloc byte[256];
        return Statx(AtWorkingDirectory, path, 0, BasicStatistics, ref MemoryMarshal.GetReference(statistics)) == 0
            ? (BinaryPrimitives.ReadUInt32LittleEndian(statistics[20..]), BinaryPrimitives.ReadUInt32LittleEndian(statistics[24..]))
            : null;
    }

    /// <summary>This process's effective user.</summary>
    public static uint Me => OperatingSystem.IsLinux() ? EffectiveUser() : 0;

    /// <summary>Gives a file the owner of another file or directory. Only root may; without root nothing changes.</summary>
    public static void LikeFile(string path, string other)
    {
        if (Me == 0 && Of(other) is var (user, group) && Of(path) is { } own && own != (user, group))
        {
            _ = ChangeOwner(path, user, group);
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, ref byte statistics);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
