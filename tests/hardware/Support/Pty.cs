using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Hardware.Tests.Support;

/// <summary>A pseudo terminal: the program opens <see cref="Path"/>, the test is the device at the other end.</summary>
internal sealed partial class Pty : IDisposable
{
    private const int ReadWriteNoTerminal = 0x102;
    private readonly SafeFileHandle _handle;

    /// <summary>Makes one.</summary>
    public Pty()
    {
        var descriptor = OpenPty(ReadWriteNoTerminal);
        Span<byte> name = stackalloc byte[64];
        if (descriptor < 0 || Grant(descriptor) != 0 || Unlock(descriptor) != 0 || Name(descriptor, name, (nuint)name.Length) != 0)
        {
            throw new IOException($"no pseudo terminal: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
        Path = System.Text.Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]);
        Device = new FileStream(_handle, FileAccess.ReadWrite, bufferSize: 0);
    }

    /// <summary>What the program opens.</summary>
    public string Path { get; }

    /// <summary>The device's end.</summary>
    public FileStream Device { get; }

    /// <inheritdoc/>
    public void Dispose() => Device.Dispose();

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int OpenPty(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static partial int Grant(int descriptor);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int Unlock(int descriptor);

    [LibraryImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    private static partial int Name(int descriptor, Span<byte> name, nuint length);
}
