using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Simulators.Load;

/// <summary>
/// The kernel's readiness of many sockets (epoll, level-triggered). The runtime has its own, which hands each event to its thread pool: at a
/// fixed rate over twenty connections that cost 4 µs a publish and, at 50 readings a publish, a quarter of a core; this costs a tenth.
/// </summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    /// <summary>Something to read, or the other side has gone.</summary>
    public const uint In = 0x1;

    /// <summary>Room to write.</summary>
    public const uint Out = 0x4;

    private const int Add = 1;
    private const int Modify = 3;
    private const int Delete = 2;
    private const int Batch = 256;

    // struct epoll_event is packed on x86-64 and nowhere else.
    private static readonly int _size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int _data = _size - 8;

    private readonly byte[] _ready = GC.AllocateArray<byte>(16 * Batch, pinned: true);
    private readonly Handle _handle;

    /// <summary>An empty set.</summary>
    public Epoll() => _handle = new Handle(Create(0x80000));

    /// <summary>Watches a socket.</summary>
    /// <param name="socket">Its handle; it leaves the set when it is closed.</param>
    /// <param name="what"><see cref="In"/>, <see cref="Out"/> or both.</param>
    /// <param name="number">Given back with its events.</param>
    public void Watch(SafeHandle socket, uint what, int number) => Set(Add, socket, what, number);

    /// <summary>Watches it for something else.</summary>
    public void Change(SafeHandle socket, uint what, int number) => Set(Modify, socket, what, number);

    /// <summary>Watches it no longer.</summary>
    public void Forget(SafeHandle socket) => Set(Delete, socket, 0, 0);

    /// <summary>Waits; gives how many sockets are ready, to be asked for with <see cref="Ready"/>.</summary>
    public int Wait(int milliseconds)
    {
        fixed (byte* events = _ready)
        {
            // −1 is an interrupted wait: nothing is ready, and the caller comes again.
            return Math.Max(0, WaitFor((int)_handle.DangerousGetHandle(), events, Batch, milliseconds));
        }
    }

    /// <summary>The number and the events of one of those that are ready.</summary>
    public (int Number, uint What) Ready(int index)
    {
        var one = _ready.AsSpan(index * _size, _size);
        return (BinaryPrimitives.ReadInt32LittleEndian(one[_data..]), BinaryPrimitives.ReadUInt32LittleEndian(one));
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private void Set(int operation, SafeHandle socket, uint what, int number)
    {
        Span<byte> one = stackalloc byte[16];
        one.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(one, what);
        BinaryPrimitives.WriteInt32LittleEndian(one[_data..], number);
        fixed (byte* pointer = one)
        {
            if (Control((int)_handle.DangerousGetHandle(), operation, (int)socket.DangerousGetHandle(), pointer) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int set, int operation, int socket, byte* what);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitFor(int set, byte* events, int most, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseFile(int descriptor);

    private sealed class Handle : SafeHandleMinusOneIsInvalid
    {
        public Handle(int descriptor)
            : base(ownsHandle: true) => SetHandle(descriptor);

        protected override bool ReleaseHandle() => CloseFile((int)handle) == 0;
    }
}
