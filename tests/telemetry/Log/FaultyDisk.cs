using Microsoft.Win32.SafeHandles;

namespace SmartCity.Telemetry.Tests;

/// <summary>A disk that fails when it is told to, and loses what was written since the last flush when a flush fails, as the kernel may.</summary>
internal sealed class FaultyDisk : LogDisk
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SafeFileHandle, (string Path, long From, long To)> _dirty = [];
    private readonly Dictionary<SafeFileHandle, string> _paths = [];

    /// <summary>Only files whose path contains this are affected.</summary>
    public string Only { get; set; } = "telemetry";

    public int FailFlushes { get; set; }

    public int FailWrites { get; set; }

    public int FailCreates { get; set; }

    public int ErrorNumber { get; set; } = 5;

    public long? Free { get; set; }

    public int Flushes { get; private set; }

    /// <summary>Flushes wait for this while it is closed.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>Set when a flush has come to the gate.</summary>
    public ManualResetEventSlim AtGate { get; } = new();

    public override SafeFileHandle Create(string path, long preallocate)
    {
        lock (_gate)
        {
            if (Affects(path) && FailCreates > 0)
            {
                FailCreates--;
                throw new IOException("create: made to fail", ErrorNumber);
            }

            var file = base.Create(path, preallocate);
            _paths[file] = path;
            return file;
        }
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        lock (_gate)
        {
            if (Affects(_paths[file]) && FailWrites > 0)
            {
                FailWrites--;
                base.Write(file, bytes[..(bytes.Length / 2)], offset);
                throw new IOException("write: made to fail", ErrorNumber);
            }

            var (path, from, to) = _dirty.GetValueOrDefault(file, (_paths[file], offset, offset));
            _dirty[file] = (path, Math.Min(from, offset), Math.Max(to, offset + bytes.Length));
            base.Write(file, bytes, offset);
        }
    }

    public override void Flush(SafeFileHandle file)
    {
        if (_paths.TryGetValue(file, out var name) && Affects(name))
        {
            AtGate.Set();
            Gate.Wait(TempLog.Patience);
        }

        lock (_gate)
        {
            if (name is not null && Affects(name))
            {
                Flushes++;
                if (FailFlushes > 0)
                {
                    FailFlushes--;
                    if (_dirty.Remove(file, out var lost))
                    {
                        base.Write(file, new byte[lost.To - lost.From], lost.From);
                    }

                    throw new IOException("fdatasync: made to fail", ErrorNumber);
                }
            }

            _dirty.Remove(file);
            base.Flush(file);
        }
    }

    public override long FreeBytes(DriveInfo drive) => Free ?? base.FreeBytes(drive);

    private bool Affects(string path) => path.Contains(Path.DirectorySeparatorChar + Only + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
