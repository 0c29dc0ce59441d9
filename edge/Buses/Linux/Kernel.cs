using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>An open file of the kernel. Made from the call's int by hand: a call that is declared to return a handle takes the whole
/// register, whose upper half an int's −1 leaves open.</summary>
internal sealed class DeviceHandle : SafeHandleMinusOneIsInvalid
{
    public DeviceHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Number of the file, for poll; the caller keeps a reference (DangerousAddRef) as long as it uses it.</summary>
    public int Descriptor => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Kernel.Close((int)handle) == 0;
}

/// <summary>
/// The system calls that buses are made of. Numbers are those of asm-generic, which x64, 64-bit arm and 32-bit arm share. Each call gives
/// −1 and an error number; <see cref="Errno"/> has it.
/// </summary>
internal static unsafe partial class Kernel
{
    public const int ReadOnly = 0x0;
    public const int WriteOnly = 0x1;
    public const int ReadWrite = 0x2;
    public const int NoControllingTerminal = 0x100;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    public const short PollIn = 0x1;
    public const short PollOut = 0x4;
    public const short PollError = 0x8;
    public const short PollHangUp = 0x10;
    public const short PollInvalid = 0x20;

    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int Unlock = 8;

    public const int MayRead = 4;
    public const int MayWrite = 2;

    /// <summary>A call that signals interrupt is made again this often; then it is an error like another.</summary>
    private const int Interruptions = 16;

    /// <summary>Error number of this thread's last call.</summary>
    public static int Errno => Marshal.GetLastPInvokeError();

    /// <summary>Opens a file; the handle is invalid when it fails.</summary>
    public static DeviceHandle Open(string path, int flags) => new(OpenOnce(path, flags | CloseOnExec));

    /// <summary>A counter that wakes whoever polls it; the handle is invalid when it fails.</summary>
    public static DeviceHandle EventFile(uint initial, int flags) => new(EventOnce(initial, flags));

    /// <summary>A request to a driver.</summary>
    public static int Ioctl(DeviceHandle file, uint request, void* argument)
    {
        int result;
        var tries = 0;
        do
        {
            result = IoctlOnce(file, request, argument);
        }
        while (result < 0 && Errno == Linux.Errno.Interrupted && ++tries < Interruptions);
        return result;
    }

    /// <summary>A request whose argument is a number.</summary>
    public static int Ioctl(DeviceHandle file, uint request, nuint argument) => Ioctl(file, request, (void*)argument);

    /// <summary>Reads bytes.</summary>
    public static int Read(DeviceHandle file, Span<byte> into)
    {
        fixed (byte* start = into)
        {
            nint result;
            var tries = 0;
            do
            {
                result = ReadOnce(file, start, (nuint)into.Length);
            }
            while (result < 0 && Errno == Linux.Errno.Interrupted && ++tries < Interruptions);
            return (int)result;
        }
    }

    /// <summary>Writes bytes.</summary>
    public static int Write(DeviceHandle file, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint result;
            var tries = 0;
            do
            {
                result = WriteOnce(file, start, (nuint)bytes.Length);
            }
            while (result < 0 && Errno == Linux.Errno.Interrupted && ++tries < Interruptions);
            return (int)result;
        }
    }

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(DeviceHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatX(int directory, string path, int flags, uint mask, FileStatus* status);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenOnce(string path, int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventOnce(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlOnce(DeviceHandle file, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadOnce(DeviceHandle file, byte* into, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteOnce(DeviceHandle file, byte* bytes, nuint count);
}

/// <summary>One file of a poll (struct pollfd).</summary>
internal struct PollEntry
{
    public int Descriptor;
    public short Wanted;
    public short Happened;
}

/// <summary>What is used of struct statx (linux/stat.h); it is the same on every processor, which struct stat is not.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    [FieldOffset(20)]
    public uint User;

    [FieldOffset(24)]
    public uint Group;

    [FieldOffset(28)]
    public ushort Mode;
}
