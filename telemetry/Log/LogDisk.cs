using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Telemetry;

/// <summary>The few things the log asks of a file system, so that tests can make each of them fail.</summary>
internal partial class LogDisk
{
    /// <summary>"No space left on device" (Linux errno.h), which RandomAccess reports as HResult.</summary>
    public const int NoSpace = 28;

    private const int QuotaExceeded = 122;

    public static LogDisk Real { get; } = new();

    public static bool IsFull(IOException error) => error.HResult is NoSpace or QuotaExceeded or unchecked((int)0x80070070);

    /// <summary>Makes a new file, taking <paramref name="preallocate"/> bytes of the disk for it without changing its length.</summary>
    public virtual SafeFileHandle Create(string path, long preallocate) =>
        File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, preallocate);

    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    /// <summary>Returns once the file's bytes are on stable storage. On Linux fdatasync: the length is flushed, the times are not.</summary>
    public virtual void Flush(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        if (DataSync(file) != 0)
        {
            throw Failed("fdatasync");
        }
    }

    /// <summary>Makes the creation, renaming or deletion of files in a directory stable.</summary>
    public virtual void FlushDirectory(string path)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
        {
            return;
        }

        const int ReadOnly = 0;
        var directory = Open(path, ReadOnly);
        if (directory < 0)
        {
            throw Failed("open " + path);
        }

        var result = Sync(directory);
        var failure = result == 0 ? null : Failed("fsync " + path);
        _ = Close(directory);
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Sets a file's length: that of one made whole, or of one that is not filled.</summary>
    public virtual void SetLength(SafeFileHandle file, long bytes) => RandomAccess.SetLength(file, bytes);

    public virtual void Delete(string path) => File.Delete(path);

    public virtual long FreeBytes(DriveInfo drive) => drive.AvailableFreeSpace;

    private static IOException Failed(string what)
    {
        var code = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(code)}", code);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);
}
